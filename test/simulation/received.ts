/**
 * One session between two pages that prove what they receive, from a seed: paths and sockets are cut and mended, beats come late,
 * twice and out of order, clocks run fast and slow, the server stands still, and a page may lie. An auditor who knows only what
 * each page received, and what was told, says what the session may come to.
 */
import { setImmediate } from 'node:timers/promises'
import type { SessionView } from '../../shared/protocol/session.ts'
import { createWorld, type World } from '../support/world.ts'
import { check } from './findings.ts'
import { createRandom, type Random } from './random.ts'
import { createReceipts, type Receipts, type Side } from './receipts.ts'

/** What a page says that is not so. */
export type Lie = 'hears everything' | 'hears nothing of some' | 'says that it is interrupted'

export interface ReceivedCourse {
  readonly seed: number
  readonly steps?: number
  /** How often each thing happens; as usual where it is left out. */
  readonly often?: Partial<typeof HOW_OFTEN>
  /** How fast both pages' clocks run; chance decides where it is left out. */
  readonly rate?: number
  /** How likely what a page says comes late, by up to a second. */
  readonly late?: number
  /** How likely what a page says comes twice. */
  readonly twice?: number
  readonly lie?: { readonly by: Side; readonly what: Lie } | undefined
}

const HOW_OFTEN = { path: 5, socket: 2, sockets: 1, link: 2, flicker: 1, hold: 1, reload: 1 }

interface Page {
  readonly side: Side
  holder: string
  name: string
  readonly base: number
  readonly rate: number
  hears: boolean
  heardSince: number
  heardAt: number
  /** Nothing that it says arrives before this instant: its link is down. */
  heldUntil: number
  seated: boolean
  state: 'connected' | 'interrupted'
  sentMs: number
  /** When the last of what it said arrives: a socket keeps the order. */
  arrivesAt: number
}

interface Stage {
  readonly random: Random
  readonly world: World
  readonly id: string
  readonly pages: Record<Side, Page>
  readonly people: Record<Side, { id: string }>
  readonly receipts: Receipts
  readonly course: ReceivedCourse
  /** When the history began. */
  readonly epoch: number
  serial: number
}

const SIDES = ['client', 'reader'] as const
/** How much less than it received a page claims of each stretch. */
const SHORT_MS: Record<Lie, number> = {
  'hears everything': 0,
  'hears nothing of some': 2_500,
  'says that it is interrupted': 0,
}
const BEAT_MS = 3_333
const DOUBT_MS = 1_500
const RATE_CENTS = 600

export interface ReceivedOutcome {
  readonly billedMs: number
  readonly connectedMs: number
  readonly gaps: number
  readonly endReason: string
}

/** Runs the history of a seed. Throws a Broken where a rule does not hold. */
export async function simulateReceived(course: ReceivedCourse): Promise<ReceivedOutcome> {
  const stage = await setTheStage(course)
  const { random, world } = stage
  for (const side of SIDES) keepBeating(stage, side)
  for (const side of SIDES) await join(stage, side)
  for (const side of SIDES) stage.receipts.starts(side, world.clock.now())
  for (let step = 0; step < (course.steps ?? 16) && (await isOpen(stage)); step += 1) {
    await world.clock.advance(random.int(1_000, 12_000))
    await happen(stage)
  }
  await world.clock.advance(random.int(2_000, 9_000))
  return settleUp(stage)
}

async function setTheStage(course: ReceivedCourse): Promise<Stage> {
  const random = createRandom(course.seed)
  const receipts = createReceipts(course.lie && { by: course.lie.by, shortMs: SHORT_MS[course.lie.what] })
  const seated = (): boolean => SIDES.some((side) => stage.pages[side].seated)
  let onAsk: (holder: string) => void = () => undefined
  const world = await createWorld({
    hear(event) {
      if (event.type === 'ask') onAsk(event.holder)
      if (event.type === 'clock') receipts.told(world.clock.now(), event.clock.running, seated())
      if (event.type === 'charged') receipts.charged(world.clock.now(), event.charge.billedMs)
    },
  })
  const money = random.chance(0.2) ? random.int(700, 2_000) : 50_000
  const client = await world.client('Ana', money)
  const reader = await world.reader('Mara', RATE_CENTS)
  const { id } = await world.engine.sessions.request(client, { readerId: reader.id, kind: 'video' })
  await world.engine.sessions.accept(reader, id)
  const pages = {
    client: newPage(course, random, 'client', world),
    reader: newPage(course, random, 'reader', world),
  }
  const people = { client, reader }
  const stage: Stage = {
    random,
    world,
    id,
    pages,
    people,
    receipts,
    course,
    epoch: world.clock.now(),
    serial: 0,
  }
  onAsk = (holder) => {
    const page = SIDES.map((side) => pages[side]).find((each) => each.holder === holder)
    if (page) at(stage, world.clock.now() + random.int(10, 60), (instant) => beat(stage, page, instant))
  }
  return stage
}

function newPage(course: ReceivedCourse, random: Random, side: Side, { clock }: World): Page {
  const now = clock.now()
  return {
    side,
    holder: `${side} 0`,
    name: `${side} page`,
    base: random.int(0, 9_000_000),
    rate: course.rate ?? random.pick([1, 1, 0.95, 1.05]) ?? 1,
    hears: true,
    heardSince: now,
    heardAt: now,
    heldUntil: 0,
    seated: false,
    state: 'connected',
    sentMs: 0,
    arrivesAt: 0,
  }
}

/** Something of a page's own: it knows its instant, also where the server gets no turn then. */
function at({ world }: Stage, instant: number, work: (instant: number) => void): void {
  world.clock.at(instant, () => work(instant))
}

function keepBeating(stage: Stage, side: Side): void {
  const again = (instant: number): void => {
    beat(stage, stage.pages[side], instant)
    at(stage, instant + BEAT_MS, again)
  }
  at(stage, stage.world.clock.now() + stage.random.int(10, BEAT_MS), again)
}

async function join(stage: Stage, side: Side): Promise<void> {
  const { world, id, pages, people } = stage
  const page = pages[side]
  stage.serial += 1
  page.holder = `${side} ${stage.serial}`
  const joining = world.engine.connections.join(id, people[side].id, page.holder, { page: page.name })
  const joined = await soon(world, joining).catch(() => undefined)
  if (!joined) return
  check(
    'P5',
    joined.sentMs >= page.sentMs,
    () => `${side} has sent ${page.sentMs}, and is told ${joined.sentMs}`,
  )
  page.seated = true
  stage.receipts.cameBack(world.clock.now())
  beat(stage, page, world.clock.now())
}

/** Resolves with what the work comes to, and lets time pass only where it waits for the pages. */
async function soon<T>({ clock }: World, work: Promise<T>): Promise<T> {
  let isDone = false
  const done = () => {
    isDone = true
  }
  work.then(done, done)
  for (let turn = 0; turn < 20; turn += 1) await setImmediate()
  for (let waits = 0; !isDone && waits < 110; waits += 1) await clock.advance(10)
  return work
}

/** The page says how it is; what it says takes a while, and may come twice. */
function beat(stage: Stage, page: Page, instant: number): void {
  const { random, world, id } = stage
  if (page.hears) page.heardAt = Math.max(page.heardAt, instant)
  if (!page.seated) return
  const said = asTold(stage, page, instant)
  const { holder } = page
  const deliver = () => {
    if (page.seated && page.holder === holder) page.sentMs = Math.max(page.sentMs, said.sentMs)
    world.engine.connections.report(id, holder, said.state, said)?.catch(() => undefined)
  }
  const isLate = random.chance(stage.course.late ?? 0.1)
  const delayMs = isLate ? random.int(100, stage.course.late ? 1_000 : 700) : random.int(5, 60)
  const arrivesAt = Math.max(instant + delayMs, page.heldUntil + delayMs, page.arrivesAt)
  page.arrivesAt = arrivesAt
  world.clock.at(arrivesAt, deliver)
  if (random.chance(stage.course.twice ?? 0.05))
    sayAgain(stage, page, deliver, arrivesAt + random.int(0, 3_000))
}

/** What has been said comes once more, later than what was said after it. */
function sayAgain({ world: { clock } }: Stage, page: Page, deliver: () => void, instant: number): void {
  clock.at(instant, () => {
    if (clock.now() >= page.heldUntil) deliver()
  })
}

function asTold(stage: Stage, page: Page, instant: number) {
  const { course, world, epoch } = stage
  const reading = (when: number) => Math.round(page.base + (when - epoch) * page.rate)
  const truth = {
    now: reading(instant),
    heardAt: reading(page.heardAt),
    heardSince: reading(page.heardSince),
    sentMs: Math.round((world.clock.now() - epoch) / 2),
    state: page.state,
  }
  if (course.lie?.by !== page.side) return truth
  if (course.lie.what === 'hears everything') {
    return { ...truth, heardAt: truth.now, heardSince: reading(epoch), state: 'connected' as const }
  }
  if (course.lie.what === 'hears nothing of some') {
    const heardAt = Math.max(truth.heardSince, truth.heardAt - SHORT_MS[course.lie.what])
    return { ...truth, heardAt }
  }
  const isAway = Math.floor((instant - epoch) / 15_000) % 2 === 1
  return { ...truth, state: isAway ? ('interrupted' as const) : truth.state }
}

// ---------------------------------------------------------------- what happens

async function happen(stage: Stage): Promise<void> {
  const { random } = stage
  const side = random.pick(SIDES) ?? 'client'
  const ms = random.chance(0.4) ? random.int(1_000, 5_000) : random.int(1_000, 25_000)
  const doings = {
    path: () => cutPath(stage, random.pick([['client'], ['reader'], [...SIDES]] as Side[][]) ?? [], ms),
    socket: () => cutSockets(stage, [side], ms),
    sockets: () => cutSockets(stage, SIDES, ms),
    link: () => cutLink(stage, side, ms),
    flicker: () => flicker(stage),
    hold: () => stage.world.clock.leap(random.int(1_500, 25_000)),
    reload: () => reload(stage, side),
  }
  await doings[random.weighted({ ...HOW_OFTEN, ...stage.course.often })]()
}

function loses(stage: Stage, side: Side): void {
  const { world, receipts, pages } = stage
  const page = pages[side]
  const now = world.clock.now()
  if (!page.hears) return
  Object.assign(page, { hears: false, heardAt: now })
  receipts.stops(side, now)
  at(stage, now + DOUBT_MS, (instant) => {
    if (page.hears || page.heardAt !== now) return
    page.state = 'interrupted'
    beat(stage, page, instant)
  })
}

function hearsAgain(stage: Stage, side: Side): void {
  const { world, receipts, pages } = stage
  const now = world.clock.now()
  const page = pages[side]
  // What is shorter than a doubt is no gap for a page.
  const heardSince = now - page.heardAt < DOUBT_MS && page.state === 'connected' ? page.heardSince : now
  Object.assign(page, { hears: true, heardSince, heardAt: now, state: 'connected' })
  receipts.starts(side, heardSince === now ? now : undefined)
  beat(stage, pages[side], now)
}

async function cutPath(stage: Stage, sides: readonly Side[], ms: number): Promise<void> {
  for (const side of sides) loses(stage, side)
  await stage.world.clock.advance(ms)
  for (const side of sides) hearsAgain(stage, side)
}

async function flicker(stage: Stage): Promise<void> {
  for (let n = 0; n < 6; n += 1) {
    await cutPath(stage, SIDES, stage.random.int(1_000, 5_000))
    await stage.world.clock.advance(stage.random.int(1_000, 3_000))
  }
}

async function cutSockets(stage: Stage, sides: readonly Side[], ms: number): Promise<void> {
  for (const side of sides)
    leave(stage, side, stage.random.pick(['cut', 'closed', 'silent'] as const) ?? 'cut')
  await stage.world.clock.advance(ms)
  for (const side of sides) await join(stage, side)
}

function leave({ world, id, pages }: Stage, side: Side, how: 'cut' | 'closed' | 'silent'): void {
  pages[side].seated = false
  world.engine.connections.leave(id, pages[side].holder, how)
}

/** Nothing goes to one of the two or comes from there; what its page said meanwhile comes afterwards. */
async function cutLink(stage: Stage, side: Side, ms: number): Promise<void> {
  const page = stage.pages[side]
  page.heldUntil = stage.world.clock.now() + ms
  await cutPath(stage, SIDES, ms)
}

async function reload(stage: Stage, side: Side): Promise<void> {
  const { world, random, pages, receipts } = stage
  beat(stage, pages[side], world.clock.now())
  await world.clock.advance(80)
  for (const each of SIDES) if (pages[each].hears) receipts.stops(each, world.clock.now())
  for (const each of SIDES) Object.assign(pages[each], { hears: false, heardAt: world.clock.now() })
  leave(stage, side, 'closed')
  receipts.reloads()
  at(stage, world.clock.now() + DOUBT_MS, (instant) => {
    const left = pages[side === 'client' ? 'reader' : 'client']
    if (left.hears) return
    left.state = 'interrupted'
    beat(stage, left, instant)
  })
  await world.clock.advance(random.int(300, 6_000))
  stage.serial += 1
  const fresh = { name: `${side} page ${stage.serial}` }
  Object.assign(pages[side], fresh)
  for (const each of SIDES) Object.assign(pages[each], { state: 'interrupted' })
  await join(stage, side)
  for (const each of SIDES) hearsAgain(stage, each)
}

// ---------------------------------------------------------------- the end

async function find({ world, id, people }: Stage) {
  return world.engine.sessions.find(people.client as never, id)
}

const isOpen = async (stage: Stage): Promise<boolean> => (await find(stage)).status !== 'ended'

async function settleUp(stage: Stage): Promise<ReceivedOutcome> {
  const { world, receipts, people, pages, id } = stage
  const before = await find(stage)
  const endedAt = before.status === 'ended' ? before.endedAt : world.clock.now()
  const ending = world.engine.sessions.end(people.client as never, id)
  const ended = (await soon(world, ending)) as unknown as SessionView & { endedAt: number }
  for (const side of SIDES) receipts.stops(side, endedAt)
  await sayMoreAfterTheEnd(stage)
  receipts.judge(
    ended,
    SIDES.some((side) => pages[side].rate !== 1),
  )
  const again = await find(stage)
  check('P4', again.status === 'ended' && again.billedMs === ended.billedMs, () => 'it changed after its end')
  await setImmediate()
  return {
    billedMs: ended.billedMs,
    connectedMs: receipts.connectedMs(),
    gaps: receipts.gaps(),
    endReason: String(ended.endReason),
  }
}

/** A page that hands over what it received after the session is over is not listened to. */
async function sayMoreAfterTheEnd({ world, id, pages }: Stage): Promise<void> {
  for (const side of SIDES) {
    const more = { now: 99_000_000, heardAt: 99_000_000, heardSince: 0 }
    const answer = await Promise.resolve(
      world.engine.connections.report(id, pages[side].holder, 'connected', more),
    ).then(
      () => 'ok',
      ({ code }: { code: string }) => code,
    )
    check('P4', answer === 'not_joined', () => `what ${side} said after the end was answered with ${answer}`)
  }
}
