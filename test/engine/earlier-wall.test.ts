/** Tests a wall clock that was set back over a restart. */
import { expect, it } from 'vitest'
import { createWorld } from '../support/world.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const BACK = -400 * DAY_MS

const begin = async () => {
  const world = await createWorld()
  const client = await world.client('Ana', 2_000)
  const reader = await world.reader('Mara', 250)
  return { world, client, reader }
}

it('a request that rang when the clock was set back over a restart rings for its time, and is missed', async () => {
  const { world, client, reader } = await begin()
  const { id } = await world.engine.sessions.request(client, { readerId: reader.id, kind: 'chat' })
  await world.crash(BACK)
  await world.clock.advance(60_000)
  expect(await world.engine.sessions.find(client, id)).toMatchObject({ endReason: 'missed' })
  expect(await world.engine.sessions.openOf(client.id)).toBeUndefined()
})

it('an accepted session that is never joined ends, and the two are free', async () => {
  const { world, client, reader } = await begin()
  const { id } = await world.engine.sessions.request(client, { readerId: reader.id, kind: 'chat' })
  await world.engine.sessions.accept(reader, id)
  await world.crash(BACK)
  await world.clock.advance(120_000)
  expect(await world.engine.sessions.find(client, id)).toMatchObject({ endReason: 'never_connected' })
})

it('a running session keeps its length, and every instant of it lies in order', async () => {
  const { world, client, reader } = await begin()
  const talk = await world.talk(client, reader)
  await world.clock.advance(90_000)
  await world.crash(BACK)
  await talk.rejoin('client')
  await talk.rejoin('reader')
  for (let seconds = 0; seconds < 30; seconds += 3) {
    await world.clock.advance(3_000)
    for (const who of ['client', 'reader'] as const) await talk.beat(who)
  }
  const ended = await world.engine.sessions.end(client, talk.id)
  expect(ended.billedMs).toBeGreaterThanOrEqual(110_000)
  expect(ended.billedMs).toBeLessThanOrEqual(120_000)
  const { requestedAt, acceptedAt = 0, startedAt = 0, endedAt, pauses, charges } = ended
  const instants = [
    requestedAt,
    acceptedAt,
    startedAt,
    ...pauses.flatMap(({ from, to = 0 }) => [from, to]),
    endedAt,
  ]
  expect(instants).toEqual([...instants].sort((a, b) => a - b))
  expect(charges.every(({ at }) => at >= startedAt && at <= endedAt)).toBe(true)
})
