/** Lists everything that can be done at a step of the simulation, time's passing included. */

import { instantOf, type Meeting, zeroOf } from '../auditor/books.ts'
import { nextTurn } from '../auditor/purse.ts'
import type { World } from '../world.ts'
import { limitDay, limitSession } from './allowances.ts'
import { deliver, fund, pay, poll, start } from './payers.ts'
import {
  answer,
  connect,
  type Doing,
  end,
  fallSilent,
  inPhase,
  interrupt,
  leave,
  ring,
  takeOver,
} from './people.ts'
import { changeRate, comeAndGo, flip, gather } from './readers.ts'
import { giveBack, sleepOverIt } from './refunds.ts'
import { sendBack, tellBack } from './reversals.ts'
import { hold, pass } from './time.ts'

const wait: Doing = (world) => pass(world, world.random.int(1, 5_000))

const talk: Doing = (world) => pass(world, world.random.int(60_000, 1_800_000))

/** Moves to an instant that matters, or to one millisecond before or after it. */
const toTheMark: Doing = async (world) => {
  const { random, clock } = world
  const meeting = inPhase(world, 'running')
  if (!meeting) return wait(world)
  const ms = random.pick(marksOf(world, meeting)) ?? 0
  const wanted = ms - clock.now() + random.int(-1, 1)
  await pass(world, wanted > 0 && wanted < 600_000 ? wanted : random.int(1, 60_000))
}

/**
 * Returns the end of the money or of a limit, twice as often as the next whole minute, and the next
 * change of what a day allows.
 */
function marksOf({ auditor, clock }: World, meeting: Meeting): number[] {
  const now = meeting.billedMs + clock.now() - meeting.since
  const minute = (Math.floor(now / 60_000) + 1) * 60_000
  const client = auditor.books.clients.get(meeting.clientId)
  const turn = client ? nextTurn(client, clock.now()) : Infinity
  const near = turn - clock.now() < 600_000 ? [turn] : []
  const zero = instantOf(meeting, zeroOf(auditor.books, meeting))
  return [
    zero,
    zero,
    instantOf(meeting, minute),
    instantOf(meeting, minute),
    instantOf(meeting, minute),
    ...near,
  ]
}

/** Silences all pages until shortly before a day turns or a higher limit comes into force. */
const sleep: Doing = async (world) => {
  const { random, auditor, clock } = world
  const turns = [...auditor.books.clients.values()].map((client) => nextTurn(client, clock.now() + 200_000))
  const turn = random.pick(turns.filter(Number.isFinite))
  if (turn === undefined) return
  for (const page of world.pages) page.beats = false
  await hold(world, turn - clock.now() - random.int(1, 180_000))
}

const heldUp: Doing = (world) => hold(world, world.random.pick([200, 3_000, 12_000, 61_000, 150_000]) ?? 200)

/** Everything that people and time can do. */
export const DOINGS = {
  ring,
  answer,
  connect,
  gather,
  takeOver,
  interrupt,
  fallSilent,
  leave,
  end,
  start,
  pay,
  deliver,
  poll,
  fund,
  changeRate,
  flip,
  comeAndGo,
  wait,
  toTheMark,
  talk,
  heldUp,
  sleep,
  limitSession,
  limitDay,
  sendBack,
  tellBack,
  giveBack,
  sleepOverIt,
} as const satisfies Record<string, Doing>

export type DoingName = keyof typeof DOINGS

/** The weight of each action. */
export const HOW_OFTEN: Readonly<Record<DoingName, number>> = {
  ring: 6,
  answer: 6,
  connect: 8,
  gather: 8,
  takeOver: 2,
  interrupt: 3,
  fallSilent: 2,
  leave: 2,
  end: 3,
  start: 2,
  pay: 2,
  deliver: 4,
  poll: 1,
  fund: 7,
  changeRate: 2,
  flip: 2,
  comeAndGo: 4,
  wait: 6,
  toTheMark: 6,
  talk: 24,
  heldUp: 2,
  sleep: 0.6,
  limitSession: 1.5,
  limitDay: 1,
  sendBack: 0.6,
  tellBack: 0.3,
  giveBack: 1,
  sleepOverIt: 0.3,
}
