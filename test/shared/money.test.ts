/** Tests amounts as people type and read them. */
import { describe, expect, it } from 'vitest'
import { formatCents, parseDollars } from '../../shared/money.ts'
import fc from '../support/properties.ts'

describe('dollars as people type them', () => {
  it.each([
    ['2', 200],
    ['$2.5', 250],
    ['2.50', 250],
    ['2,50', 250],
    ['12,5', 1_250],
    [' 7.05 ', 705],
    ['２．５０', 250],
    ['２，５', 250],
    ['＄3', 300],
    ['٢٫٥٠', 250],
    ['۱۲', 1_200],
  ])('%j are so many cents', (text, cents) => {
    expect(parseDollars(text)).toBe(cents)
  })

  it.each([
    '',
    '.',
    ',5',
    '2,',
    '2.505',
    '1,000',
    '1.000',
    '1,000.50',
    '2..5',
    '2,5.0',
    '-2',
    '+2',
    '2e3',
    '1234567',
    'two',
    '٢٫',
  ])('%j are none', (text) => {
    expect(parseDollars(text)).toBeUndefined()
  })

  it('are read back from what is shown', () => {
    fc.assert(
      fc.property(fc.nat(99_999_999), (cents) => {
        expect(parseDollars(formatCents(cents))).toBe(cents)
        expect(parseDollars(formatCents(cents).replace('.', ','))).toBe(cents)
      }),
    )
  })
})
