/** Tests the list of readers. */
import { describe, expect, it } from 'vitest'
import { inOrder, inPlace, isInOrder, matching, sayBuys, whyNot } from '../../../browser/dashboard/readers.ts'
import type { ReaderStatus, ReaderView } from '../../../shared/protocol/views.ts'

const reader = (name: string, status: ReaderStatus, rateCents = 250): ReaderView => ({
  id: name.toLowerCase(),
  name,
  status,
  rateCents,
})
const names = (readers: readonly ReaderView[]) => readers.map(({ name }) => name)

describe('the list of readers', () => {
  it('begins with those who are available, then those in a session, by name among equals', () => {
    const readers = [
      reader('Zoe', 'offline'),
      reader('Theo', 'busy'),
      reader('Mara', 'available'),
      reader('Ada', 'available'),
    ]
    expect(names(inOrder(readers))).toEqual(['Ada', 'Mara', 'Theo', 'Zoe'])
  })

  it('knows if its order would change if it were drawn again', () => {
    expect(isInOrder([reader('Ada', 'available'), reader('Mara', 'busy')])).toBe(true)
    expect(isInOrder([reader('Ada', 'offline'), reader('Mara', 'busy')])).toBe(false)
  })

  it.each([
    ['', ['Élodie Brault', 'Mara Lind']],
    ['elodie', ['Élodie Brault']],
    ['  LIND ', ['Mara Lind']],
    ['tarot mara', ['Mara Lind']],
    ['a', ['Élodie Brault', 'Mara Lind']],
    ['nobody', []],
  ])('searched for %j', (wanted, expected) => {
    const readers = [
      { ...reader('Élodie Brault', 'available'), speciality: 'Astrology' },
      { ...reader('Mara Lind', 'busy'), speciality: 'Tarot' },
    ]
    expect(names(matching(readers, wanted))).toEqual(expected)
  })

  it('changes in place, so that nothing moves under a finger', () => {
    const shown = [reader('Mara', 'available'), reader('Theo', 'busy')]
    const fresh = [reader('Theo', 'available'), reader('Mara', 'offline')]
    expect(inPlace(shown, fresh)).toEqual([reader('Mara', 'offline'), reader('Theo', 'available')])
  })

  it('takes new readers in at the end and lets go of those who left', () => {
    const shown = [reader('Mara', 'available'), reader('Theo', 'busy')]
    const fresh = [reader('Ada', 'offline'), reader('Bea', 'available'), reader('Theo', 'busy')]
    expect(names(inPlace(shown, fresh))).toEqual(['Theo', 'Bea', 'Ada'])
  })
})

const FREE = { hasOpenSession: false, isOnHold: false }

describe('what the money buys', () => {
  it.each([
    [1_750, 250, 'Your balance buys 7 min'],
    [250, 250, 'Your balance buys 1 min'],
    [0, 250, '$20 buys 8 min'],
    [249, 4_000, '$50 buys 1 min'],
    [0, 60_000, ''],
  ])('%d cents at %d a minute', (balanceCents, rateCents, words) => {
    expect(sayBuys(balanceCents, rateCents)).toBe(words)
  })
})

describe('why a reader cannot be rung', () => {
  it('is that the account is on hold, before anything else', () => {
    expect(whyNot(reader('Mara', 'available'), 100, { hasOpenSession: true, isOnHold: true })).toEqual({
      says: 'Your account is on hold.',
      needsFunds: false,
    })
  })

  it('is nothing when the reader is available and the first minute is paid for', () => {
    expect(whyNot(reader('Mara', 'available'), 250, FREE)).toBeUndefined()
  })

  it('is the money that is missing, to the cent', () => {
    expect(whyNot(reader('Mara', 'available'), 100, FREE)).toEqual({
      says: 'Needs $2.50 for the first minute. You have $1.00.',
      needsFunds: true,
    })
  })

  it.each(['busy', 'offline'] as const)('is told of a reader who is %s, whatever the balance', (status) => {
    const reason = whyNot(reader('Mara', status), 0, FREE)
    expect(reason).toMatchObject({ says: expect.not.stringContaining('$'), needsFunds: false })
    expect(whyNot(reader('Mara', status), 5_000, FREE)).toEqual(reason)
  })

  it('is the session that is still open, before anything else', () => {
    expect(whyNot(reader('Mara', 'available'), 100, { ...FREE, hasOpenSession: true })).toEqual({
      says: expect.stringMatching(/open session/),
      needsFunds: false,
    })
  })
})
