/**
 * Runs the whole engine over a disk in memory and a clock that tests move, without the routes
 * (`World`).
 */
import { setImmediate } from 'node:timers/promises'
import { openStore } from '../../adapters/store/store.ts'
import { createWebAuthn } from '../../adapters/webauthn/webauthn.ts'
import type { Terms } from '../../domain/billing.ts'
import type { Client } from '../../domain/client.ts'
import type { Mail, MailTemplate } from '../../domain/mail.ts'
import type { Reader } from '../../domain/reader.ts'
import { MAX_INTERRUPTIONS } from '../../domain/session.ts'
import { MAILS } from '../../domain/tables.ts'
import type { User } from '../../domain/user.ts'
import type { Identity } from '../../engine/accounts/logins.ts'
import { createEngine, type Engine } from '../../engine/engine.ts'
import type { EngineEvent } from '../../engine/events.ts'
import { mailToken } from '../../engine/mail/tokens.ts'
import type { Log, Payment, Payments, Store } from '../../engine/ports.ts'
import type { Timeouts } from '../../engine/sessions/meter.ts'
import { cents } from '../../shared/money.ts'
import { testDataKey } from './data-key.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'
import { memoryLastLook } from './last-look.ts'
import { unsentMail } from './mail.ts'
import { plainPasswords } from './passwords.ts'
import { type MemoryDisk, memoryDisk } from './store/memory-disk.ts'
import { pendingPayment, unreachableStripe } from './unreachable-stripe.ts'

export const MINUTE = 60_000
export const HEARTBEAT_TIMEOUT = 10_000
export const GRACE = 60_000

export const silentLog: Log = { info() {}, warn() {}, error() {} }

export interface World {
  readonly clock: FakeClock
  readonly disk: MemoryDisk
  readonly engine: Engine
  /** The store beneath the engine, for what no part of it does in a test's time. */
  readonly storeForTests: Store
  readonly store: Store
  readonly events: EngineEvent[]
  /** Every event of one kind so far, in order. */
  announced<T extends EngineEvent['type']>(type: T): (EngineEvent & { type: T })[]
  client(name: string, balanceCents: number): Promise<Client>
  reader(name: string, rateCents: number): Promise<Reader>
  topUp(client: Client, amountCents: number): Promise<void>
  balance(client: Client): Promise<number>
  /** Returns the mails to a person, of one template or of all, oldest first. */
  mails(person: User, template?: MailTemplate): Promise<Mail[]>
  /** Returns the token of the last mail of a template to a person. Throws where there is none. */
  linkIn(person: User, template: MailTemplate): Promise<string>
  /** Returns the person's record as it is now. */
  user(person: User): Promise<User | undefined>
  earned(reader: Reader): Promise<number>
  /**
   * Starts a session that both have joined and reported connected, with heartbeats that go on until
   * stopped.
   */
  talk(client: Client, reader: Reader): Promise<Talk>
  /**
   * Kills the process at once; a new one starts over what the disk holds, `downMs` later, with room
   * for `limit` bytes.
   */
  crash(downMs?: number, limit?: number): Promise<void>
  /** Stripe: a payment succeeds when a test says so. */
  readonly bank: { pay(paymentIntentId: string): void }
}

export interface Talk {
  readonly id: string
  beat(who: 'client' | 'reader', state?: 'connected' | 'interrupted'): Promise<void>
  /** Stops the heartbeats of one side; its seat stays held. */
  fallSilent(who: 'client' | 'reader'): void
  rejoin(who: 'client' | 'reader'): Promise<void>
  leave(who: 'client' | 'reader'): void
}

export async function createWorld(
  options: {
    terms?: Partial<Terms>
    timeouts?: Partial<Timeouts>
    maxInterruptions?: number
    isFilling?: () => boolean
    log?: Log
    /** Receives each event as soon as it is announced. */
    hear?: (event: EngineEvent) => void
  } = {},
): Promise<World> {
  const clock = fakeClock()
  let disk = memoryDisk()
  const events: EngineEvent[] = []
  const bank = createBank()
  let ids = 0
  const newId = () => {
    ids += 1
    return `id${String(ids).padStart(6, '0')}`
  }
  let life = 0

  const start = async () => {
    life += 1
    const mine = life
    const guarded = {
      ...clock,
      at: (instant: number, wake: () => void) => clock.at(instant, () => mine === life && wake()),
    }
    const store = await openStore({
      disk,
      dataKey: testDataKey,
      clock: guarded,
      log: silentLog,
      onFatal: (error) => {
        throw error
      },
      space: { isFilling: options.isFilling ?? (() => false), hasRoomFor: () => true },
    })
    const engine = createEngine({
      store,
      clock: guarded,
      log: options.log ?? silentLog,
      newId,
      payments: bank,
      passwords: plainPasswords,
      webAuthn: createWebAuthn({ now: clock.now, log: options.log ?? silentLog }),
      dataKey: testDataKey,
      ...unsentMail,
      terms: {
        intervalMs: MINUTE,
        partialMinute: 'prorated',
        lowFundsCents: 200,
        feePercent: 0,
        freeMs: 0,
        ...options.terms,
      },
      timeouts: { ringMs: 45_000, connectMs: 60_000, graceMs: GRACE, ...options.timeouts },
      heartbeatTimeoutMs: HEARTBEAT_TIMEOUT,
      presenceGraceMs: 30_000,
      maxInterruptions: options.maxInterruptions ?? MAX_INTERRUPTIONS,
      lastLook: memoryLastLook(),
      cardLimits: undefined,
      announce: (event) => {
        if (mine !== life) return
        events.push(event)
        options.hear?.(event)
      },
    })
    await engine.recover()
    return { store, engine }
  }

  let running = await start()

  const register = (name: string, more: object) =>
    running.engine.accounts.register(
      {
        name,
        email: `${name.toLowerCase()}@example.com`,
        password: 'correct horse',
        acceptTerms: true,
        ...more,
      } as never,
      `login-of-${name}`,
    )

  const world: World = {
    clock,
    get disk() {
      return disk
    },
    get engine() {
      return running.engine
    },
    get storeForTests() {
      return running.store
    },
    get store() {
      return running.store
    },
    events,
    announced: (type) => events.filter((event): event is never => event.type === type),

    async client(name, balanceCents) {
      const client = (await register(name, { role: 'client' })) as Client
      if (balanceCents > 0) await world.topUp(client, balanceCents)
      return client
    },

    async reader(name, rateCents) {
      const reader = (await register(name, { role: 'reader', rateCents })) as Reader
      running.engine.presence.arrive(reader.id)
      await running.engine.presence.setAvailable(reader, true)
      return reader
    },

    async topUp(client, amountCents) {
      const { paymentIntentId } = await running.engine.wallet.addFunds({
        userId: client.id,
        amountCents: cents(amountCents),
      })
      bank.pay(paymentIntentId)
      await running.engine.wallet.confirm({ userId: client.id, paymentIntentId })
      await setImmediate()
    },

    mails: ({ id }, template) =>
      running.store.read((view) =>
        [...view.table(MAILS).by('userId', id)]
          .filter((mail) => template === undefined || mail.template === template)
          .sort((a, b) => a.createdAt - b.createdAt),
      ),
    async linkIn(person, template) {
      const last = (await world.mails(person, template)).at(-1)
      if (!last) throw new Error(`no ${template} to ${person.name}`)
      return mailToken(testDataKey, last.id)
    },
    user: ({ id }) => running.store.read((view) => view.user(id)),
    balance: (client) => running.store.read((view) => balanceOf(view.user(client.id) as Client)),
    earned: (reader) => running.store.read((view) => Number(view.earningsOf(reader.id))),
    talk: (client, reader) => startTalk(() => running.engine, clock, client, reader),

    bank,

    async crash(downMs = 0, limit) {
      life += 1
      disk = copyOf(disk)
      disk.limit(limit)
      await clock.leap(downMs)
      running = await start()
    },
  }
  return world
}

/** Returns the person by the login that registering made. */
export const identityOf = (user: User): Identity => ({ user, loginHash: `login-of-${user.name}` })

/** Returns what a killed process leaves behind; whatever it still does has no effect. */
function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = memoryDisk()
  for (const name of disk.names()) copy.put(name, Buffer.from(disk.text(name)))
  return copy
}

const balanceOf = (client: Client): number => client.balanceCents

async function startTalk(
  engine: () => Engine,
  clock: FakeClock,
  client: Client,
  reader: Reader,
): Promise<Talk> {
  const { id } = await engine().sessions.request(client, { readerId: reader.id, kind: 'video' })
  await engine().sessions.accept(reader, id)
  const people = { client, reader }
  const holders = { client: 'page-of-client', reader: 'page-of-reader' }
  const silent = new Set<string>()
  let pages = 0

  const talk: Talk = {
    id,
    beat: async (who, state = 'connected') => {
      await engine().connections.report(id, holders[who], state)
      await setImmediate()
    },
    fallSilent: (who) => void silent.add(who),
    async rejoin(who) {
      pages += 1
      silent.delete(who)
      holders[who] = `page-${pages}-of-${who}`
      await engine().connections.join(id, people[who].id, holders[who])
      await talk.beat(who)
    },
    leave(who) {
      silent.add(who)
      engine().connections.leave(id, holders[who], 'closed')
    },
  }

  const keepBeating = (who: 'client' | 'reader') =>
    clock.at(clock.now() + HEARTBEAT_TIMEOUT / 3, () => {
      if (!silent.has(who))
        engine()
          .connections.report(id, holders[who], 'connected')
          ?.catch(() => silent.add(who))
      keepBeating(who)
    })

  for (const who of ['client', 'reader'] as const) {
    await engine().connections.join(id, people[who].id, holders[who])
    keepBeating(who)
  }
  await talk.beat('client')
  await talk.beat('reader')
  return talk
}

/** Payments that succeed when a test says so. */
function createBank(): Payments & { pay(id: string): void } {
  const payments = new Map<string, Payment>()
  const find = (id: string): Payment => {
    const payment = payments.get(id)
    if (!payment) throw new Error(`no payment ${id}`)
    return payment
  }

  return {
    ...unreachableStripe,
    async create({ topUpId, userId, amountCents }) {
      const made = pendingPayment(topUpId, userId)
      const payment = payments.get(made.id) ?? made
      payments.set(made.id, payment)
      amounts.set(made.id, amountCents)
      return payment
    },
    retrieve: async (id) => find(id),
    readWebhook: (body) => ({ type: 'payment_intent.succeeded', paymentIntentId: body.toString() }),
    pay(id) {
      payments.set(id, { ...find(id), status: 'succeeded', amountReceivedCents: cents(amounts.get(id) ?? 0) })
    },
  }
}

const amounts = new Map<string, number>()
