/** Holds the records of one declared table in memory, and the one way in which they change. */
import { invariant } from '../../domain/errors.ts'
import type { AnyTable } from '../../domain/table.ts'
import { createTableIndex, type TableIndex } from './table-index.ts'

export interface Rows {
  readonly table: AnyTable
  readonly byId: Map<string, object>
  /** By the name of the field. */
  readonly indexes: ReadonlyMap<string, TableIndex<object>>
  /** Counts the changes, so that an unchanged file is not written again. */
  changes: number
}

function createRows(table: AnyTable): Rows {
  const { owner, indexes } = table
  const fields = new Set(owner === undefined ? indexes : [owner, ...indexes])
  return {
    table,
    byId: new Map(),
    indexes: new Map(Array.from(fields, (field) => [field, createTableIndex(textsIn(field))])),
    changes: 0,
  }
}

/** Creates the tables, empty, each under its name. */
export function createAllRows(tables: readonly AnyTable[]): Map<string, Rows> {
  return new Map(tables.map((table) => [table.name, createRows(table)]))
}

/** Puts `row` in place of the record with the id; undefined removes it. */
export function setRow(rows: Rows, id: string, row: object | undefined): void {
  const old = rows.byId.get(id)
  rows.changes++
  for (const index of rows.indexes.values()) index.change(id, old, row)
  if (row) rows.byId.set(id, row)
  else rows.byId.delete(id)
}

/** Returns the id of a record. Throws a BrokenInvariant where it has none. */
export function idOf({ name, key }: AnyTable, row: object): string {
  const id = fieldOf(row, key)
  invariant(typeof id === 'string' && id !== '', `a record of ${name} has no ${key}`)
  return id
}

export function fieldOf(row: object, field: string): unknown {
  return (row as Readonly<Record<string, unknown>>)[field]
}

const textsIn = (field: string) => (row: object) => {
  const value = fieldOf(row, field)
  return typeof value === 'string' ? [value] : []
}
