/** Sets up one simulated world: server, clock, bank, people, and the auditor who watches them. */
import { Refusal } from '../../domain/errors.ts'
import type { EndedSession } from '../../domain/session.ts'
import type { User } from '../../domain/user.ts'
import { type MemoryDisk, memoryDisk } from '../support/store/memory-disk.ts'
import { type Announcements, createAnnouncements } from './auditor/announcements.ts'
import {
  type Answer,
  type Auditor,
  createAuditor,
  emptyBooks,
  type Settings,
  type Side,
} from './auditor/auditor.ts'
import { isDry } from './auditor/books.ts'
import { same } from './auditor/findings.ts'
import { createJournalReader, type JournalReader } from './auditor/journal.ts'
import { takeSnapshot } from './auditor/snapshot.ts'
import { type Bank, createBank } from './bank.ts'
import { type SimulatedClock, settled, simulatedClock } from './clock.ts'
import type { Random } from './random.ts'
import { type Server, startServer } from './server.ts'

/** A page in a session; it says again and again how the call is, until it falls silent. */
export interface Page {
  readonly id: string
  readonly sessionId: string
  readonly userId: string
  readonly side: Side
  state: 'connected' | 'interrupted'
  beats: boolean
  readonly everyMs: number
  nextAt: number
}

export type Counted =
  | 'sessions'
  | 'crashes'
  | 'crashesMidway'
  | 'stops'
  | 'topUps'
  | 'holds'
  | 'limits'
  | 'reversals'
  | 'ownRefunds'
  | 'refundsLookedUp'
  | 'endedAtLimit'
  | 'endedByReturn'
  | 'courtesies'
  | 'wornOut'

export interface TopUpAttempt {
  readonly clientId: string
  readonly attemptKey: string
  readonly cents: number
  intent: string | undefined
}

export interface World {
  readonly random: Random
  readonly settings: Settings
  readonly clock: SimulatedClock
  readonly bank: Bank
  readonly announced: Announcements
  readonly journal: JournalReader
  readonly ended: Map<string, EndedSession>
  readonly paid: Map<string, { clientId: string; cents: number }>
  readonly attempts: TopUpAttempt[]
  /** The people as the routes know them; the engine looks up the rest. */
  readonly people: Map<string, User>
  pages: Page[]
  disk: MemoryDisk
  server: Server
  auditor: Auditor
  /**
   * Set when the server died in the midst of something: the books as they are if that did not
   * happen, or did.
   */
  inFlight: { without: Auditor; withIt: Auditor } | undefined
  killArmed: boolean
  peekId(): string
  newId(): string
  newPageId(): string
  readonly counts: Record<Counted, number>
}

export const SETTINGS: Settings = {
  heartbeatMs: 10_000,
  confirmedMs: 5_000,
  ringMs: 45_000,
  connectMs: 60_000,
  graceMs: 60_000,
  presenceGraceMs: 30_000,
  lowCents: 200,
  feePercent: 0,
  partialMinute: 'prorated',
  freeMs: 0,
  maxInterruptions: 300,
}

/** Chooses the operator's settings from the seed. */
const chosen = (random: Random): Partial<Settings> => ({
  feePercent: random.pick([0, 0, 15, 33]) ?? 0,
  partialMinute: random.pick(['prorated', 'prorated', 'free', 'full'] as const) ?? 'prorated',
  freeMs: random.pick([0, 15_000, 59_000]) ?? 0,
  maxInterruptions: random.pick([300, 300, 2, 1]) ?? 300,
})

export async function createWorld(random: Random, wanted: Partial<Settings> = {}): Promise<World> {
  const settings = { ...SETTINGS, ...chosen(random), ...wanted }
  const clock = simulatedClock()
  let ids = 0
  let pages = 0
  const idOf = (number: number) => `id${String(number).padStart(6, '0')}`
  const parts = {
    random,
    settings,
    clock,
    bank: createBank(clock.now),
    announced: createAnnouncements(),
    journal: createJournalReader(),
    ended: new Map(),
    paid: new Map(),
    attempts: [],
    people: new Map(),
    pages: [],
    inFlight: undefined,
    killArmed: false,
    peekId: () => idOf(ids + 1),
    newId: () => {
      ids += 1
      return idOf(ids)
    },
    newPageId: () => {
      pages += 1
      return `page${pages}`
    },
    counts: {
      sessions: 0,
      crashes: 0,
      crashesMidway: 0,
      stops: 0,
      topUps: 0,
      holds: 0,
      limits: 0,
      reversals: 0,
      ownRefunds: 0,
      refundsLookedUp: 0,
      endedAtLimit: 0,
      endedByReturn: 0,
      courtesies: 0,
      wornOut: 0,
    },
  }
  const disk = memoryDisk()
  const server = await openServer(parts, disk)
  return { ...parts, disk, server, auditor: createAuditor(settings, emptyBooks(clock.now())) }
}

export function openServer(
  world: Pick<World, 'clock' | 'bank' | 'newId' | 'settings' | 'announced'>,
  disk: MemoryDisk,
): Promise<Server> {
  return startServer({
    disk,
    clock: world.clock,
    payments: world.bank,
    newId: world.newId,
    settings: world.settings,
    announce: world.announced.hear,
  })
}

/**
 * Does something at the server and reports it to the auditor, who says what the responses must be.
 * When the server dies during it, keeps the books for both cases; a response that came before the
 * death binds the server, unless it promises nothing: a page that reports its state receives only
 * an acknowledgement.
 */
export async function act(
  world: World,
  what: string,
  ask: readonly (() => Promise<unknown>)[],
  note: (auditor: Auditor) => Answer[],
  promises = true,
): Promise<void> {
  if (world.server.isDead()) return
  const without = world.killArmed ? world.auditor.copy() : undefined
  const answers = await Promise.all(
    ask.map(async (each) => {
      const answer = await answerOf(each, world.server)
      return world.server.isDead() ? undefined : answer
    }),
  )
  await settled()
  stopOnFailure(world)
  const expected = note(world.auditor)
  for (const [index, answer] of answers.entries()) {
    if (answer !== undefined) same('A2', `the answer to ${what}`, answer, expected[index])
  }
  const acknowledged = promises && answers.every((answer) => answer !== undefined)
  if (world.server.isDead() && without) {
    world.inFlight = { without: acknowledged ? world.auditor.copy() : without, withIt: world.auditor }
  }
}

async function answerOf(ask: () => Promise<unknown>, server: Server): Promise<Answer | undefined> {
  try {
    await ask()
    return 'ok'
  } catch (error) {
    if (error instanceof Refusal) return error.code
    if (server.isDead()) return undefined
    throw error
  }
}

export function stopOnFailure({ server }: World): void {
  const failure = server.failure()
  if (failure !== undefined) throw failure
}

export async function report(world: World, page: Page, state: Page['state']): Promise<void> {
  const { sessionId, id } = page
  page.state = state
  page.nextAt = world.clock.now() + page.everyMs
  await act(
    world,
    `${state} by ${id}`,
    [async () => world.server.engine.connections.report(sessionId, id, state)],
    (auditor) => [auditor.reported(sessionId, id, state)],
    false,
  )
  const meeting = world.auditor.books.meetings.get(sessionId)
  if (meeting?.phase === 'running' && isDry(world.auditor.books, meeting)) await ringNow(world)
  if (meeting?.phase === 'over') dropPagesOf(world, sessionId)
}

/** Lets everything that is due at this very instant happen: a limit may have left nothing of it. */
export async function ringNow(world: World): Promise<void> {
  const { clock, auditor } = world
  if (world.server.isDead()) return
  const without = world.killArmed ? auditor.copy() : undefined
  await clock.moveTo(clock.now())
  stopOnFailure(world)
  auditor.passed(clock.now())
  if (world.server.isDead() && without) world.inFlight = { without, withIt: auditor }
}

export function dropPagesOf(world: World, sessionId: string): void {
  world.pages = world.pages.filter((page) => page.sessionId !== sessionId)
}

/** Looks at every session that has ended since, and at the pages that are of no use any more. */
export async function noticeEnds(world: World): Promise<void> {
  const { server, auditor, ended } = world
  const { open } = await takeSnapshot(server.store)
  for (const { id } of auditor.books.meetings.values()) {
    if (ended.has(id) || open.some((session) => session.id === id)) continue
    const past = await server.store.pastSession(id)
    if (past) ended.set(id, past)
    dropPagesOf(world, id)
  }
}
