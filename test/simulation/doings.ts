/** Everything that can be done at a step of the simulation, time's passing included. */
import { zeroOf } from './books.ts'
import { deliver, fund, pay, start, sweep } from './payers.ts'
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
import { hold, pass } from './time.ts'

const wait: Doing = (scene) => pass(scene, scene.random.int(1, 5_000))

const talk: Doing = (scene) => pass(scene, scene.random.int(60_000, 1_800_000))

/** To an instant that matters, or to one millisecond before or after it. */
const toTheMark: Doing = async (scene) => {
  const { random, auditor, clock } = scene
  const meeting = inPhase(scene, 'running')
  if (!meeting) return wait(scene)
  const now = meeting.billedMs + clock.now() - meeting.since
  const minute = (Math.floor(now / 60_000) + 1) * 60_000
  const mark = random.chance(0.4) ? zeroOf(auditor.books, meeting) : minute
  const ms = mark - now + random.int(-1, 1)
  await pass(scene, ms > 0 && ms < 600_000 ? ms : random.int(1, 60_000))
}

const heldUp: Doing = (scene) => hold(scene, scene.random.pick([200, 3_000, 12_000, 61_000, 150_000]) ?? 200)

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
  sweep,
  fund,
  changeRate,
  flip,
  comeAndGo,
  wait,
  toTheMark,
  talk,
  heldUp,
} as const satisfies Record<string, Doing>

export type DoingName = keyof typeof DOINGS

/** How often each is done. */
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
  sweep: 1,
  fund: 7,
  changeRate: 2,
  flip: 2,
  comeAndGo: 4,
  wait: 6,
  toTheMark: 6,
  talk: 18,
  heldUp: 2,
}
