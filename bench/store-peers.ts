/**
 * As much of the peers' libraries as the bench uses. They are found at run time, in
 * bench/node_modules: the program itself is built and checked without them.
 */

export interface Statement {
  run(...values: readonly (string | number)[]): { changes: number }
}

export interface SqliteDatabase {
  pragma(text: string): unknown
  exec(text: string): unknown
  prepare(text: string): Statement
  /** `act` as a transaction of its own at each call. */
  transaction<A extends readonly unknown[]>(act: (...args: A) => void): (...args: A) => void
  close(): void
}

export interface LowDb<T> {
  data: T
  write(): Promise<void>
}

// Typed as string, so that TypeScript and the bundler do not resolve packages that may not be
// installed.
const SQLITE: string = 'better-sqlite3'
const LOWDB: string = 'lowdb/node'

export async function openSqlite(path: string): Promise<SqliteDatabase> {
  const library: { default: new (path: string) => SqliteDatabase } = await import(SQLITE)
  return new library.default(path)
}

export async function openLowDb<T>(path: string, initial: T): Promise<LowDb<T>> {
  const library: { JSONFilePreset: (path: string, initial: T) => Promise<LowDb<T>> } = await import(LOWDB)
  return library.JSONFilePreset(path, initial)
}
