/** Tests amounts as people type and read them. */
import { describe, expect, it } from 'vitest'
import { askThousands, formatCents, parseDollars } from '../../shared/money.ts'
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
    ['1,000.50', 100_050],
    ['$1,843.50', 184_350],
    ['1.000,50', 100_050],
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
    '1,000.5',
    '1,000,50',
    '1.000.50',
    '10,00.50',
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
        const european = formatCents(cents).replace(/[.,]/g, (mark) => (mark === '.' ? ',' : '.'))
        expect(parseDollars(european)).toBe(cents)
      }),
    )
  })

  it.each([
    ['1,000', 'Enter 1000 for $1,000.00, or 1.00 for $1.00.'],
    ['$12.500', 'Enter 12500 for $12,500.00, or 12.50 for $12.50.'],
    ['2.505', 'Enter 2505 for $2,505.00, or 2.50 for $2.50.'],
    ['0.500', undefined],
    ['1,00', undefined],
    ['1,000.50', undefined],
    ['two', undefined],
  ])('%j, if it can be read in two ways, is asked about', (text, words) => {
    expect(askThousands(text)).toBe(words)
  })
})

it.each([
  [0, '$0.00'],
  [99_999, '$999.99'],
  [100_000, '$1,000.00'],
  [-184_350, '-$1,843.50'],
  [123_456_789_05, '$123,456,789.05'],
])('%d cents are shown as %s', (cents, shown) => {
  expect(formatCents(cents)).toBe(shown)
})
