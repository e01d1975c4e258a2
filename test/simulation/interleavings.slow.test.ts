/** Tests every order in which two actions can meet. */
import { describe, expect, it } from 'vitest'
import type { Client } from '../../domain/client.ts'
import type { Reader } from '../../domain/reader.ts'
import { cents } from '../../shared/money.ts'
import { memoryDisk } from '../support/store/memory-disk.ts'
import { type Bank, createBank } from './bank.ts'
import { type SimulatedClock, settled, simulatedClock } from './clock.ts'
import { type Server, startServer } from './server.ts'
import { SETTINGS } from './world.ts'

const BEATS = 13 // 52 seconds: the first minute is complete before a silence would be noticed
const MINE_CENTS = 500
const REFUND_CENTS = 300
const LIMIT_CENTS = 300 // more than any of the orders comes to
const LOW_LIMIT_CENTS = 200 // less than the first minute costs

interface Room {
  readonly server: Server
  readonly clock: SimulatedClock
  readonly bank: Bank
  readonly client: Client
  readonly reader: Reader
  readonly sessionId: string
  /** The payment that is in the balance, and the one that is on its way. */
  readonly first: string
  readonly intent: string
}

/**
 * Starts a session with $4.00 at $2.50 a minute, both last heard `silentMs` ago, and every alarm
 * due up to that instant late.
 */
async function openRoom(silentMs: number): Promise<Room> {
  const clock = simulatedClock()
  const bank = createBank()
  let ids = 0
  const newId = () => {
    ids += 1
    return `id${ids}`
  }
  const server = await startServer({
    disk: memoryDisk(),
    clock,
    payments: bank,
    newId,
    settings: SETTINGS,
    announce: () => undefined,
  })
  const { accounts, wallet, presence, sessions, connections } = server.engine
  const password = 'correct horse'
  const client = (await accounts.register(
    { role: 'client', name: 'Ana', email: 'ana@example.com', password, acceptTerms: true },
    'ana',
  )) as Client
  const reader = (await accounts.register(
    { role: 'reader', name: 'Mara', email: 'mara@example.com', password, acceptTerms: true, rateCents: 250 },
    'mara',
  )) as Reader
  const { paymentIntentId: first } = await wallet.addFunds({
    userId: client.id,
    amountCents: cents(MINE_CENTS),
  })
  bank.pay(first)
  await wallet.confirm({ userId: client.id, paymentIntentId: first })
  presence.arrive(reader.id)
  await presence.setAvailable(reader, true)
  const { id: sessionId } = await sessions.request(client, { readerId: reader.id, kind: 'video' })
  await sessions.accept(reader, sessionId)
  await connections.join(sessionId, client.id, 'a')
  await connections.join(sessionId, reader.id, 'b')
  const beat = async () => {
    for (const page of ['a', 'b']) await connections.report(sessionId, page, 'connected')
  }
  await beat()
  for (let beats = 0; beats < BEATS; beats += 1) {
    for (const until = clock.now() + 4_000; clock.now() < until; ) {
      await clock.moveTo(Math.min(until, clock.next() ?? until))
    }
    await beat()
  }
  const { paymentIntentId: intent } = await wallet.addFunds({ userId: client.id, amountCents: cents(700) })
  bank.pay(intent)
  bank.change(first, (was) => ({ ...was, refunds: [{ cents: REFUND_CENTS, failed: false }] }))
  clock.hold(silentMs)
  return { server, clock, bank, client, reader, sessionId, first, intent }
}

const EVENTS = {
  clientEnds: ({ server, client, sessionId }: Room) => server.engine.sessions.end(client, sessionId),
  readerEnds: ({ server, reader, sessionId }: Room) => server.engine.sessions.end(reader, sessionId),
  topUp: ({ server, intent }: Room) => server.engine.wallet.handleWebhook(Buffer.from(intent), 'signed'),
  timers: ({ clock }: Room) => clock.moveTo(clock.now()),
  interrupted: async ({ server, sessionId }: Room) =>
    server.engine.connections.report(sessionId, 'a', 'interrupted'),
  refund: ({ server, first }: Room) =>
    server.engine.wallet.handleWebhook(Buffer.from(`return ${first}`), 'signed'),
  limit: ({ server, client, sessionId }: Room) =>
    server.engine.limits.setForSession(client, sessionId, LIMIT_CENTS),
  lowLimit: ({ server, client, sessionId }: Room) =>
    server.engine.limits.setForSession(client, sessionId, LOW_LIMIT_CENTS),
} as const

type Event = keyof typeof EVENTS

/** Returns all that money and time came to. */
async function stateOf({ server, client, reader, sessionId, clock }: Room): Promise<string> {
  await settled()
  await clock.moveTo(clock.now())
  const session = await server.engine.sessions.find(client, sessionId)
  const { balanceCents } = await server.engine.wallet.checkBalance(client.id)
  const totalCents = await server.store.read((view) => Number(view.earningsOf(reader.id)))
  const { billedMs, chargedCents } = session as { billedMs: number; chargedCents: number }
  const reason = session.status === 'ended' ? session.endReason : ''
  return JSON.stringify({ status: session.status, reason, billedMs, chargedCents, balanceCents, totalCents })
}

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length < 2) return [[...of]]
  return of.flatMap((first, index) =>
    permutations(of.filter((_, other) => other !== index)).map((rest) => [first, ...rest]),
  )
}

const TOO_LATE = ['not_joined', 'not_found']

/**
 * Accepts the refusals of a session that is over, which no page joins and which takes no limit;
 * everything else must succeed.
 */
const answered = async (happening: Promise<unknown>): Promise<void> => {
  await happening.catch((error: unknown) => {
    if (!TOO_LATE.includes((error as { code?: string }).code ?? '')) throw error
  })
}

async function oneAfterTheOther(order: readonly Event[], silentMs: number): Promise<string> {
  const room = await openRoom(silentMs)
  for (const event of order) {
    await answered(EVENTS[event](room))
    await settled()
  }
  return stateOf(room)
}

async function allAtOnce(order: readonly Event[], silentMs: number): Promise<string> {
  const room = await openRoom(silentMs)
  await Promise.all(order.map((event) => answered(EVENTS[event](room))))
  return stateOf(room)
}

function totalOf(state: string): string {
  const { billedMs, chargedCents } = JSON.parse(state)
  return `${billedMs} ms, ${chargedCents} cents`
}

const WAITS = [
  ['in the first minute', 3_000],
  ['with a minute that has come late', 9_900],
  ['after an unnoticed silence', 25_000],
  ['after all the money would have been gone', 600_000],
] as const

const TOGETHER: readonly (readonly [string, readonly Event[]])[] = [
  ['end, tick, top-up and a lost connection', ['clientEnds', 'readerEnds', 'topUp', 'timers', 'interrupted']],
  ['end, tick, top-up and refund', ['clientEnds', 'timers', 'topUp', 'refund']],
  ['tick, top-up, refund and a lost connection', ['timers', 'topUp', 'refund', 'interrupted']],
  ['end, tick, top-up and a limit', ['clientEnds', 'timers', 'topUp', 'limit']],
  ['tick and a limit below what has been charged', ['timers', 'lowLimit']],
]

describe.each(TOGETHER)('[S14] %s at one instant', (_, events) => {
  const orders = permutations(events)

  it.each(WAITS)(
    '%s: every order ends as one after the other would, and all bill the same',
    async (_, silentMs) => {
      const serial = new Set<string>()
      for (const order of orders) serial.add(await oneAfterTheOther(order, silentMs))
      const together = new Set<string>()
      for (const order of orders) together.add(await allAtOnce(order, silentMs))
      for (const state of together) expect(serial).toContain(state)
      const totals = new Set([...serial, ...together].map(totalOf))
      expect([...totals]).toHaveLength(1)
    },
  )
})
