/** The stage of one simulation: server, clock, bank, people, and the auditor who watches them. */
import { Refusal } from '../../domain/errors.ts'
import type { EndedSession } from '../../domain/session.ts'
import type { User } from '../../domain/user.ts'
import { type MemoryDisk, memoryDisk } from '../support/store/memory-disk.ts'
import { type Answer, type Auditor, createAuditor, emptyBooks, type House, type Side } from './auditor.ts'
import { type Bank, createBank } from './bank.ts'
import { isDry } from './books.ts'
import { type SimulatedClock, settled, simulatedClock } from './clock.ts'
import { same } from './findings.ts'
import { createJournalReader, type JournalReader } from './journal.ts'
import type { Random } from './random.ts'
import { type Server, startServer } from './server.ts'
import { takeSnapshot } from './snapshot.ts'
import { createTold, type Told } from './told.ts'

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
  | 'returns'
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

export interface Scene {
  readonly random: Random
  readonly house: House
  readonly clock: SimulatedClock
  readonly bank: Bank
  readonly told: Told
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

export const HOUSE: House = {
  heartbeatMs: 10_000,
  witnessMs: 5_000,
  ringMs: 45_000,
  connectMs: 60_000,
  graceMs: 60_000,
  presenceGraceMs: 30_000,
  lowCents: 200,
  feePercent: 0,
  partialMinute: 'prorated',
  courtesyMs: 0,
  maxInterruptions: 300,
}

/** Chooses the operator's settings from the seed. */
const chosen = (random: Random): Partial<House> => ({
  feePercent: random.pick([0, 0, 15, 33]) ?? 0,
  partialMinute: random.pick(['prorated', 'prorated', 'free', 'full'] as const) ?? 'prorated',
  courtesyMs: random.pick([0, 15_000, 59_000]) ?? 0,
  maxInterruptions: random.pick([300, 300, 2, 1]) ?? 300,
})

export async function createScene(random: Random, wanted: Partial<House> = {}): Promise<Scene> {
  const house = { ...HOUSE, ...chosen(random), ...wanted }
  const clock = simulatedClock()
  let ids = 0
  let pages = 0
  const idOf = (number: number) => `id${String(number).padStart(6, '0')}`
  const parts = {
    random,
    house,
    clock,
    bank: createBank(clock.now),
    told: createTold(),
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
      returns: 0,
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
  return { ...parts, disk, server, auditor: createAuditor(house, emptyBooks(clock.now())) }
}

export function openServer(
  scene: Pick<Scene, 'clock' | 'bank' | 'newId' | 'house' | 'told'>,
  disk: MemoryDisk,
): Promise<Server> {
  return startServer({
    disk,
    clock: scene.clock,
    payments: scene.bank,
    newId: scene.newId,
    house: scene.house,
    announce: scene.told.hear,
  })
}

/**
 * Does something at the server and reports it to the auditor, who says what the responses must be.
 * When the server dies during it, keeps the books for both cases; a response that came before the
 * death binds the server, unless it promises nothing: a page that reports its state receives only
 * an acknowledgement.
 */
export async function act(
  scene: Scene,
  what: string,
  ask: readonly (() => Promise<unknown>)[],
  note: (auditor: Auditor) => Answer[],
  promises = true,
): Promise<void> {
  if (scene.server.isDead()) return
  const without = scene.killArmed ? scene.auditor.copy() : undefined
  const answers = await Promise.all(
    ask.map(async (each) => {
      const answer = await answerOf(each, scene.server)
      return scene.server.isDead() ? undefined : answer
    }),
  )
  await settled()
  stopOnFailure(scene)
  const expected = note(scene.auditor)
  for (const [index, answer] of answers.entries()) {
    if (answer !== undefined) same('A2', `the answer to ${what}`, answer, expected[index])
  }
  const acknowledged = promises && answers.every((answer) => answer !== undefined)
  if (scene.server.isDead() && without) {
    scene.inFlight = { without: acknowledged ? scene.auditor.copy() : without, withIt: scene.auditor }
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

export function stopOnFailure({ server }: Scene): void {
  const failure = server.failure()
  if (failure !== undefined) throw failure
}

export async function report(scene: Scene, page: Page, state: Page['state']): Promise<void> {
  const { sessionId, id } = page
  page.state = state
  page.nextAt = scene.clock.now() + page.everyMs
  await act(
    scene,
    `${state} by ${id}`,
    [async () => scene.server.engine.connections.report(sessionId, id, state)],
    (auditor) => [auditor.reported(sessionId, id, state)],
    false,
  )
  const meeting = scene.auditor.books.meetings.get(sessionId)
  if (meeting?.phase === 'running' && isDry(scene.auditor.books, meeting)) await ringNow(scene)
  if (meeting?.phase === 'over') dropPagesOf(scene, sessionId)
}

/** Lets everything that is due at this very instant happen: a limit may have left nothing of it. */
export async function ringNow(scene: Scene): Promise<void> {
  const { clock, auditor } = scene
  if (scene.server.isDead()) return
  const without = scene.killArmed ? auditor.copy() : undefined
  await clock.moveTo(clock.now())
  stopOnFailure(scene)
  auditor.passed(clock.now())
  if (scene.server.isDead() && without) scene.inFlight = { without, withIt: auditor }
}

export function dropPagesOf(scene: Scene, sessionId: string): void {
  scene.pages = scene.pages.filter((page) => page.sessionId !== sessionId)
}

/** Looks at every session that has ended since, and at the pages that are of no use any more. */
export async function noticeEnds(scene: Scene): Promise<void> {
  const { server, auditor, ended } = scene
  const { open } = await takeSnapshot(server.store)
  for (const { id } of auditor.books.meetings.values()) {
    if (ended.has(id) || open.some((session) => session.id === id)) continue
    const past = await server.store.pastSession(id)
    if (past) ended.set(id, past)
    dropPagesOf(scene, id)
  }
}
