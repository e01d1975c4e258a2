/** Tests what a seat keeps when its page reconnects. */
import { expect, it } from 'vitest'
import { newAccount } from '../../../domain/proof.ts'
import { type ProvingSeat, proves, seatLeft, seatTaken } from '../../../engine/sessions/seats.ts'

const SEAT: ProvingSeat = {
  kind: 'proving',
  holder: 'socket 1',
  tab: 'tab',
  state: 'connected',
  beatAt: 1_000,
  account: newAccount(0),
  sentMs: 0,
  waitedMs: 0,
  askedAt: 2_000,
  askedLastAt: 3_000,
}

it.each([
  ['its connection has closed', seatLeft(SEAT, 'cut')],
  ['its old connection is still open', SEAT],
])('a page that reconnects after %s has no question open, and is not asked again at once', (_, before) => {
  const seat = seatTaken(before, 'socket 2', 'tab', 4_000)
  expect(seat).toMatchObject({ kind: 'proving', askedAt: 0, askedLastAt: 3_000 })
})

it('a page that replaces another has yet to prove anything', () => {
  expect(proves(seatTaken(seatLeft(SEAT, 'cut'), 'socket 2', 'another tab', 4_000))).toBe(false)
})
