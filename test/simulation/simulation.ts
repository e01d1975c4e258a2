/**
 * Runs the whole engine, the real store beneath it, people, payments and crashes, all from one
 * seed. After every step every rule is checked; a rule that does not hold is reported with the seed
 * and the step, and the same seed finds it again.
 */
import { audit } from '../../adapters/store/audit.ts'
import { openStore } from '../../adapters/store/store.ts'
import { UNWATCHED } from '../../adapters/system/disk-space.ts'
import type { Client } from '../../domain/client.ts'
import type { Reader } from '../../domain/reader.ts'
import { testDataKey } from '../support/data-key.ts'
import { silentLog } from '../support/world.ts'
import { DOINGS, type DoingName, HOW_OFTEN } from './actions/doings.ts'
import { armKill, crash, lookAround, stopAndStart } from './actions/outages.ts'
import { pass } from './actions/time.ts'
import type { Settings } from './auditor/books.ts'
import { Broken, check, same } from './auditor/findings.ts'
import { checkAll } from './auditor/invariants.ts'
import { isWornOut, wasFree } from './auditor/settling.ts'
import { allPast, canonical, takeSnapshot } from './auditor/snapshot.ts'
import { createRandom } from './random.ts'
import { copyOf } from './server.ts'
import { createWorld, noticeEnds, stopOnFailure, type World } from './world.ts'

export interface Outcome {
  readonly seed: number
  /** Connected minutes, over all sessions. */
  readonly sessionMinutes: number
  readonly counts: World['counts']
}

/**
 * A rule did not hold at a step of a run: `rule` says which, the message all that is needed to see
 * it again.
 */
export class SimulationFailure extends Error {
  readonly rule: string

  constructor(at: { seed: number; step: number; doing: string }, cause: unknown) {
    const finding = cause instanceof Error ? cause.message : String(cause)
    super(`seed ${at.seed}, step ${at.step} (${at.doing}): ${finding}`, { cause })
    this.name = 'SimulationFailure'
    this.rule = cause instanceof Broken ? cause.rule : (/\[([A-Z]\d+)\]/.exec(finding)?.[1] ?? 'crash')
  }
}

const REPLAY_EVERY = 40

export interface Course {
  readonly seed: number
  readonly steps: number
  /** The actions that are to happen more, or less, often than usual. */
  readonly often?: Partial<Record<StepName, number>>
  /** The operator's settings; the seed chooses those that are left out. */
  readonly settings?: Partial<Settings>
}

/** Runs `steps` steps of the history that `seed` makes. Throws a {@link SimulationFailure}. */
export async function simulate({ seed, steps, often, settings }: Course): Promise<Outcome> {
  const random = createRandom(seed)
  const world = await createWorld(random, settings)
  const at = { seed, step: 0, doing: 'people come' }
  try {
    await peopleCome(world)
    for (at.step = 1; at.step <= steps; at.step += 1) {
      const name = random.weighted<StepName>({ ...HOW_OFTEN, stop: STOPS, ...often })
      at.doing = name
      await step(world, name)
      if (at.step % REPLAY_EVERY === 0) await checkDisk(world)
    }
    at.doing = 'everything ends'
    await everythingEnds(world)
  } catch (error) {
    throw new SimulationFailure(at, await deeper(world, error))
  }
  const meetings = [...world.auditor.books.meetings.values()]
  const billedMs = meetings.reduce((sum, meeting) => sum + meeting.billedMs, 0)
  world.counts.endedAtLimit = meetings.filter(({ reason }) => reason === 'limit_reached').length
  world.counts.endedByReturn = meetings.filter(({ reason }) => reason === 'payment_reversed').length
  world.counts.wornOut = meetings.filter((meeting) => isWornOut(world.settings, meeting)).length
  world.counts.courtesies = meetings.filter((meeting) => wasFree(world.settings, meeting)).length
  return { seed, sessionMinutes: Math.floor(billedMs / 60_000), counts: world.counts }
}

/** Looks for the cause of a wrong response, which the state that led to it explains best. */
async function deeper(world: World, error: unknown): Promise<unknown> {
  if (!(error instanceof Broken) || error.rule !== 'A2' || world.server.isDead()) return error
  try {
    await checkEverything(world)
    return error
  } catch (cause) {
    return cause
  }
}

type StepName = DoingName | 'stop'

const STOPS = 0.7
const KILLS = 0.05

async function step(world: World, name: StepName): Promise<void> {
  const { random } = world
  const kill = random.chance(KILLS)
  if (kill && random.chance(0.8)) {
    armKill(world)
    world.killArmed = true
  }
  if (name !== 'stop') await DOINGS[name](world)
  else if (!kill) await stopAndStart(world)
  stopOnFailure(world)
  if (kill || world.server.isDead()) await crash(world)
  await checkEverything(world)
}

async function checkEverything(world: World): Promise<void> {
  await noticeEnds(world)
  checkAll({ ...(await lookAround(world)), auditor: world.auditor })
  const { readers } = world.auditor.books
  const open = [...world.auditor.books.meetings.values()].filter(({ phase }) => phase !== 'over')
  for (const { id, status } of await world.server.engine.presence.list()) {
    const free = readers.get(id)?.wants ? 'available' : 'offline'
    same('A4', `the status of ${id}`, status, open.some(({ readerId }) => readerId === id) ? 'busy' : free)
  }
}

/**
 * Checks that the disk as it is now, opened by another store, holds the same as the memory of the
 * one that runs.
 */
async function checkDisk(world: World): Promise<void> {
  const { server, disk, journal, clock } = world
  const now = clock.now()
  const another = await openStore({
    disk: copyOf(disk),
    dataKey: testDataKey,
    clock: { now: () => now, at: () => () => undefined },
    log: silentLog,
    space: UNWATCHED,
    onFatal: (error) => check('L8', false, () => String(error)),
  })
  const memory = await takeSnapshot(server.store)
  same('L8', 'what the disk says', canonical(await takeSnapshot(another)), canonical(memory))
  const people = [...world.auditor.books.readers.keys()]
  const past = [...world.ended.values()].sort((one, other) => (one.id < other.id ? -1 : 1))
  same('S4', 'what the past says', canonical(await allPast(another, people)), canonical(past))
  same('S4', 'what the past says', canonical(await allPast(server.store, people)), canonical(past))
  journal.read(disk, memory)
  const { problems } = await audit(copyOf(disk))
  const ofPayments = problems.filter((problem) => problem.startsWith('payment '))
  same('R1', 'what the books say of payments', ofPayments.join('; '), '')
}

async function peopleCome(world: World): Promise<void> {
  const { random, server, auditor } = world
  const register = (name: string, more: object) =>
    server.engine.accounts.register(
      {
        name,
        email: `${name}@example.com`,
        password: 'correct horse',
        acceptTerms: true,
        ...more,
      } as Parameters<typeof server.engine.accounts.register>[0],
      `login-of-${name}`,
    )
  for (let index = 0, many = random.int(3, 10); index < many; index += 1) {
    const client = (await register(`client${index}`, { role: 'client' })) as Client
    world.people.set(client.id, client)
    auditor.clientCame(client.id)
  }
  for (let index = 0, many = random.int(2, 8); index < many; index += 1) {
    const rateCents = random.pick([1, 3, 33, 100, 199, 250, 499, 2_500, 60_000]) ?? 100
    const reader = (await register(`reader${index}`, { role: 'reader', rateCents })) as Reader
    world.people.set(reader.id, reader)
    auditor.readerCame(reader.id, rateCents)
  }
}

const LONGEST_WAIT = 3_600_000

/**
 * Closes all pages; every open session ends automatically, and then nothing is pending but the last
 * confirmed instant.
 */
async function everythingEnds(world: World): Promise<void> {
  const { server, auditor, clock } = world
  for (const page of world.pages) {
    server.engine.connections.leave(page.sessionId, page.id, 'closed')
    auditor.left(page.sessionId, page.id, 'closed')
  }
  world.pages = []
  await pass(world, LONGEST_WAIT)
  await checkEverything(world)
  await checkDisk(world)
  const open = (await takeSnapshot(server.store)).open.length
  same('A5', 'the number of open sessions', open, 0)
  check('A5', clock.pending() <= 2, () => `${clock.pending()} alarms are waiting`)
}
