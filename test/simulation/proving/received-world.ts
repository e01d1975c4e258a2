/** Sets up the simulated world of two proving pages: the server, the clock and the people. */
import type { EngineEvent } from '../../../engine/events.ts'
import { memoryDisk } from '../../support/store/memory-disk.ts'
import { check } from '../auditor/findings.ts'
import { newPurse, spend } from '../auditor/purse.ts'
import { createBank } from '../bank.ts'
import { simulatedClock } from '../clock.ts'
import { createRandom } from '../random.ts'
import { type Server, startServer } from '../server.ts'
import { SETTINGS } from '../world.ts'
import { at, beat, newPage, tellPages } from './proving-pages.ts'
import { createReceipts, type EndedView, SIDES } from './receipts.ts'
import type { Call, ReceivedCourse, World } from './received-types.ts'

const USUAL_START = 1_700_000_000_000
const DAY_MS = 86_400_000
const PASSWORD = 'correct horse'
const RATE_CENTS = 600

export async function createWorld(course: ReceivedCourse): Promise<World> {
  const random = createRandom(course.seed)
  // Some evenings are late: a day that turns during the call renews what its limit allows.
  const start = random.chance(0.25)
    ? (Math.floor(USUAL_START / DAY_MS) + 1) * DAY_MS - random.int(20_000, 150_000)
    : USUAL_START
  const clock = simulatedClock(start)
  const parts = {
    course,
    random,
    settings: { ...SETTINGS, feePercent: random.pick([0, 15, 33]) ?? 0 },
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
  const world = parts as unknown as World
  world.server = await openServer(world)
  const { accounts } = world.server.engine
  const both = { password: PASSWORD, acceptTerms: true } as const
  const client = { role: 'client', name: 'Ana', email: 'ana@example.com', ...both } as const
  const reader = { role: 'reader', name: 'Mara', email: 'mara@example.com', rateCents: RATE_CENTS } as const
  const people = {
    client: await accounts.register(client, 'ana'),
    reader: await accounts.register({ ...reader, ...both }, 'mara'),
  }
  return Object.assign(world, { people, purse: newPurse(people.client.id) })
}

export function openServer(world: World): Promise<Server> {
  const { disk, clock, bank, settings } = world
  const newId = () => {
    world.serial += 1
    return `id${String(world.serial).padStart(6, '0')}`
  }
  return startServer({
    disk,
    clock,
    payments: bank,
    newId,
    settings,
    announce: (event) => noteFailure(world, () => hear(world, event)),
  })
}

/** Announcements that are made while the server responds are delivered after its response. */
function noteFailure(world: World, work: () => void): void {
  try {
    work()
  } catch (error) {
    world.failure ??= error
  }
}

function hear(world: World, event: EngineEvent): void {
  const { call, clock, random } = world
  if (!call) return
  if (event.type === 'ask') {
    const page = SIDES.map((side) => call.pages[side]).find(({ holder }) => holder === event.holder)
    const waitMs = world.course.late === 0 ? 10 : random.int(10, 60)
    if (page) at(world, clock.now() + waitMs, (instant) => beat(world, call, page, instant))
  }
  if (!('session' in event) || event.session.id !== call.id) return
  check('S4', call.ended === undefined, () => `${event.type} was announced after the end`)
  if (event.type === 'clock') tellPages(call, clock.now(), event.clock.running, call.receipts)
  if (event.type === 'charged') noteCharge(world, call, event.charge)
  if (event.type === 'ended') call.ended = event.session as unknown as EndedView
}

export function noteCharge(
  { purse, clock }: World,
  { charges, receipts }: Call,
  charge: EndedView['charges'][number],
): void {
  charges.push(charge)
  spend(purse, charge.cents, charge.at)
  receipts.charged(clock.now(), charge)
}

export function newCall(
  { course, random, clock, settings }: World,
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
    feePercent: settings.feePercent,
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
    isCutShort: false,
    ended: undefined,
    isOrphan: false,
  }
}

export const ranDry = (reason: string | undefined): boolean =>
  reason === 'out_of_funds' || reason === 'limit_reached'
