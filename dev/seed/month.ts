/** Plays a month of sessions and payments. */
import { randomId } from '../../adapters/system/clock.ts'
import type { Client } from '../../domain/client.ts'
import type { Reader } from '../../domain/reader.ts'
import type { User } from '../../domain/user.ts'
import type { Engine } from '../../engine/engine.ts'
import { cents } from '../../shared/money.ts'
import { DAY_MS, MINUTE_MS } from '../../shared/time.ts'
import type { MovedClock } from './clock.ts'
import { CLIENTS, emailOf, KINDS, READERS, SEED_PASSWORD, type SeedReader } from './people.ts'

const TOP_UP_CENTS = cents(5_000)
const FEWEST_CENTS = 1_500
const MOST_LOOKS = 10

interface Month {
  engine: Engine
  clock: MovedClock
  days: number
}

type Dice = () => number

/**
 * Lets people arrive, talk on most evenings, and pay for it. Returns the people and the number of
 * sessions.
 */
export async function liveAMonth(month: Month): Promise<{ emails: string[]; sessions: number }> {
  const { engine, clock, days } = month
  const dice = seededDice(7)
  const readers = await Promise.all(READERS.map((reader, index) => joinReader(engine, reader, index)))
  const clients = await Promise.all(CLIENTS.map((name, index) => joinClient(engine, name, index)))
  const start = clock.now()
  let sessions = 0
  for (let day = 0; day < days; day += 1) {
    // The last evening ends before now: the clock must not be in the future when the server opens
    // the folder.
    let at = start + day * DAY_MS + Math.floor(dice() * 3 * 60) * MINUTE_MS
    for (const [index, reader] of readers.entries()) {
      const works = dice() * 10 < (READERS[index]?.evenings ?? 0)
      for (let turn = 0; works && turn < 1 + Math.floor(dice() * 3); turn += 1) {
        await clock.goTo(at)
        await talk(month, pick(clients, dice), reader, dice)
        sessions += 1
        at = clock.now() + Math.floor(5 + dice() * 40) * MINUTE_MS
      }
    }
  }
  await leaveSwitches(engine, readers)
  await lookAtPayments(engine, clients)
  return { emails: [...readers, ...clients].map(({ email }) => email), sessions }
}

async function joinReader(engine: Engine, reader: SeedReader, index: number): Promise<Reader> {
  const { name, rateCents, speciality, bio } = reader
  const body = {
    role: 'reader',
    name,
    rateCents,
    email: emailOf(name, index),
    password: SEED_PASSWORD,
    acceptTerms: true,
  } as const
  const user = must(await engine.accounts.register(body, randomId()), 'reader')
  await engine.accounts.updateProfile(user, { speciality, bio })
  engine.presence.arrive(user.id)
  await engine.presence.setAvailable(user, true)
  return user
}

async function joinClient(engine: Engine, name: string, index: number): Promise<Client> {
  const email = emailOf(name, index)
  const body = { role: 'client', name, email, password: SEED_PASSWORD, acceptTerms: true } as const
  return must(await engine.accounts.register(body, randomId()), 'client')
}

async function talk({ engine, clock }: Month, client: Client, reader: Reader, dice: Dice): Promise<void> {
  const { balanceCents } = await engine.wallet.checkBalance(client.id)
  if (balanceCents < FEWEST_CENTS) {
    await engine.wallet.addFunds({ userId: client.id, amountCents: TOP_UP_CENTS })
  }
  const kind = pick(KINDS, dice)
  const { id } = await engine.sessions.request(client, { readerId: reader.id, kind })
  const chance = dice()
  await clock.goTo(clock.now() + Math.floor(4_000 + dice() * 12_000))
  if (chance < 0.05) return void (await engine.sessions.decline(reader, id))
  if (chance < 0.1) return clock.goTo(clock.now() + 2 * MINUTE_MS) // a missed call
  await engine.sessions.accept(reader, id)
  await clock.goTo(clock.now() + Math.floor(2_000 + dice() * 4_000))
  for (const [seat, person] of [
    ['client', client],
    ['reader', reader],
  ] as const) {
    await engine.connections.join(id, person.id, `${id}-${seat}`)
    await engine.connections.report(id, `${id}-${seat}`, 'connected')
  }
  await talkOn({ engine, clock }, client, id, dice)
  await engine.sessions.end(dice() < 0.7 ? client : reader, id)
  for (const seat of ['client', 'reader']) engine.connections.leave(id, `${id}-${seat}`, 'closed')
}

/** Talks on; now and then the line is down for half a minute. */
async function talkOn(
  { engine, clock }: Pick<Month, 'engine' | 'clock'>,
  client: Client,
  id: string,
  dice: Dice,
): Promise<void> {
  const ms = Math.floor(2 * MINUTE_MS + dice() ** 2 * 22 * MINUTE_MS)
  if (dice() >= 0.15) return clock.goTo(clock.now() + ms)
  await clock.goTo(clock.now() + Math.floor(ms / 2))
  if (!(await engine.sessions.openOf(client.id))) return // the money was used up
  await engine.connections.report(id, `${id}-client`, 'interrupted')
  await clock.goTo(clock.now() + 20_000)
  await engine.connections.report(id, `${id}-client`, 'connected')
  await clock.goTo(clock.now() + Math.floor(ms / 2))
}

async function leaveSwitches(engine: Engine, readers: readonly Reader[]): Promise<void> {
  for (const [index, reader] of readers.entries()) {
    if (!READERS[index]?.staysAvailable) await engine.presence.setAvailable(reader, false)
  }
}

/**
 * Asks now which card paid each top-up, a few at a time: this bank has the details, a later one
 * does not.
 */
async function lookAtPayments(engine: Engine, clients: readonly Client[]): Promise<void> {
  for (const { id } of clients) {
    for (let left = MOST_LOOKS; left > 0; left -= 1) {
      const { payments } = await engine.wallet.payments(id)
      if (payments.every(({ card }) => card)) break
    }
  }
}

function must<R extends User['role']>(user: User, role: R): User & { role: R } {
  if (user.role !== role) throw new Error(`${user.name} is no ${role}`)
  return user as User & { role: R }
}

function pick<T>(among: readonly T[], dice: Dice): T {
  const picked = among[Math.floor(dice() * among.length)]
  if (picked === undefined) throw new Error('nothing to pick from')
  return picked
}

/** Returns the same numbers every time: a linear congruence is random enough for evenings. */
function seededDice(seed: number): Dice {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
