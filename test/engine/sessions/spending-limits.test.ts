/** Tests the limits that a client sets. */
import { describe, expect, it } from 'vitest'
import { createWorld, MINUTE } from '../../support/world.ts'

const setUp = async (freeMs = 0) => {
  const world = await createWorld({ terms: { freeMs } })
  const client = await world.client('Ana', 5_000)
  const reader = await world.reader('Mara', 250)
  return { world, client, reader, ...world.engine }
}

const refused = (code: string) => expect.objectContaining({ code })

describe('limits', () => {
  it('[B14] a session stops at the client’s limit, with the rest of the balance untouched', async () => {
    const { world, client, reader, limits, sessions } = await setUp()
    const talk = await world.talk(client, reader)
    await limits.setForSession(client, talk.id, 600)
    await world.clock.advance(10 * MINUTE)
    const ended = await sessions.find(client, talk.id)
    expect(ended).toMatchObject({ endReason: 'limit_reached', chargedCents: 600, billedMs: 144_000 })
    expect(await world.balance(client)).toBe(4_400)
    expect(world.announced('low')).toHaveLength(1)
  })

  it('[B14] may be set when ringing, raised while it runs, and taken away', async () => {
    const { world, client, reader, limits, sessions } = await setUp()
    const { id } = await sessions.request(client, { readerId: reader.id, kind: 'chat', limitCents: 500 })
    await sessions.cancel(client, id)
    const talk = await world.talk(client, reader)
    await limits.setForSession(client, talk.id, 500)
    await world.clock.advance(MINUTE)
    await limits.setForSession(client, talk.id, 750)
    await world.clock.advance(MINUTE)
    await limits.setForSession(client, talk.id, undefined)
    await world.clock.advance(MINUTE)
    expect(await sessions.find(client, talk.id)).toMatchObject({ status: 'live', chargedCents: 750 })
  })

  it('[B14] lowered below what is spent, it ends the session at once, and takes no more', async () => {
    const { world, client, reader, limits, sessions } = await setUp()
    const talk = await world.talk(client, reader)
    await world.clock.advance(2 * MINUTE)
    await limits.setForSession(client, talk.id, 100)
    await world.clock.advance(1)
    expect(await sessions.find(client, talk.id)).toMatchObject({
      endReason: 'limit_reached',
      chargedCents: 500,
    })
  })

  it('[B15] a day’s limit ends a session, and refuses the next one until tomorrow', async () => {
    const { world, client, reader, limits, sessions } = await setUp()
    await limits.setDaily(client, 600)
    const talk = await world.talk(client, reader)
    await world.clock.advance(10 * MINUTE)
    expect(await sessions.find(client, talk.id)).toMatchObject({
      endReason: 'limit_reached',
      chargedCents: 600,
    })
    expect(await limits.of(client)).toEqual({ spentTodayCents: 600, dailyLimitCents: 600 })
    await expect(sessions.request(client, { readerId: reader.id, kind: 'chat' })).rejects.toEqual(
      refused('limit_reached'),
    )
    await world.clock.advance(24 * 60 * MINUTE)
    await world.engine.presence.setAvailable(reader, true)
    await expect(sessions.request(client, { readerId: reader.id, kind: 'chat' })).resolves.toMatchObject({
      rateCents: 250,
    })
  })

  it('[B12] a limit below one minute’s rate refuses the session', async () => {
    const { client, reader, sessions } = await setUp()
    const ring = sessions.request(client, { readerId: reader.id, kind: 'chat', limitCents: 249 })
    await expect(ring).rejects.toThrow('The first minute with Mara costs $2.50. Your own limit leaves $2.49.')
  })

  it('[B14] no person sets the limit of another person’s session', async () => {
    const { world, client, reader, limits } = await setUp()
    const talk = await world.talk(client, reader)
    const other = await world.client('Eve', 1_000)
    await expect(limits.setForSession(other, talk.id, 300)).rejects.toEqual(refused('forbidden'))
    await expect(limits.setForSession(other, 'nothing', 300)).rejects.toEqual(refused('not_found'))
  })
})

describe('the free seconds', () => {
  it('[B13] the first two short sessions of a day are free, the third is not', async () => {
    const { world, client, reader, sessions } = await setUp(15_000)
    const charged: number[] = []
    for (let number = 0; number < 3; number += 1) {
      const talk = await world.talk(client, reader)
      await world.clock.advance(10_000)
      charged.push((await sessions.end(client, talk.id)).chargedCents)
    }
    expect(charged).toEqual([0, 0, 41])
    expect(await world.balance(client)).toBe(5_000 - 41)
  })
})
