/** Faults that the simulation, or work on it, has found, each as small as it could be made. */
import { afterEach, expect, it, vi } from 'vitest'
import { Refusal } from '../../domain/errors.ts'
import { createWorld, HEARTBEAT_TIMEOUT, MINUTE } from '../support/world.ts'

const disk = vi.hoisted(() => ({ isFull: false }))

/** The real store, which refuses every change while the disk is said to be full. */
vi.mock('../../adapters/store.ts', async (original) => {
  const real = await original<typeof import('../../adapters/store.ts')>()
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

/** A session at $2.50 whose two people are last heard two seconds before its first minute is over. */
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

it('[B10, S7] a process that was held up for minutes bills none of the minutes in which nobody was heard', async () => {
  const { world, client, find } = await silentBeforeTheMinute()
  await world.clock.leap(3 * MINUTE)
  // The minute that was complete before the silence would have been noticed stays charged; the two after it never were.
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
])('[B10] somebody leaves while the disk is full %s: the wait is free all the same', async (_, comesBack) => {
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
