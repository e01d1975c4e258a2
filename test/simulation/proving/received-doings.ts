/**
 * Acts on two pages that prove what they receive: on their connections, the server, and the money.
 */

import type { Client } from '../../../domain/client.ts'
import { cents } from '../../../shared/money.ts'
import { askForLimit, spentOn } from '../auditor/purse.ts'
import {
  advance,
  asked,
  beat,
  becomeAnother,
  doubtLater,
  hearsAgain,
  join,
  leave,
  loses,
  reckon,
} from './proving-pages.ts'
import { other, SIDES, type Side } from './receipts.ts'
import { comeBack } from './received-lives.ts'
import type { Call, World } from './received-types.ts'

type Doing = (world: World, call: Call) => Promise<void>

const anySide = ({ random }: World): Side => random.pick(SIDES) ?? 'client'

const someTime = ({ random }: World): number =>
  random.chance(0.4) ? random.int(1_000, 5_000) : random.int(1_000, 25_000)

// ---------------------------------------------------------------- connections

async function cutPath(world: World, call: Call, sides: readonly Side[], ms: number): Promise<void> {
  for (const side of sides) loses(world, call, side)
  await advance(world, ms)
  for (const side of sides) hearsAgain(world, call, side)
}

async function cutSockets(world: World, call: Call, sides: readonly Side[], ms: number): Promise<void> {
  for (const side of sides)
    leave(world, call, side, world.random.pick(['cut', 'closed', 'silent'] as const) ?? 'cut')
  await advance(world, ms)
  for (const side of sides) await join(world, call, side)
}

const path: Doing = (world, call) => {
  const sides = world.random.pick<readonly Side[]>([['client'], ['reader'], SIDES]) ?? SIDES
  return cutPath(world, call, sides, someTime(world))
}

/** Cuts one of the two off; what the page sent meanwhile arrives afterwards. */
const link: Doing = async (world, call) => {
  const page = call.pages[anySide(world)]
  const ms = someTime(world)
  reckon(call, page, world.clock.now())
  page.heldUntil = world.clock.now() + ms
  await cutPath(world, call, SIDES, ms)
}

/** Holds up the messages of one of the two pages to the server for a while; the call itself goes on. */
const stall: Doing = async (world, call) => {
  const ms = someTime(world)
  call.pages[anySide(world)].heldUntil = world.clock.now() + ms
  await advance(world, ms)
}

const flicker: Doing = async (world, call) => {
  for (let n = 0; n < 6; n += 1) {
    await cutPath(world, call, SIDES, world.random.int(1_000, 5_000))
    await advance(world, world.random.int(1_000, 3_000))
  }
}

/**
 * Lets another page take the seat, and the call start again between the two; the page before is
 * closed, or displaced.
 */
async function changePage(world: World, call: Call, isReload: boolean): Promise<void> {
  const { random, clock } = world
  const side = anySide(world)
  beat(world, call, call.pages[side], clock.now())
  await advance(world, 80)
  for (const each of SIDES) {
    if (call.pages[each].hears) call.receipts.stops(each, clock.now())
    Object.assign(call.pages[each], { hears: false, heardAt: clock.now() })
  }
  if (isReload) leave(world, call, side, 'closed')
  doubtLater(world, call, other(side))
  await advance(world, isReload ? random.int(300, 6_000) : 0)
  call.pages[side].seated = false
  becomeAnother(world, call, side)
  for (const each of SIDES) {
    reckon(call, call.pages[each], clock.now())
    call.pages[each].state = 'interrupted'
  }
  await join(world, call, side)
  for (const each of SIDES) hearsAgain(world, call, each)
}

// ---------------------------------------------------------------- the server

const hold: Doing = async (world, call) => {
  const { random, clock } = world
  const from = clock.now()
  clock.hold(random.int(1_500, 25_000))
  call.receipts.stoodStill(from, clock.now())
  await advance(world, 0)
}

const stop: Doing = (world) => comeBack(world, 'stopped')
const crash: Doing = (world) => comeBack(world, 'killed')

/** Kills the server during one of the next changes of the disk. */
const kill: Doing = async (world) => {
  const { server, random } = world
  world.isArmed = true
  server.killAt(random.pick([1, 1, 2, 3, 5]) ?? 1, random.pick([0, 0.5, 1]) ?? 0)
}

// ---------------------------------------------------------------- the money

export async function topUp(world: World, amountCents: number, saveCard = false): Promise<void> {
  const { server, people, bank, serial } = world
  const userId = people.client.id
  const wish = {
    userId,
    amountCents: cents(amountCents),
    attemptKey: `attempt ${serial}`,
    ...(saveCard ? { saveCard } : {}),
  }
  const opened = await asked(world, () => server.engine.wallet.addFunds(wish))
  if (!opened) return
  bank.pay(opened.paymentIntentId)
  await advance(world, world.random.pick([0, 500, 5_000]) ?? 0)
  const event = Buffer.from(opened.paymentIntentId)
  await asked(world, () => world.server.engine.wallet.handleWebhook(event, 'signed'))
}

const fund: Doing = (world) => topUp(world, world.random.pick([500, 501, 2_000]) ?? 500)

const automatic: Doing = async (world) => {
  const { server, people, random } = world
  if (world.automatic) return
  await topUp(world, 500, true)
  const wish = {
    amountCents: 500,
    thresholdCents: 500,
    dailyCapCents: random.pick([500, 2_000, 10_000]) ?? 500,
  }
  const isOn = await asked(world, async () => {
    await server.engine.wallet.automatic.switchOn(people.client.id, { ...wish, consent: true } as never)
    return true
  })
  if (isOn) world.automatic = wish
}

const limit: Doing = async (world, call) => {
  const { server, people, random } = world
  const charged = chargedOf(call)
  const more = random.pick([undefined, 0, 1, 50, 300, 1_000])
  const limitCents = more === undefined ? undefined : Math.max(1, charged + more)
  noteCut(call, limitCents)
  const set = () => server.engine.limits.setForSession(people.client, call.id, limitCents)
  if (await asked(world, set)) call.limitCents = limitCents
  else call.asked = { limitCents }
}

const limitDay: Doing = async (world, call) => {
  const { server, people, purse, random, clock } = world
  const now = clock.now()
  const more = random.pick([undefined, 0, 1, 50, 300, 1_000])
  const limitCents = more === undefined ? undefined : Math.max(1, spentOn(purse, now) + more)
  noteCut(call, limitCents === undefined ? undefined : chargedOf(call) + limitCents - spentOn(purse, now))
  const done = await asked(world, () => server.engine.limits.setDaily(people.client, limitCents))
  if (done) askForLimit(purse, limitCents, now)
  else call.asked = { dayCents: limitCents, at: now }
}

export const chargedOf = ({ charges }: Pick<Call, 'charges'>): number =>
  charges.reduce((sum, { cents }) => sum + cents, 0)

/**
 * Notes a limit; more may have been used by then: the session then ends where it was last charged.
 */
function noteCut(call: Call, limitCents: number | undefined): void {
  const usedCents = Math.floor((call.rateCents * call.receipts.mostMs()) / 60_000)
  if (limitCents !== undefined && limitCents <= usedCents) call.isCutShort = true
}

/** Sends something of a payment back, and reports it to the server. */
async function sendBack(world: World, change: 'refund' | 'dispute'): Promise<void> {
  const { server, bank, random, people } = world
  const client = (await server.store.read((view) => view.user(people.client.id))) as Client
  const topUps = client.topUps.filter(({ status }) => status === 'succeeded')
  const { paymentIntentId: intent, amountCents } = random.pick(topUps) ?? { amountCents: 0 }
  if (intent === undefined) return
  const cents = random.pick([1, Math.ceil(amountCents / 2), amountCents]) ?? 1
  bank.change(intent, (was) =>
    change === 'refund'
      ? { ...was, refunds: [...was.refunds, { cents, failed: false }] }
      : { ...was, withdrawnCents: was.withdrawnCents + cents, openDisputes: was.openDisputes + 1 },
  )
  await asked(world, () => server.engine.wallet.handleWebhook(Buffer.from(`return ${intent}`), 'signed'))
}

// ---------------------------------------------------------------- the end

export async function hangUp(world: World, call: Call, side: Side): Promise<void> {
  const { server, people, clock } = world
  call.receipts.ending(clock.now())
  await asked(world, () => server.engine.sessions.end(people[side], call.id))
  if (!call.ended && !server.isDead()) call.receipts.goesOn()
}

/** The actions that may happen to a call. */
export const HAPPENINGS = {
  path,
  socket: (world, call) => cutSockets(world, call, [anySide(world)], someTime(world)),
  sockets: (world, call) => cutSockets(world, call, SIDES, someTime(world)),
  link,
  stall,
  flicker,
  hold,
  reload: (world, call) => changePage(world, call, true),
  takeOver: (world, call) => changePage(world, call, false),
  stop,
  crash,
  kill,
  fund,
  automatic,
  limit,
  limitDay,
  refund: (world) => sendBack(world, 'refund'),
  dispute: (world) => sendBack(world, 'dispute'),
  hangUp: (world, call) => hangUp(world, call, anySide(world)),
} as const satisfies Record<string, Doing>

export type Happening = keyof typeof HAPPENINGS

export const HOW_OFTEN: Readonly<Record<Happening, number>> = {
  path: 5,
  socket: 2,
  sockets: 1,
  link: 2,
  stall: 1,
  flicker: 1,
  hold: 1,
  reload: 1,
  takeOver: 1,
  stop: 0.7,
  crash: 0.7,
  kill: 0.7,
  fund: 1,
  automatic: 0.4,
  limit: 0.5,
  limitDay: 0.3,
  refund: 0.2,
  dispute: 0.1,
  hangUp: 0.5,
}
