/** Tests the formats of times, amounts and names. */
import { describe, expect, it } from 'vitest'
import {
  formatClock,
  formatLeft,
  formatMinutesFor,
  formatRate,
  formatSpan,
  initials,
  shadeOf,
} from '../../../browser/lib/format.ts'

describe('how time and money are written', () => {
  it.each([
    [0, '00:00'],
    [59.9, '00:59'],
    [724, '12:04'],
    [7_205, '120:05'],
    [-3, '00:00'],
  ])('writes %s seconds on the timer as %s', (seconds, text) => expect(formatClock(seconds)).toBe(text))

  it.each([
    [236, '03:56'],
    [5_999, '99:59'],
    [6_000, '1 h 40 min'],
    [86_400, '24 h 0 min'],
  ])('writes %s seconds that are left as %s', (seconds, text) => expect(formatLeft(seconds)).toBe(text))

  it.each([
    [0, '0 s'],
    [45, '45 s'],
    [60, '1 min'],
    [95, '1 min 35 s'],
  ])('writes a span of %s seconds as %s', (seconds, text) => expect(formatSpan(seconds)).toBe(text))

  it.each([
    [1_625, 250, 'about 6 minutes'],
    [250, 250, 'about 1 minute'],
    [249, 250, 'less than a minute'],
  ])('says that %s cents at %s a minute buy %s', (balance, rate, text) =>
    expect(formatMinutesFor(balance, rate)).toBe(text),
  )

  it('writes a rate', () => expect(formatRate(250)).toBe('$2.50/min'))
})

describe('the initials of a person without a picture', () => {
  it.each([
    ['Mara Lind', 'ML'],
    ['Seraphine', 'S'],
    ['  ana  maria  wolfe ', 'AW'],
    ['🔮 Luna', 'L'],
    ['🔮', '·'],
    ['𝒜lma', '𝒜'],
  ])('shortens %s to %s', (name, letters) => expect(initials(name)).toBe(letters))

  it('gives a name the same one of the tints every time', () => {
    for (const name of ['Mara Lind', 'مريم', '', '🔮']) {
      expect(shadeOf(name, 5)).toBe(shadeOf(name, 5))
      expect([0, 1, 2, 3, 4]).toContain(shadeOf(name, 5))
    }
  })
})
