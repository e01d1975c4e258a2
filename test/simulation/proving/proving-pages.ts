/**
 * Plays the two pages of a simulated call: what each receives, what it reports of that and when it
 * arrives, and what it sends unbilled.
 */
import { Refusal } from '../../../domain/errors.ts'
import { check } from '../auditor/findings.ts'
import { settled } from '../clock.ts'
import type { Random } from '../random.ts'
import { type Receipts, SIDES, type Side } from './receipts.ts'
import type { Call, ProvingPage, ReceivedCourse, World } from './received-types.ts'

/** The amount by which a page's claims are shorter than each stretch that it received. */
const SHORT_MS = 2_500
/** From when on a page says that it hears nothing any more. */
const DEAF_AFTER_MS = 20_000
const BEAT_MS = 3_333
const QUICKEST_MS = 1
export const DOUBT_MS = 1_500
/** [B19] How long a page without its socket goes on sending in a session. */
const ALONE_MS = 60_000

export function newPage(course: ReceivedCourse, random: Random, side: Side, now: number): ProvingPage {
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
    arrivesAt: 0,
    sentMs: 0,
    heardOfMs: 0,
    readAt: now,
    runs: false,
    provenMs: undefined,
    unbilledMs: 10_000,
    aloneMs: 0,
  }
}

/** Schedules work of a page: it knows its instant, also where the server is suspended then. */
export function at({ clock }: World, instant: number, work: (instant: number) => void): void {
  clock.at(instant, () => work(instant))
}

export function keepBeating(world: World, call: Call, side: Side): void {
  const again = (instant: number): void => {
    if (world.call !== call || call.ended) return
    beat(world, call, call.pages[side], instant)
    at(world, instant + BEAT_MS, again)
  }
  at(world, world.clock.now() + world.random.int(10, BEAT_MS), again)
}

/** Notes that the server may have died just now; the pages do not know it yet. */
export function noteDeath({ server, call, clock, ...world }: World): void {
  if (!call || call.ended || call.isOrphan || !server.isDead()) return
  call.isOrphan = true
  call.receipts.gone(clock.now(), world.isOrderly ? 'stopped' : 'killed')
  for (const side of SIDES) {
    reckon(call, call.pages[side], clock.now())
    call.pages[side].seated = false
  }
}

/**
 * Moves time on, every alarm ringing at its own instant; the pages go on where the server dies
 * meanwhile.
 */
export async function advance(world: World, ms: number): Promise<void> {
  const { clock } = world
  const until = clock.now() + ms
  await settled()
  for (let next = clock.next(); next !== undefined && next <= until; next = clock.next()) {
    await clock.moveTo(Math.max(next, clock.now()))
    noteDeath(world)
  }
  await clock.moveTo(until)
  await settled()
  noteDeath(world)
}

/**
 * Resolves with the server's response, and lets time pass only where it waits for the pages; with
 * undefined where it refuses, or dies.
 */
export async function asked<T>(world: World, ask: () => Promise<T>): Promise<T | undefined> {
  const { server } = world
  if (server.isDead()) return undefined
  let answer: { value: T | undefined } | undefined
  let failure: unknown
  ask().then(
    (value) => {
      answer = { value }
    },
    (error: unknown) => {
      answer = { value: undefined }
      if (!(error instanceof Refusal)) failure = error
    },
  )
  for (let turn = 0; turn < 20 && !answer; turn += 1) await settled()
  for (let waits = 0; !answer && waits < 110 && !server.isDead(); waits += 1) await advance(world, 10)
  noteDeath(world)
  if (server.isDead()) return undefined
  if (failure !== undefined) throw failure
  return answer?.value
}

export async function join(world: World, call: Call, side: Side): Promise<void> {
  const { server, people, clock } = world
  const page = call.pages[side]
  world.serial += 1
  page.holder = `${side} ${world.serial}`
  const joined = await asked(world, () =>
    server.engine.connections.join(call.id, people[side].id, page.holder, { tab: page.name }),
  )
  if (!joined || call.ended) return
  const [mustMs, isMs] = [call.mustKnowMs[side], joined.sentMs]
  check('P5', isMs >= mustMs, () => `${side} has sent ${mustMs}, and hears of ${isMs}`)
  reckon(call, page, clock.now())
  page.seated = true
  if (side === 'reader') call.arrivals += 1
  page.runs = joined.session.status === 'live'
  page.provenMs = undefined
  page.unbilledMs = joined.unbilledMs
  page.sentMs = Math.max(page.sentMs, joined.sentMs)
  call.receipts.joined(side, page.name, clock.now())
  beat(world, call, page, clock.now())
}

/** Lets another page take the seat: it knows only what the server sends it. */
export function becomeAnother(world: World, call: Call, side: Side): void {
  const page = call.pages[side]
  reckon(call, page, world.clock.now())
  world.serial += 1
  call.receipts.left(side, 'displaced')
  call.lostOfSentMs += Math.max(0, page.sentMs - call.mustKnowMs[side])
  Object.assign(page, { name: `${side} page ${world.serial}`, sentMs: 0, arrivesAt: 0, heldUntil: 0 })
}

export function leave(world: World, call: Call, side: Side, how: 'cut' | 'closed' | 'silent'): void {
  const page = call.pages[side]
  if (!page.seated) return
  reckon(call, page, world.clock.now())
  page.seated = false
  call.receipts.left(side)
  if (!world.server.isDead()) world.server.engine.connections.leave(call.id, page.holder, how)
}

/**
 * [B22] Adds up what the page has sent until now: it stops automatically once more is unproven than
 * it may send.
 */
export function reckon(call: Call, page: ProvingPage, now: number): void {
  const passedMs = Math.max(0, now - page.readAt)
  page.readAt = Math.max(now, page.readAt)
  if (!page.runs || page.state === 'interrupted' || call.ended) return
  const mayMs = page.seated
    ? page.unbilledMs + (page.provenMs ?? Infinity) - page.sentMs
    : ALONE_MS - page.aloneMs
  const sentMs = Math.max(0, Math.min(passedMs, mayMs))
  if (!page.seated) page.aloneMs += sentMs
  page.sentMs += sentMs
  call.sentMs[page.side] += sentMs
}

/** Sends a page's report; it takes a while, and may come twice. */
export function beat(world: World, call: Call, page: ProvingPage, instant: number): void {
  const { random, clock, server, course } = world
  if (page.hears) page.heardAt = Math.max(page.heardAt, instant)
  if (!page.seated || call.ended) return
  reckon(call, page, instant)
  const claimed = claimOf(world, call, page, instant)
  const { holder, name } = page
  const sentMs = Math.floor(page.sentMs)
  const reading = (when: number) => Math.round(page.base + (when - call.epoch) * page.rate)
  const said = {
    now: reading(instant),
    heardAt: reading(claimed.until),
    heardSince: reading(claimed.from),
    sentMs,
  }
  const deliver = () => {
    if (world.server !== server || server.isDead() || call.ended) return
    if (!page.seated || page.holder !== holder) return
    call.mustKnowMs[page.side] = Math.max(call.mustKnowMs[page.side], sentMs)
    const { state } = claimed
    call.receipts.heard(page.side, {
      page: name,
      sentAt: instant,
      now: said.now,
      arrivedAt: clock.now(),
      state,
      heard: claimed,
    })
    const done = server.engine.connections.report(call.id, holder, state, said)
    Promise.resolve(done).then(
      () => takeAnswer(world, call, page, holder),
      () => undefined,
    )
  }
  const arrivesAt = arrivalOf(world, page, instant)
  at(world, arrivesAt, deliver)
  if (random.chance(course.twice ?? 0.05)) sayAgain(world, page, deliver, arrivesAt + random.int(0, 3_000))
}

function arrivalOf({ random, course }: World, page: ProvingPage, instant: number): number {
  const isLate = random.chance(course.late ?? 0.1)
  const lateMs = isLate ? random.int(100, course.late ? 1_000 : 700) : random.int(5, 60)
  const delayMs = course.late === 0 ? QUICKEST_MS : lateMs
  page.arrivesAt = Math.max(instant + delayMs, page.heldUntil + delayMs, page.arrivesAt)
  return page.arrivesAt
}

function takeAnswer({ server, clock }: World, call: Call, page: ProvingPage, holder: string): void {
  if (!page.seated || page.holder !== holder || call.ended || clock.now() < page.heldUntil) return
  reckon(call, page, clock.now())
  page.provenMs = Math.max(page.provenMs ?? 0, server.engine.connections.provenMs(call.id))
}

/** Delivers an earlier message once more, later than the messages after it. */
function sayAgain({ clock }: World, page: ProvingPage, deliver: () => void, instant: number): void {
  clock.at(instant, () => {
    if (clock.now() >= page.heldUntil) deliver()
  })
}

interface Claim {
  readonly from: number
  readonly until: number
  readonly state: 'connected' | 'interrupted'
}

function claimOf({ course }: World, call: Call, page: ProvingPage, instant: number): Claim {
  const truth = { from: page.heardSince, until: page.heardAt, state: page.state }
  if (course.lie?.by !== page.side) return truth
  switch (course.lie.what) {
    case 'hears everything':
      return { from: call.epoch, until: instant, state: 'connected' }
    case 'hears nothing of some':
      return { ...truth, until: Math.max(truth.from, truth.until - SHORT_MS) }
    case 'hears nothing any more':
      return { ...truth, until: Math.max(truth.from, Math.min(truth.until, call.epoch + DEAF_AFTER_MS)) }
    default: {
      const isAway = Math.floor((instant - call.epoch) / 15_000) % 2 === 1
      return { ...truth, state: isAway ? 'interrupted' : truth.state }
    }
  }
}

// ---------------------------------------------------------------- what it receives

export function loses(world: World, call: Call, side: Side): void {
  const page = call.pages[side]
  const now = world.clock.now()
  if (!page.hears) return
  Object.assign(page, { hears: false, heardAt: now })
  call.receipts.stops(side, now)
  doubtLater(world, call, side)
}

/** Makes a page that has heard nothing for a while report so at once. */
export function doubtLater(world: World, call: Call, side: Side): void {
  const page = call.pages[side]
  const since = page.heardAt
  at(world, world.clock.now() + DOUBT_MS, (instant) => {
    if (page.hears || page.heardAt !== since || call.ended) return
    reckon(call, page, instant)
    page.state = 'interrupted'
    beat(world, call, page, instant)
  })
}

export function hearsAgain(world: World, call: Call, side: Side): void {
  const now = world.clock.now()
  const page = call.pages[side]
  reckon(call, page, now)
  // A silence that is shorter than a doubt is no gap for a page.
  const heardSince = now - page.heardAt < DOUBT_MS && page.state === 'connected' ? page.heardSince : now
  Object.assign(page, { hears: true, heardSince, heardAt: now, state: 'connected' })
  call.receipts.starts(side, heardSince === now ? now : undefined)
  beat(world, call, page, now)
}

/** Sends the state of the meter to both people, where a message reaches the page. */
export function tellPages(call: Call, now: number, running: boolean, receipts: Receipts): void {
  const isThere = (page: ProvingPage) => page.seated && page.heldUntil <= now
  for (const side of SIDES) {
    const page = call.pages[side]
    if (!isThere(page)) continue
    reckon(call, page, now)
    page.runs = running
  }
  receipts.announced(
    now,
    running,
    SIDES.some((side) => isThere(call.pages[side])),
  )
}
