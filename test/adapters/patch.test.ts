import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyPatch, patchText } from '../../adapters/patch.ts'

const change = (before: object, after: object): string => patchText(before, after, [])
const applied = (before: object, text: string) => applyPatch(before, text === '' ? {} : JSON.parse(text))

const pausesOf = (count: number) => Array.from({ length: count }, (_, n) => ({ from: n, to: n + 1 }))

describe('a change of a list', () => {
  it('costs the same for its last element, however long the list is', () => {
    const closing = (count: number): string => {
      const pauses = pausesOf(count)
      return change({ pauses: [...pauses, { from: 7 }] }, { pauses: [...pauses, { from: 7, to: 8 }] })
    }
    expect(closing(999)).toBe('{"pauses@999":[{"from":7,"to":8}]}')
    expect(closing(999)).toHaveLength(closing(100).length)
  })

  it('names the first element that differs, and ends the list where it ends now', () => {
    const [one, two, three] = pausesOf(3)
    expect(change({ pauses: [one, two, three] }, { pauses: [one, { from: 9 }] })).toBe(
      '{"pauses@1":[{"from":9}]}',
    )
    expect(change({ pauses: [one, two] }, { pauses: [two] })).toBe('{"pauses":[{"from":1,"to":2}]}')
    expect(applied({ pauses: [one, two, three] }, '{"pauses@1":[]}')).toEqual({ pauses: [one] })
  })

  it('is read as builds before this one wrote it: the end of a list, or the whole of it', () => {
    expect(applied({ list: [1, 2] }, '{"list@2":[3]}')).toEqual({ list: [1, 2, 3] })
    expect(applied({ list: [1, 2] }, '{"list":[3]}')).toEqual({ list: [3] })
  })

  it('reads back as what it was made of, whatever both lists share', () => {
    const pool = pausesOf(4)
    const list = fc.array(fc.constantFrom(...pool), { maxLength: 6 })
    fc.assert(
      fc.property(list, list, (before, after) => {
        expect(applied({ list: before }, change({ list: before }, { list: after }))).toEqual({ list: after })
      }),
    )
  })
})
