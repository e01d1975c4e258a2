/**
 * Plays a client and a reader whose pages prove what they receive, from a seed: one session after
 * another, in which paths and sockets are cut and mended, beats come late, twice and out of order,
 * clocks run fast and slow, the server is suspended, stops, is killed and restarts, money comes,
 * goes back and runs out, limits are set, and a page may lie. An auditor who knows only what each
 * page received and reported, and what was announced to them, says what each session comes to.
 */
import { audit } from '../../../adapters/store/audit.ts'
import type { Client } from '../../../domain/client.ts'
import { check, same } from '../auditor/findings.ts'
import { dayOf, debtOf, leftOfDay, walletOf } from '../auditor/purse.ts'
import { settled } from '../clock.ts'
import { copyOf } from '../server.ts'
import { advance, asked, join, keepBeating } from './proving-pages.ts'
import { type EndedView, SIDES } from './receipts.ts'
import { chargedOf, HAPPENINGS, HOW_OFTEN, hangUp, topUp } from './received-doings.ts'
import { comeBack } from './received-lives.ts'
import type { Call, ReceivedCourse, World } from './received-types.ts'
import { createWorld, newCall, ranDry } from './received-world.ts'

export interface ReceivedOutcome {
  readonly sessions: readonly {
    readonly billedMs: number
    readonly chargedCents: number
    /** The auditor's prediction. */
    readonly leastMs: number
    readonly mostMs: number
    readonly connectedMs: number
    readonly gaps: number
    readonly endReason: string
  }[]
  readonly counts: Readonly<Record<string, number>>
}

const MINUTE_MS = 60_000
const MOST_SESSIONS = 3

/** Runs the history of a seed. Throws a Broken where a rule does not hold. */
export async function simulateReceived(course: ReceivedCourse): Promise<ReceivedOutcome> {
  const world = await createWorld(course)
  const sessions: ReceivedOutcome['sessions'][number][] = []
  await topUp(world, world.random.chance(0.3) ? world.random.int(700, 2_000) : 50_000)
  for (let step = 0; step < (course.steps ?? 16); step += 1) {
    if (!world.call && sessions.length < MOST_SESSIONS && !(await ring(world))) break
    if (!world.call) break
    await takeStep(world, world.call)
    if (world.call.ended) sessions.push(await close(world, world.call))
  }
  if (world.call) {
    await advance(world, world.random.int(2_000, 9_000))
    await look(world, world.call)
    for (let times = 0; !world.call.ended; times += 1) {
      check('A3', times < 5, () => 'it does not end')
      await hangUp(world, world.call, world.random.pick(SIDES) ?? 'client')
      if (world.server.isDead()) await comeBack(world, 'killed')
    }
    sessions.push(await close(world, world.call))
  }
  const { problems } = await audit(copyOf(world.disk))
  same('L8', 'what the books say', problems.join('; '), '')
  return { sessions, counts: world.counts }
}

async function takeStep(world: World, call: Call): Promise<void> {
  const { random } = world
  await advance(world, random.int(1_000, 12_000))
  await look(world, call)
  if (call.ended) return
  const what = random.weighted({ ...HOW_OFTEN, ...world.course.often } as typeof HOW_OFTEN)
  world.counts[what] = (world.counts[what] ?? 0) + 1
  await HAPPENINGS[what](world, call)
  await advance(world, 1)
  await look(world, call)
}

/** Rings, and both sit down; gives whether the session came about. */
async function ring(world: World): Promise<boolean> {
  const { people, random, server } = world
  const { presence, sessions } = server.engine
  presence.arrive(people.reader.id)
  await asked(world, () => presence.setAvailable(people.reader, true))
  const limitCents = random.chance(0.2) ? random.int(600, 2_500) : undefined
  const wish = { readerId: people.reader.id, kind: 'video', limitCents } as const
  const requested = await asked(world, () => sessions.request(people.client, wish))
  if (!requested || !(await asked(world, () => sessions.accept(people.reader, requested.id)))) return false
  const call = newCall(world, requested.id, limitCents)
  world.call = call
  for (const side of SIDES) keepBeating(world, call, side)
  for (const side of SIDES) await join(world, call, side)
  for (const side of SIDES) call.receipts.starts(side, call.epoch)
  return true
}

/** Looks at what has happened by now; a server that has died comes back first. */
async function look(world: World, call: Call): Promise<void> {
  if (world.failure !== undefined) throw world.failure
  if (world.server.failure() !== undefined) throw world.server.failure()
  if (world.server.isDead()) await comeBack(world, 'killed')
  await checkMoney(world)
  if (!call.ended && call.receipts.isRunning()) checkRunning(world, call)
}

/**
 * [B3] [B5] Checks that the minutes which both have reported are charged, and that it runs no
 * further than there is something left.
 */
function checkRunning(world: World, call: Call): void {
  const leastMs = call.receipts.leastMs()
  const charged = chargedOf(call)
  const zeroMs = Math.ceil(((charged + leftFor(world, call)) * MINUTE_MS) / call.rateCents)
  check('S5', leastMs < zeroMs, () => `${call.id} runs at ${leastMs} ms, and ends at ${zeroMs}`)
  const minutes = Math.floor(leastMs / MINUTE_MS)
  check('B3', charged >= minutes * call.rateCents, () => `${charged} cents are charged of ${minutes} minutes`)
}

/** Returns how much a call may still take; what was paid in after its end came too late for it. */
function leftFor({ purse, clock }: World, call: Call, at = clock.now()): number {
  const ofLimit = call.limitCents === undefined ? Infinity : call.limitCents - chargedOf(call)
  return Math.max(0, Math.min(walletOf(purse) - call.paidLateCents, ofLimit, leftOfDay(purse, at)))
}

/**
 * [B9] [B16] Checks that the balance, the debt and the earnings are what came, went back and was
 * charged.
 */
async function checkMoney(world: World): Promise<void> {
  const { server, people, purse, bank } = world
  await settled()
  const client = (await server.store.read((view) => view.user(people.client.id))) as Client
  const credited = client.topUps.filter(({ status }) => status === 'succeeded')
  for (const { paymentIntentId = '', reversedCents = 0 } of credited) {
    check('L9', bank.isPaid(paymentIntentId), () => `${paymentIntentId} was credited and never paid`)
    const { amountCents, elsewhereCents } = bank.goneBack(paymentIntentId)
    check('R1', reversedCents <= Math.min(amountCents, elsewhereCents), () => `${reversedCents} went back`)
  }
  const endedAt = world.call?.ended?.endedAt ?? Infinity
  const late = credited.filter(({ creditedAt = 0 }) => creditedAt >= endedAt)
  if (world.call) world.call.paidLateCents = late.reduce((sum, { amountCents }) => sum + amountCents, 0)
  purse.creditedCents = credited.reduce((sum, { amountCents }) => sum + amountCents, 0)
  purse.returnedCents = credited.reduce((sum, { reversedCents = 0 }) => sum + reversedCents, 0)
  same('S6', 'the balance', client.balanceCents, walletOf(purse))
  same('R3', 'what is owed', client.debtCents ?? 0, debtOf(purse))
}

async function close(world: World, call: Call): Promise<ReceivedOutcome['sessions'][number]> {
  const { server, people, clock } = world
  world.call = undefined
  const session = call.ended as EndedView
  for (const side of SIDES) if (call.pages[side].hears) call.receipts.stops(side, clock.now())
  await sayMoreAfterTheEnd(world, call)
  call.receipts.judge(session)
  const again = await asked(world, () => server.engine.sessions.find(people.client, call.id))
  // The server may have died of setting a limit after that had ended the session.
  if (again && call.asked && 'limitCents' in call.asked && call.asked.limitCents === again.limitCents)
    call.limitCents = again.limitCents
  checkTotal(world, call, session)
  checkUnbilled(call, session)
  const is = again?.status === 'ended' ? again.billedMs : undefined
  if (!server.isDead()) same('P4', 'what it came to, later', is, session.billedMs)
  const { receipts } = call
  return {
    billedMs: session.billedMs,
    chargedCents: session.chargedCents,
    leastMs: receipts.leastMs(),
    mostMs: receipts.mostMs(),
    connectedMs: receipts.connectedMs(),
    gaps: receipts.gaps(),
    endReason: String(session.endReason),
  }
}

/**
 * [B1] [B5] [B14] [B15] Checks the cost of the billed time, to the cent; it is all there was, where
 * nothing is left.
 */
function checkTotal(
  world: World,
  call: Call,
  { billedMs, chargedCents, earnedCents, endReason, endedAt }: EndedView,
): void {
  const cost = Math.floor((call.rateCents * billedMs) / MINUTE_MS)
  same('S1', 'the total', chargedCents, call.isCutShort ? Math.min(cost, chargedCents) : cost)
  const ours = Math.floor((chargedCents * call.feePercent) / 100)
  same('S13', 'the part of the reader', earnedCents, chargedCents - ours)
  same('S3', 'the sum of the charges', chargedOf(call), chargedCents)
  // It may be looked at after midnight: what counts is the day on which it ended.
  const leftAtEnd = leftFor(world, call, endedAt)
  if (!ranDry(endReason)) {
    if (endReason !== 'payment_reversed' && billedMs > 0 && !call.isCutShort)
      check('S5', leftAtEnd > 0, () => 'nothing was left')
    return
  }
  // If a pause followed, the last of the money may have been used the day before.
  const left = Math.min(leftAtEnd, leftFor(world, call, call.charges.at(-1)?.at))
  same('S5', 'what was left', Math.max(0, left - usedTheDayBefore(world, call, endedAt)), 0)
  same(
    'S5',
    'why it ended',
    endReason,
    walletOf(world.purse) === call.paidLateCents ? 'out_of_funds' : 'limit_reached',
  )
  if (call.isCutShort) return
  same('S5', 'the instant of the end', billedMs, Math.ceil((chargedCents * MINUTE_MS) / call.rateCents))
}

/**
 * [B15] What counted against a limit of the day that was set after midnight, and was used before: at
 * such a limit the session ends with it.
 */
function usedTheDayBefore({ purse }: World, { isCutShort, charges }: Call, endedAt: number): number {
  const last = charges.at(-1)
  const isOfTheDayBefore = isCutShort && last && dayOf(last.at) < dayOf(endedAt)
  return isOfTheDayBefore && leftOfDay(purse, endedAt) < Infinity ? last.cents : 0
}

/**
 * Lets a page that has just joined, or rejoined, send until the server has announced the proven
 * time, or until it is in doubt.
 */
const FIRST_ANSWER_MS = 2_200

/** [B22] Checks that no more is unbilled than is allowed. */
function checkUnbilled(call: Call, { billedMs, endReason }: EndedView): void {
  if (ranDry(endReason)) return
  const { reader } = call.pages
  const most =
    reader.unbilledMs +
    reader.aloneMs +
    call.lostOfSentMs +
    call.receipts.lostMs() +
    FIRST_ANSWER_MS * call.arrivals
  const unbilledMs = call.sentMs.reader - billedMs
  check('P6', unbilledMs <= most, () => `${unbilledMs} ms were sent unbilled, of ${most}`)
}

/** Checks that a page which hands over what it received after the session is over is ignored. */
async function sayMoreAfterTheEnd({ server }: World, { id, pages }: Call): Promise<void> {
  for (const side of SIDES) {
    const more = { now: 99_000_000, heardAt: 99_000_000, heardSince: 0 }
    const answer = await Promise.resolve(
      server.engine.connections.report(id, pages[side].holder, 'connected', more),
    ).then(
      () => 'ok',
      ({ code }: { code: string }) => code,
    )
    check('P4', answer === 'not_joined', () => `what ${side} said after the end was answered with ${answer}`)
  }
}
