/**
 * The stores that are measured: each keeps the same people, takes the same tick, and resolves when
 * it says that it is durable.
 */
import { constants, fdatasyncSync, openSync, write, writeSync } from 'node:fs'
import { join } from 'node:path'
import { nodeDisk } from '../adapters/store/disk/disk.ts'
import { type OpenStore, openStore } from '../adapters/store/store.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { createDataKey } from '../adapters/system/data-key.ts'
import { UNWATCHED } from '../adapters/system/disk-space.ts'
import { keptDataKey } from '../adapters/system/kept-secret.ts'
import type { Client } from '../domain/client.ts'
import { draftOfLive } from '../domain/drafts.ts'
import { entry } from '../domain/ledger.ts'
import type { Reader } from '../domain/reader.ts'
import { accept, type LiveSession, request, start } from '../domain/session.ts'
import type { Log } from '../engine/ports.ts'
import { cents } from '../shared/money.ts'
import { openLowDb, openSqlite, type SqliteDatabase } from './store-peers.ts'

/**
 * Writes a client's debit, the reader's credit and the session's next minute; resolves when all of
 * it is on disk.
 */
export interface Measured {
  tick(session: number): Promise<void>
  /** Bytes handed to the disk for the ticks so far, where they are known. */
  bytes?(): number
  close(): Promise<void>
}

export const SESSIONS_SHARE = 10 // one live session for every ten users
const RATE_CENTS = 1
const HOUR = 60 // charges after which a session starts a new list of them

export const SYSTEMS: Readonly<Record<string, (dir: string, users: number) => Promise<Measured>>> = {
  ours,
  bare,
  sqlite: (dir, users) => sqlite(dir, users, false),
  'sqlite-grouped': (dir, users) => sqlite(dir, users, true),
  lowdb,
}

const id = (kind: string, n: number): string => `${kind}${String(n).padStart(15, '0')}`
const filler = 'x'.repeat(250) // what makes a user as long as a real one

function person(n: number) {
  return {
    name: `Person ${n}`,
    email: `person${n}@example.com`,
    passwordHash: filler,
    createdAt: 1,
    logins: [],
  }
}

function client(n: number): Client {
  return { ...person(n), id: id('c', n), role: 'client', balanceCents: cents(0), topUps: [] }
}

function reader(n: number): Reader {
  return {
    ...person(n),
    id: id('r', n),
    email: `r${n}@example.com`,
    role: 'reader',
    rateCents: cents(1),
    available: true,
  }
}

export function live(n: number, at: number): LiveSession {
  const agreed = {
    clientId: id('c', n),
    clientName: `Person ${n}`,
    readerId: id('r', n),
    readerName: `Person ${n}`,
  }
  const session = request({
    id: id('s', n),
    ...agreed,
    kind: 'video',
    rateCents: cents(RATE_CENTS),
    requestedAt: at,
  })
  return start(accept(session, at), at, false)
}

// ---------------------------------------------------------------- ours

const log: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: (fields, text) => console.error(text, fields),
}

/**
 * Opens the real store. Without `files` only its journal is written until it is closed: the alarms
 * that write the files never ring.
 */
export async function openOurs(dir: string, { files = true } = {}): Promise<OpenStore> {
  const onFatal = (error: unknown) => {
    console.error(error)
    process.exit(1)
  }
  const clock = files ? systemClock() : { ...systemClock(), at: () => () => undefined }
  const disk = nodeDisk(dir)
  const dataKey = createDataKey([keptDataKey(dir)])
  return openStore({ disk, dataKey, clock, log, onFatal, space: UNWATCHED })
}

export async function fill(store: OpenStore, users: number): Promise<void> {
  const sessions = users / SESSIONS_SHARE
  const commits: Promise<void>[] = []
  for (let n = 0; n < users - sessions; n++) {
    commits.push(
      store.commit((tx) => {
        tx.putUser(client(n))
        const to = [{ account: `wallet:${id('c', n)}` as const, cents: cents(1e9) }]
        tx.post(entry(`topup:${n}`, 'stripe', cents(1e9), to))
        if (n >= sessions) return
        tx.putUser(reader(n))
        tx.putSession(live(n, tx.now))
      }),
    )
  }
  await Promise.all(commits)
}

async function ours(dir: string, users: number): Promise<Measured> {
  const filled = await openOurs(dir)
  await fill(filled, users)
  await filled.close()
  const store = await openOurs(dir)
  return { tick: (n) => tickOurs(store, n), close: () => store.close() }
}

export function tickOurs(store: OpenStore, n: number): Promise<void> {
  return store.commit((tx) => {
    const session = tx.openSession(id('s', n))
    if (session?.status !== 'live') throw new Error('the session is not live')
    const minute = session.billedMs / 60_000 + 1
    tx.post(
      entry(`charge:${session.id}:${minute}`, `wallet:${session.clientId}`, cents(RATE_CENTS), [
        { account: `earnings:${session.readerId}`, cents: cents(RATE_CENTS) },
      ]),
    )
    const charge = { minute, billedMs: minute * 60_000, cents: RATE_CENTS, at: tx.now }
    const next = draftOfLive(session)
    next.billedMs = minute * 60_000
    next.chargedCents = cents(session.chargedCents + RATE_CENTS)
    next.earnedCents = cents(session.earnedCents + RATE_CENTS)
    next.settledAt = tx.now
    next.witnessedAt = tx.now
    next.charges = session.charges.length < HOUR ? [...session.charges, charge] : [charge]
    tx.putSession(next)
  })
}

// ---------------------------------------------------------------- the bare limit

/**
 * Writes 300 bytes a tick into a file of zeros, synchronously, in batches of all that wait: the
 * upper bound for every store here.
 */
async function bare(dir: string): Promise<Measured> {
  const line = Buffer.alloc(300, 'x')
  const path = join(dir, 'bare')
  const zeros = openSync(path, 'w')
  for (let n = 0; n < 768; n++) writeSync(zeros, Buffer.alloc(1 << 20))
  fdatasyncSync(zeros)
  const fd = openSync(path, constants.O_RDWR | constants.O_DSYNC)
  let waiting: (() => void)[] = []
  let busy = false
  let position = 0
  const drain = () => {
    const group = waiting
    if (group.length === 0) {
      busy = false
      return
    }
    waiting = []
    const bytes = Buffer.alloc(group.length * line.length, line)
    write(fd, bytes, 0, bytes.length, position, (error) => {
      if (error) throw error
      for (const answer of group) answer()
      queueMicrotask(() => process.nextTick(drain))
    })
    position += bytes.length
  }
  return {
    tick: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        if (busy) return
        busy = true
        queueMicrotask(() => process.nextTick(drain))
      }),
    bytes: () => position,
    close: async () => undefined,
  }
}

// ---------------------------------------------------------------- SQLite

async function sqlite(dir: string, users: number, grouped: boolean): Promise<Measured> {
  const db = await openSqlite(join(dir, 'store.db'))
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  fillSqlite(db, users)
  const debit = db.prepare('UPDATE users SET balance = balance - ? WHERE id = ? AND balance >= ?')
  const credit = db.prepare('UPDATE earnings SET total = total + ? WHERE id = ?')
  const advance = db.prepare(
    'UPDATE sessions SET billed = billed + 60000, charged = charged + ?, settled = ? WHERE id = ?',
  )
  const tick = (n: number) => {
    if (debit.run(RATE_CENTS, id('c', n), RATE_CENTS).changes !== 1) throw new Error('no money')
    credit.run(RATE_CENTS, id('r', n))
    advance.run(RATE_CENTS, Date.now(), id('s', n))
  }
  const one = db.transaction(tick)
  const all = db.transaction((group: readonly { n: number }[]) => {
    for (const { n } of group) tick(n)
  })
  const close = async () => void db.close()
  if (!grouped) return { tick: async (n) => one(n), close }

  let waiting: { n: number; answer: () => void }[] = []
  const commitGroup = () => {
    const group = waiting
    waiting = []
    all(group)
    for (const { answer } of group) answer()
  }
  return {
    tick: (n) =>
      new Promise((answer) => {
        waiting.push({ n, answer })
        if (waiting.length === 1) setImmediate(commitGroup)
      }),
    close,
  }
}

function fillSqlite(db: SqliteDatabase, users: number): void {
  db.exec(`CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT, hash TEXT, balance INTEGER) WITHOUT ROWID;
    CREATE TABLE earnings (id TEXT PRIMARY KEY, total INTEGER) WITHOUT ROWID;
    CREATE TABLE sessions (id TEXT PRIMARY KEY, client TEXT, reader TEXT, billed INTEGER, charged INTEGER, settled INTEGER) WITHOUT ROWID;`)
  const user = db.prepare('INSERT INTO users VALUES (?, ?, ?, ?)')
  const earnings = db.prepare('INSERT INTO earnings VALUES (?, 0)')
  const session = db.prepare('INSERT INTO sessions VALUES (?, ?, ?, 0, 0, 0)')
  db.transaction(() => {
    for (let n = 0; n < users; n++) user.run(id('c', n), `person${n}@example.com`, filler, 1e9)
    for (let n = 0; n < users / SESSIONS_SHARE; n++) {
      earnings.run(id('r', n))
      session.run(id('s', n), id('c', n), id('r', n))
    }
  })()
}

// ---------------------------------------------------------------- lowdb

/**
 * Measures lowdb as its own guide shows it: change the data, write the file. It never syncs, so its
 * writes are not durable.
 */
async function lowdb(dir: string, users: number): Promise<Measured> {
  const sessions = users / SESSIONS_SHARE
  const all = Array.from({ length: users }, (_, n) => ({ ...client(n), balanceCents: 1e9 }))
  const db = await openLowDb(join(dir, 'db.json'), {
    users: all,
    earnings: Array.from({ length: sessions }, (_, n) => ({ readerId: id('r', n), totalCents: 0 })),
    sessions: Array.from({ length: sessions }, (_, n) => ({ ...live(n, 1), billedMs: 0, chargedCents: 0 })),
  })
  await db.write()
  return {
    tick: async (n) => {
      const { users: people, earnings, sessions: open } = db.data
      const [user, earned, session] = [people[n], earnings[n], open[n]]
      if (!user || !earned || !session) throw new Error('the people are missing')
      user.balanceCents -= RATE_CENTS
      earned.totalCents += RATE_CENTS
      session.billedMs += 60_000
      session.chargedCents += RATE_CENTS
      await db.write()
    },
    close: async () => undefined,
  }
}
