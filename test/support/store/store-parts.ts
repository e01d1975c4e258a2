/**
 * Shared by the tests of the store: a log that is kept, two people, and small changes that they can
 * make.
 */
import { setImmediate } from 'node:timers/promises'
import type { Disk } from '../../../adapters/store/disk/disk.ts'
import { type OpenStore, openStore, type StoreParts } from '../../../adapters/store/store.ts'
import { UNWATCHED } from '../../../adapters/system/disk-space.ts'
import type { Client } from '../../../domain/client.ts'
import { entry } from '../../../domain/ledger.ts'
import type { Reader } from '../../../domain/reader.ts'
import { accept, type EndedSession, end, type OpenSession, request, start } from '../../../domain/session.ts'
import type { Clock, Log, Tx, View } from '../../../engine/ports.ts'
import { cents, NO_CENTS } from '../../../shared/money.ts'
import { testDataKey } from '../data-key.ts'
import { fakeClock } from '../fake-clock.ts'
import { note, recordsIn, TEST_TABLES } from './toy-table.ts'

export interface KeptLog extends Log {
  readonly warnings: string[]
}

export function keptLog(): KeptLog {
  const warnings: string[] = []
  const keep = (fields: object, message: string) => warnings.push(`${message} ${JSON.stringify(fields)}`)
  return { warnings, info: () => undefined, warn: keep, error: keep }
}

export interface Opened {
  readonly store: OpenStore
  readonly log: KeptLog
  /** The error that the store called fatal. */
  readonly fatal: unknown[]
}

/**
 * Opens a store with small journal segments and a table of the tests' own; a fatal error is kept
 * for the test to look at.
 */
export async function openOn(
  disk: Disk,
  clock: Clock = fakeClock(),
  segmentBytes = 4096,
  more: Partial<StoreParts> = {},
): Promise<Opened> {
  const log = keptLog()
  const fatal: unknown[] = []
  const onFatal = (error: unknown) => void fatal.push(error)
  return {
    store: await openStore({
      disk,
      dataKey: testDataKey,
      clock,
      log,
      onFatal,
      segmentBytes,
      space: UNWATCHED,
      tables: TEST_TABLES,
      ...more,
    }),
    log,
    fatal,
  }
}

/** Waits until everything that a memory disk can do has been done. */
export async function settled(): Promise<void> {
  await setImmediate()
  await setImmediate()
}

export const ana: Client = {
  id: 'ana',
  role: 'client',
  name: 'Ana',
  email: 'ana@example.com',
  passwordHash: 'hash',
  createdAt: 1,
  logins: [],
  balanceCents: NO_CENTS,
  topUps: [],
}

export const rosa: Reader = {
  id: 'rosa',
  role: 'reader',
  name: 'Rosa',
  email: 'rosa@example.com',
  passwordHash: 'hash',
  createdAt: 1,
  logins: [],
  rateCents: cents(200),
  available: true,
}

export function liveSession(id: string, at: number): OpenSession {
  const agreed = {
    id,
    clientId: ana.id,
    clientName: ana.name,
    readerId: rosa.id,
    readerName: rosa.name,
    kind: 'video' as const,
    rateCents: rosa.rateCents,
    requestedAt: at,
  }
  return start(accept(request(agreed), at), at, false)
}

export function endedSession(id: string, at: number): EndedSession {
  return end(liveSession(id, at), 'client_ended', at)
}

/** Creates both people, with ten dollars in the client's wallet. */
export function setUp(tx: Tx): void {
  tx.putUser(ana)
  tx.putUser(rosa)
  topUp(tx, 0, 1000)
}

export function topUp(tx: Tx, n: number, amount = 500): void {
  const to = [{ account: `wallet:${ana.id}` as const, cents: cents(amount) }]
  tx.post(entry(`topup:${n}`, 'stripe', cents(amount), to))
}

/**
 * Charges the next minute of the client's session; the first call starts one. `n` makes the
 * charge's key its own.
 */
export function charge(tx: Tx, n: number | string): void {
  const session = tx.openSessionOf(ana.id) ?? liveSession('s', tx.now)
  if (session.status !== 'live') throw new Error('the session is not live')
  const minute = session.charges.length + 1
  const to = [{ account: `earnings:${rosa.id}` as const, cents: cents(7) }]
  tx.post(entry(`charge:${session.id}:${n}`, `wallet:${ana.id}`, cents(7), to))
  const total = cents(session.chargedCents + 7)
  const charges = [...session.charges, { minute, billedMs: minute * 60_000, cents: 7, at: tx.now }]
  tx.putSession({
    ...session,
    charges,
    chargedCents: total,
    earnedCents: total,
    billedMs: minute * 60_000,
    settledAt: tx.now,
  })
}

/** Ends the open session, or one that is over as it begins. */
export function endOne(tx: Tx, n: number): void {
  const session = tx.openSessionOf(ana.id) ?? liveSession(`s${n}`, tx.now)
  tx.putSession(session)
  tx.putSession(end(session, 'client_ended', tx.now))
}

export function renameReader(tx: Tx, n: number): void {
  tx.putUser({ ...rosa, name: `Rosa the ${n}th ❤` })
}

export const CHANGES = { topUp, charge, endOne, renameReader, note } as const
export type ChangeName = keyof typeof CHANGES

/** Returns all there is in the store, as a value to compare. */
export async function everything(store: OpenStore): Promise<unknown> {
  const held = await store.read((view) => ({
    users: [...view.users()],
    open: [...view.openSessions()],
    earned: view.earningsOf(rosa.id),
    indexes: indexesOf(view),
    tables: recordsIn(view),
  }))
  const past = await store.pastSessions(ana.id, { limit: 100 })
  return { ...held, past: past.sessions }
}

function indexesOf(view: View): unknown {
  return {
    readers: [...view.readers()].map((reader) => reader.id),
    byEmail: [...view.users()].map((user) => view.userByEmail(user.email)?.id),
    openOf: [...view.users()].map((user) => view.openSessionOf(user.id)?.id),
  }
}
