/**
 * Tests faults that the simulation, or work on it, has found, each as small as it could be made.
 */
import { afterEach, expect, it, vi } from 'vitest'
import { Refusal } from '../../domain/errors.ts'
import { createWorld, HEARTBEAT_TIMEOUT, MINUTE } from '../support/world.ts'

const disk = vi.hoisted(() => ({ isFull: false }))

/** The real store, which refuses every change while the disk is said to be full. */
vi.mock('../../adapters/store/store.ts', async (original) => {
  const real = await original<typeof import('../../adapters/store/store.ts')>()
  const openStore: typeof real.openStore = async (parts) => {
    const store = await real.openStore(parts)
    const refused = () => Promise.reject(new Refusal('storage_full', 'There is no room.'))
    return { ...store, commit: (decide) => (disk.isFull ? refused() : store.commit(decide)) }
  }
  return { ...real, openStore }
})

afterEach(() => {
  disk.isFull = false
})

const NEXT_BEAT = HEARTBEAT_TIMEOUT / 3

/**
 * Starts a session at $2.50 whose two people are last heard two seconds before its first minute is
 * over.
 */
async function silentBeforeTheMinute(money = 2_000) {
  const world = await createWorld()
  const client = await world.client('Ana', money)
  const reader = await world.reader('Mara', 250)
  const talk = await world.talk(client, reader)
  const heardAt = Math.floor((MINUTE - 2_000) / NEXT_BEAT) * NEXT_BEAT
  await world.clock.advance(heardAt + 1)
  talk.fallSilent('client')
  talk.fallSilent('reader')
  await world.clock.advance(MINUTE - 1 - heardAt - 1)
  return { world, client, reader, talk, find: () => world.engine.sessions.find(client, talk.id) }
}

it('[B10, S7] a process that was held up for minutes bills none of the minutes in which no page was heard', async () => {
  const { world, client, find } = await silentBeforeTheMinute()
  await world.clock.leap(3 * MINUTE)
  // The minute that was complete before the silence would have been noticed stays charged; the two
  // after it never were.
  expect(await find()).toMatchObject({ status: 'paused', billedMs: MINUTE, chargedCents: 250 })
  expect(await world.balance(client)).toBe(1_750)
})

it('[B2] a silence that is noticed late comes to the same as one that is noticed in time', async () => {
  const late = await silentBeforeTheMinute()
  await late.world.clock.leap(MINUTE)
  const inTime = await silentBeforeTheMinute()
  await inTime.world.clock.advance(HEARTBEAT_TIMEOUT)
  const comesTo = async ({ world, client, reader, find }: typeof late) => {
    const session = await find()
    if (session.status !== 'paused') throw new Error(`it is ${session.status}`)
    const { billedMs, chargedCents } = session
    return [billedMs, chargedCents, await world.balance(client), await world.earned(reader)]
  }
  expect(await comesTo(late)).toEqual(await comesTo(inTime))
})

it('[B5] the money that was gone before the silence would have been noticed is gone, however late it is noticed', async () => {
  const { world, client, find } = await silentBeforeTheMinute(254)
  await world.clock.leap(3 * MINUTE)
  expect(await find()).toMatchObject({ status: 'ended', endReason: 'out_of_funds', chargedCents: 254 })
  expect(await world.balance(client)).toBe(0)
})

it.each([
  ['and the other stays alone', false],
  ['and comes back', true],
])('[B10] a person leaves while the disk is full %s: the wait is free all the same', async (_, comesBack) => {
  const world = await createWorld()
  const client = await world.client('Ana', 2_000)
  const reader = await world.reader('Mara', 250)
  const talk = await world.talk(client, reader)
  await world.clock.advance(30_000)
  disk.isFull = true
  talk.leave('client')
  await world.clock.advance(5_000)
  disk.isFull = false
  await world.clock.advance(20_000)
  if (comesBack) await talk.rejoin('client')
  await world.clock.advance(comesBack ? 10_000 : MINUTE)
  const session = await world.engine.sessions.end(reader, talk.id)
  expect(session).toMatchObject(
    comesBack ? { billedMs: 40_000, chargedCents: 166 } : { billedMs: 30_000, chargedCents: 125 },
  )
})

const DAY = 24 * 60 * MINUTE

/**
 * Starts a session at $2.50 so long before a midnight of UTC, with $50.00 and a limit for the day.
 */
async function shortlyBeforeMidnight(beforeMs: number, limitCents: number | undefined) {
  const world = await createWorld()
  const client = await world.client('Ana', 5_000)
  const reader = await world.reader('Mara', 250)
  await world.engine.limits.setDaily(client, limitCents)
  await world.clock.advance(DAY - (world.clock.now() % DAY) - beforeMs)
  const { id } = await world.talk(client, reader)
  return { world, client, reader, id, find: () => world.engine.sessions.find(client, id) }
}

it('[B2, B15] a day’s limit that was reached before midnight ends the session, though it is checked only afterwards', async () => {
  const { world, find } = await shortlyBeforeMidnight(242_000, 1_000)
  await world.clock.advance(238_000)
  await world.clock.leap(5_000)
  expect(await find()).toMatchObject({
    status: 'ended',
    endReason: 'limit_reached',
    billedMs: 240_000,
    chargedCents: 1_000,
  })
})

it('[B15] under a limit for the day, what is used before midnight counts before it', async () => {
  const { world, client, reader, id } = await shortlyBeforeMidnight(90_000, 2_000)
  await world.clock.advance(100_000)
  expect(await world.engine.sessions.end(reader, id)).toMatchObject({ chargedCents: 416 })
  expect(await world.engine.limits.of(client)).toMatchObject({ spentTodayCents: 416 - 374 })
})

it('[B15] what a crash left to be charged counts on the day on which it was used', async () => {
  const { world, client, find } = await shortlyBeforeMidnight(40_000, undefined)
  await world.clock.advance(35_000)
  await world.crash(MINUTE)
  const paused = await find()
  expect(paused).toMatchObject({ status: 'paused' })
  expect('chargedCents' in paused && paused.chargedCents).toBeGreaterThan(100)
  expect(await world.engine.limits.of(client)).toEqual({ spentTodayCents: 0 })
})

it('[B7, B15] a new day moves the end, and the last minute is prompted for again', async () => {
  const { world } = await shortlyBeforeMidnight(70_000, 375)
  await world.clock.advance(70_000)
  expect(world.announced('low')).toHaveLength(1)
  await world.clock.advance(29_000)
  expect(world.announced('low')).toHaveLength(1)
  await world.clock.advance(2_000)
  expect(world.announced('low')).toHaveLength(2)
})

it('[B14] a limit below what is used leaves no seconds, and never fewer than none', async () => {
  const { world, client, id, find } = await shortlyBeforeMidnight(DAY, undefined)
  await world.clock.advance(30_100)
  await world.topUp(client, 500)
  await world.engine.limits.setForSession(client, id, 1)
  await world.clock.advance(1)
  expect(await find()).toMatchObject({ endReason: 'limit_reached', chargedCents: 125 })
  for (const { clock } of world.announced('clock')) expect(clock.secondsLeft).toBeGreaterThanOrEqual(0)
  for (const { secondsLeft } of world.announced('low')) expect(secondsLeft).toBeGreaterThanOrEqual(0)
})

it('[B4] a lower limit does not make a free unfinished minute cost anything', async () => {
  const world = await createWorld({ terms: { partialMinute: 'free' } })
  const client = await world.client('Ana', 5_000)
  const reader = await world.reader('Mara', 250)
  const talk = await world.talk(client, reader)
  await world.clock.advance(2 * MINUTE + 30_000)
  await talk.beat('client', 'interrupted')
  await world.engine.limits.setForSession(client, talk.id, 550)
  expect(await world.engine.sessions.end(client, talk.id)).toMatchObject({ chargedCents: 500 })
})
