/**
 * The stage of the simulation of what was received: one server after another, a client and a
 * reader, and their calls.
 */
import type { Client } from '../../domain/client.ts'
import type { Reader } from '../../domain/reader.ts'
import type { EngineEvent } from '../../engine/events.ts'
import { type MemoryDisk, memoryDisk } from '../support/store/memory-disk.ts'
import type { House } from './auditor.ts'
import { type Bank, createBank } from './bank.ts'
import { type SimulatedClock, simulatedClock } from './clock.ts'
import { check } from './findings.ts'
import { at, beat, type Lie, newPage, type ProvingPage, tellPages } from './proving-pages.ts'
import { type ClientBook, newPurse, spend } from './purse.ts'
import { createRandom, type Random } from './random.ts'
import { createReceipts, type EndedView, type Receipts, SIDES, type Side } from './receipts.ts'
import { HOUSE } from './scene.ts'
import { type Server, startServer } from './server.ts'

export interface ReceivedCourse {
  readonly seed: number
  readonly steps?: number
  /** How often each thing happens; as usual where it is left out. */
  readonly often?: Partial<Record<string, number>>
  /** How fast both pages' clocks run; chance decides where it is left out. */
  readonly rate?: number
  /**
   * How likely what a page says comes late, by up to a second; 0 for beats that take a millisecond
   * each.
   */
  readonly late?: number
  /** How likely what a page says comes twice. */
  readonly twice?: number
  readonly lie?: { readonly by: Side; readonly what: Lie } | undefined
}

/** One session, from its request on. */
export interface Call {
  readonly id: string
  readonly rateCents: number
  /** The platform's share when it rang. */
  readonly feePercent: number
  readonly epoch: number
  readonly pages: Record<Side, ProvingPage>
  readonly receipts: Receipts
  /** What was charged, as it was told. */
  readonly charges: { readonly billedMs: number; readonly cents: number }[]
  /** How long each side has sent in all, whatever its pages know of it. */
  readonly sentMs: Record<Side, number>
  /**
   * How much of that the server must know, and how much was lost with a page that had not told of
   * it.
   */
  readonly mustKnowMs: Record<Side, number>
  lostOfSentMs: number
  /** How often a page of the reader's has come, or come back. */
  arrivals: number
  /** What was paid in after its end. */
  paidLateCents: number
  limitCents: number | undefined
  /** A limit that the server died of being asked for: the disk alone knows whether it holds. */
  asked:
    | { readonly limitCents: number | undefined }
    | { readonly dayCents: number | undefined; readonly at: number }
    | undefined
  /** A limit was changed as it ended. */
  isLimitLate: boolean
  /** A limit was set below what had been used. */
  isCutShort: boolean
  ended: EndedView | undefined
  /** The server is gone, and has not come back. */
  isOrphan: boolean
}

export interface Stage {
  readonly course: ReceivedCourse
  readonly random: Random
  readonly house: House
  readonly clock: SimulatedClock
  readonly bank: Bank
  readonly people: { client: Client; reader: Reader }
  readonly purse: ClientBook
  readonly counts: Record<string, number>
  disk: MemoryDisk
  server: Server
  call: Call | undefined
  automatic: { amountCents: number; dailyCapCents: number } | undefined
  serial: number
  failure: unknown
  /** It is being stopped in good order. */
  isOrderly: boolean
  /** It will be killed at one of the next changes of the disk. */
  isArmed: boolean
}

const USUAL_START = 1_700_000_000_000
const DAY_MS = 86_400_000
const PASSWORD = 'correct horse'
const RATE_CENTS = 600

export async function setTheStage(course: ReceivedCourse): Promise<Stage> {
  const random = createRandom(course.seed)
  // Some evenings are late: a day that turns while they talk gives what its limit allows anew.
  const start = random.chance(0.25)
    ? (Math.floor(USUAL_START / DAY_MS) + 1) * DAY_MS - random.int(20_000, 150_000)
    : USUAL_START
  const clock = simulatedClock(start)
  const parts = {
    course,
    random,
    house: { ...HOUSE, feePercent: random.pick([0, 15, 33]) ?? 0 },
    clock,
    bank: createBank(clock.now),
    counts: {},
    call: undefined,
    automatic: undefined,
    serial: 0,
    failure: undefined,
    isOrderly: false,
    isArmed: false,
    disk: memoryDisk(),
  }
  const stage = parts as unknown as Stage
  stage.server = await openServer(stage)
  const { accounts } = stage.server.engine
  const client = { role: 'client', name: 'Ana', email: 'ana@example.com', password: PASSWORD } as const
  const reader = { role: 'reader', name: 'Mara', email: 'mara@example.com', rateCents: RATE_CENTS } as const
  const people = {
    client: await accounts.register(client, 'ana'),
    reader: await accounts.register({ ...reader, password: PASSWORD }, 'mara'),
  }
  return Object.assign(stage, { people, purse: newPurse(people.client.id) })
}

export function openServer(stage: Stage): Promise<Server> {
  const { disk, clock, bank, house } = stage
  const newId = () => {
    stage.serial += 1
    return `id${String(stage.serial).padStart(6, '0')}`
  }
  return startServer({
    disk,
    clock,
    payments: bank,
    newId,
    house,
    announce: (event) => noteFailure(stage, () => hear(stage, event)),
  })
}

/** What is found while the server speaks is told when it has spoken. */
function noteFailure(stage: Stage, work: () => void): void {
  try {
    work()
  } catch (error) {
    stage.failure ??= error
  }
}

function hear(stage: Stage, event: EngineEvent): void {
  const { call, clock, random } = stage
  if (!call) return
  if (event.type === 'ask') {
    const page = SIDES.map((side) => call.pages[side]).find(({ holder }) => holder === event.holder)
    const waitMs = stage.course.late === 0 ? 10 : random.int(10, 60)
    if (page) at(stage, clock.now() + waitMs, (instant) => beat(stage, call, page, instant))
  }
  if (!('session' in event) || event.session.id !== call.id) return
  check('S4', call.ended === undefined, () => `${event.type} was told after the end`)
  if (event.type === 'clock') tellPages(call, clock.now(), event.clock.running, call.receipts)
  if (event.type === 'charged') noteCharge(stage, call, event.charge)
  if (event.type === 'ended') call.ended = event.session as unknown as EndedView
}

export function noteCharge(
  { purse, clock }: Stage,
  { charges, receipts }: Call,
  charge: EndedView['charges'][number],
): void {
  charges.push(charge)
  spend(purse, charge.cents, charge.at)
  receipts.charged(clock.now(), charge)
}

export function newCall(
  { course, random, clock, house }: Stage,
  id: string,
  limitCents: number | undefined,
): Call {
  const now = clock.now()
  const pages = {
    client: newPage(course, random, 'client', now),
    reader: newPage(course, random, 'reader', now),
  }
  return {
    id,
    rateCents: RATE_CENTS,
    feePercent: house.feePercent,
    epoch: now,
    pages,
    receipts: createReceipts({ rates: { client: pages.client.rate, reader: pages.reader.rate }, ranDry }),
    charges: [],
    sentMs: { client: 0, reader: 0 },
    mustKnowMs: { client: 0, reader: 0 },
    lostOfSentMs: 0,
    arrivals: 0,
    paidLateCents: 0,
    limitCents,
    asked: undefined,
    isLimitLate: false,
    isCutShort: false,
    ended: undefined,
    isOrphan: false,
  }
}

export const ranDry = (reason: string | undefined): boolean =>
  reason === 'out_of_funds' || reason === 'limit_reached'
