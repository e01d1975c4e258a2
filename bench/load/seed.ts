/**
 * Writes a data folder as the real store does, with people who are logged in, funded and available.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { nodeDisk } from '../../adapters/store/disk/disk.ts'
import { openStore } from '../../adapters/store/store.ts'
import { randomId, systemClock } from '../../adapters/system/clock.ts'
import { createDataKey } from '../../adapters/system/data-key.ts'
import { UNWATCHED } from '../../adapters/system/disk-space.ts'
import { keptDataKey } from '../../adapters/system/kept-secret.ts'
import { agreementAt } from '../../domain/consent.ts'
import { entry } from '../../domain/ledger.ts'
import type { User } from '../../domain/user.ts'
import type { Tx } from '../../engine/ports.ts'
import { cents, NO_CENTS } from '../../shared/money.ts'

/** A person whose page can open a socket. */
export interface Seeded {
  readonly id: string
  readonly cookie: string
}

export interface Pair {
  readonly client: Seeded
  readonly reader: Seeded
}

const RATE_CENTS = 100
const BALANCE_CENTS = 50_000
const LOGIN_MS = 30 * 24 * 60 * 60 * 1000
const BATCH = 500
const HASH = `$2b$12$${'x'.repeat(53)}` // as long as a real one; no password fits it

/** Fills the folder with `users` people and returns `sessions` pairs of them. */
export async function seed(parts: {
  dataDir: string
  secret: string
  users: number
  sessions: number
  /** Hash of everybody's password, for those who are to log in. */
  passwordHash?: string
}): Promise<Pair[]> {
  const { secret, passwordHash = HASH } = parts
  const log = { info: () => undefined, warn: console.error, error: console.error }
  const clock = systemClock()
  const onFatal = (error: unknown) => {
    throw error
  }
  const disk = nodeDisk(parts.dataDir)
  const dataKey = createDataKey([keptDataKey(parts.dataDir)])
  const store = await openStore({ disk, dataKey, clock, log, onFatal, space: UNWATCHED })
  const people: Seeded[] = []
  while (people.length < parts.users) {
    const count = Math.min(BATCH, parts.users - people.length)
    people.push(
      ...(await store.commit((tx) => addPeople(tx, people.length, count, { secret, passwordHash }))),
    )
  }
  await store.close()
  return pairsOf(people, parts.sessions)
}

/** Returns the total balance of the seeded clients. */
export function seededCents(users: number): number {
  return Math.ceil(users / 2) * BALANCE_CENTS
}

export const seededEmail = (number: number): string => `person-${number}@example.com`

interface Keys {
  readonly secret: string
  readonly passwordHash: string
}

function addPeople(tx: Tx, from: number, count: number, keys: Keys): Seeded[] {
  return Array.from({ length: count }, (_, index) => addPerson(tx, from + index, keys))
}

function addPerson(tx: Tx, number: number, { secret, passwordHash }: Keys): Seeded {
  const id = randomId()
  const token = randomBytes(32).toString('base64url')
  const hash = createHash('sha256').update(token).digest('base64url')
  const person = {
    id,
    name: `Person ${number}`,
    email: seededEmail(number),
    passwordHash,
    createdAt: tx.now,
    logins: [{ hash, createdAt: tx.now, expiresAt: tx.now + LOGIN_MS }],
    agreed: agreementAt(tx.now),
  }
  const user: User =
    number % 2 === 0
      ? { ...person, role: 'client', balanceCents: NO_CENTS, topUps: [] }
      : { ...person, role: 'reader', rateCents: cents(RATE_CENTS), available: true }
  tx.putUser(user)
  if (user.role === 'client') {
    const to = [{ account: `wallet:${id}` as const, cents: cents(BALANCE_CENTS) }]
    tx.post(entry(`topup:${id}`, 'stripe', cents(BALANCE_CENTS), to))
  }
  const signature = createHmac('sha256', secret).update(`${id}.${token}`).digest('base64url')
  return { id, cookie: `soulseer=${id}.${token}.${signature}` }
}

function pairsOf(people: readonly Seeded[], count: number): Pair[] {
  const pairs: Pair[] = []
  for (let at = 0; pairs.length < count; at += 2) {
    const [client, reader] = [people[at], people[at + 1]]
    if (!client || !reader) throw new Error('there are not enough people for that many sessions')
    pairs.push({ client, reader })
  }
  return pairs
}
