/** Tests the earnings report of a reader. */
import { expect, it } from 'vitest'
import { createWorld, MINUTE } from '../../support/world.ts'

const DAY = 24 * 60 * MINUTE

it('what a reader earned is reported in all, lately and by day, the running session today', async () => {
  const world = await createWorld()
  const ana = await world.client('Ana', 20_000)
  const mara = await world.reader('Mara', 250)
  const talkFor = async (minutes: number) => {
    const talk = await world.talk(ana, mara)
    await world.clock.advance(minutes * MINUTE)
    return talk.id
  }
  await world.engine.sessions.end(ana, await talkFor(4))
  await world.clock.leap(40 * DAY)
  await world.engine.sessions.end(ana, await talkFor(3))
  await world.clock.leap(10 * DAY)
  await world.engine.sessions.end(ana, await talkFor(2))
  await world.clock.leap(2 * DAY)
  await talkFor(1)

  const earnings = await world.engine.earningsReports.of(mara)
  expect(earnings).toMatchObject({
    totalCents: 2_500,
    todayCents: 250,
    weekCents: 750,
    weekBeforeCents: 750,
    zone: 'UTC',
  })
  expect(earnings.days).toHaveLength(30)
  expect(earnings.days.reduce((sum, { cents }) => sum + cents, 0)).toBe(1_500)
  expect(earnings.days.at(-1)).toMatchObject({ cents: 250, sessions: 1, paidMs: MINUTE })
})
