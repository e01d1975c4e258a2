/** Tests the patches by which a record names the changes of a long list. */
import { describe, expect, it } from 'vitest'
import { applyPatch, patchText } from '../../../../adapters/store/journal/patch.ts'
import fc from '../../../support/properties.ts'

type Fields = Record<string, unknown>

const change = (before: object, after: object) => {
  const { text, format } = patchText(before, after)
  return { text, format }
}
const applied = (before: object, text: string) => applyPatch(before, text === '' ? {} : JSON.parse(text))

const pausesOf = (count: number) => Array.from({ length: count }, (_, n) => ({ from: n, to: n + 1 }))

/** Returns a list too long to be rewritten for a change of one element. */
const longList = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: `topup-${n}`, note: 'n'.repeat(400), parts: [{ n }] }))

/** Reads a patch as builds did that know format 1 alone. */
function readByFormat1(before: object, patch: Fields): Fields {
  const after: Fields = { ...before }
  for (const [field, value] of Object.entries(patch)) {
    const mark = field.indexOf('@')
    if (mark > 0) {
      const name = field.slice(0, mark)
      const from = Number(field.slice(mark + 1))
      const list = after[name]
      if (!Array.isArray(list) || list.length < from || !Array.isArray(value)) throw new Error('does not fit')
      after[name] = [...list.slice(0, from), ...value]
    } else if (value === null) delete after[field]
    else after[field] = value
  }
  return after
}

describe('a change of a list', () => {
  it('costs the same for its last element, however long the list is', () => {
    const closing = (count: number) => {
      const pauses = pausesOf(count)
      return change({ pauses: [...pauses, { from: 7 }] }, { pauses: [...pauses, { from: 7, to: 8 }] })
    }
    expect(closing(999)).toEqual({ text: '{"pauses@999":[{"from":7,"to":8}]}', format: 1 })
    expect(closing(999).text).toHaveLength(closing(100).text.length)
  })

  it('rewrites what is short from the first element that differs, and ends the list where it ends now', () => {
    const [one, two, three] = pausesOf(3)
    expect(change({ pauses: [one, two, three] }, { pauses: [one, { from: 9 }] })).toEqual({
      text: '{"pauses@1":[{"from":9}]}',
      format: 1,
    })
    expect(change({ pauses: [one, two] }, { pauses: [two] }).text).toBe('{"pauses":[{"from":1,"to":2}]}')
    expect(applied({ pauses: [one, two, three] }, '{"pauses@1":[]}')).toEqual({ pauses: [one] })
  })

  it('names an early element of a long list, and of that only what changed', () => {
    const list = longList(50)
    const after = list.map((each, n) => (n === 7 ? { ...each, cents: 5 } : each))
    expect(change({ list }, { list: after })).toEqual({ text: '{"list@7":{"cents":5}}', format: 2 })
    expect(applied({ list }, '{"list@7":{"cents":5}}')).toEqual({ list: after })
  })

  it('names each element that changed, down to a list within it, and what came to the end or was cut off', () => {
    const list = longList(50)
    const edited = list.map((each, n) =>
      n === 3
        ? { id: each.id, parts: [...each.parts, { n: 9 }] }
        : n === 20
          ? { ...each, id: 'other' }
          : { ...each },
    )
    const named = '"list@3":{"parts@1":[{"n":9}],"note":null},"list@20":{"id":"other"}'
    expect(change({ list }, { list: edited })).toEqual({ text: `{${named}}`, format: 2 })
    expect(change({ list }, { list: [...edited, { id: 'new' }] }).text).toBe(
      `{${named},"list@50":[{"id":"new"}]}`,
    )
    expect(change({ list }, { list: edited.slice(0, 40) }).text).toBe(`{${named},"list@40":[]}`)
  })

  it('writes elements that moved as they are where naming them takes more', () => {
    const [first, ...list] = pausesOf(200)
    expect(change({ list: [first, ...list] }, { list })).toEqual({
      text: JSON.stringify({ list }),
      format: 1,
    })
  })

  it('writes nothing for a list, or an element, that only was made again', () => {
    const list = longList(50)
    expect(change({ list }, { list: structuredClone(list) })).toEqual({ text: '', format: 1 })
  })
})

describe('a patch of an earlier build', () => {
  it('is read as it was meant: the end of a list, or the whole of it', () => {
    expect(applied({ list: [1, 2] }, '{"list@2":[3]}')).toEqual({ list: [1, 2, 3] })
    expect(applied({ list: [1, 2] }, '{"list":[3]}')).toEqual({ list: [3] })
    expect(applied({ list: [1, 2], gone: 1 }, '{"list@0":[],"gone":null}')).toEqual({ list: [] })
  })
})

describe('a patch that does not fit, or of an unknown form, is refused', () => {
  const before = { list: [{ id: 'a' }, 7], name: 'Ana' }

  it.each([
    '{"list@2":{"id":"b"}}',
    '{"list@1":{"id":"b"}}',
    '{"list@3":[]}',
    '{"list@0":null}',
    '{"list@0":"b"}',
    '{"list@0":3}',
    '{"list@-1":[]}',
    '{"list@-1":{"id":"b"}}',
    '{"list@":[]}',
    '{"list@00":[]}',
    '{"list@1e0":[]}',
    '{"list@0.5":[]}',
    '{"list@0@0":{"id":"b"}}',
    '{"list@x":{"id":"b"}}',
    '{"list@0":{"id@0":[]}}',
    '{"name@0":[]}',
    '{"name@0":{"id":"b"}}',
    '{"other@0":[]}',
    '[]',
    '"list"',
    'null',
  ])('%s', (text) => {
    expect(() => applied(before, text)).toThrow(expect.objectContaining({ name: 'BrokenInvariant' }))
  })

  it('and so is a field whose name would be taken for a change of a list', () => {
    expect(() => change({}, { 'list@0': 1 })).toThrow('list@0')
  })
})

describe('a patch reads back as what it was made of', () => {
  const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.string({ maxLength: 8 }))
  const name = fc.constantFrom('id', 'cents', 'status', 'list', 'parts')
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      scalar,
      tie('list'),
      tie('record'),
      fc.constantFrom('x'.repeat(600)),
    ),
    list: fc.array(tie('value'), { maxLength: 6 }),
    record: fc.dictionary(
      fc.oneof({ weight: 9, arbitrary: name }, { weight: 1, arbitrary: fc.constant('a@0') }),
      tie('value'),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
  }))
  const fields = fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true })

  it('whatever both are', () => {
    fc.assert(
      fc.property(fields, fields, (before, after) => {
        const { text, format } = change(before, after)
        expect(applied(before, text)).toEqual(after)
        if (format === 1 && text !== '') expect(readByFormat1(before, JSON.parse(text))).toEqual(after)
      }),
    )
  })

  const part = fc.record(
    { n: fc.nat(9), status: fc.constantFrom('asked', 'made') },
    { noNullPrototype: true },
  )
  const record = fc.record(
    {
      id: fc.uuid(),
      cents: fc.nat(),
      note: fc.constant('n'.repeat(300)),
      parts: fc.array(part, { maxLength: 40 }),
    },
    { requiredKeys: ['id'], noNullPrototype: true },
  )
  const edit = fc.record({
    kind: fc.constantFrom('replace', 'set', 'move on', 'add', 'insert', 'remove', 'cut'),
    at: fc.nat(30),
    to: record,
  })
  type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never

  function edited(list: readonly object[], { kind, at, to }: Edit): readonly object[] {
    if (kind === 'add') return [...list, to]
    if (kind === 'insert') return list.toSpliced(at, 0, to)
    if (kind === 'remove') return list.toSpliced(at, 1)
    if (kind === 'cut') return list.slice(0, at)
    return list.map((each, n) => {
      if (n !== at) return each
      if (kind === 'replace') return to
      if (kind === 'set') return { ...each, cents: at }
      const parts = 'parts' in each && Array.isArray(each.parts) ? each.parts : []
      return { ...each, parts: [...parts.slice(1), { n: at, status: 'made' }] }
    })
  }

  it('after any edits of a list of records, for an older build too where it says so', () => {
    const formats = new Set<number>()
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 30 }),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        (list, edits) => {
          const before = { id: 'ana', topUps: list }
          const after = { id: 'ana', topUps: edits.reduce(edited, list) }
          const { text, format } = change(before, after)
          expect(applied(before, text)).toEqual(after)
          const older = () => readByFormat1(before, text === '' ? {} : JSON.parse(text))
          if (format === 1) expect(older()).toEqual(after)
          else expect(older).toThrow('does not fit')
          formats.add(format)
        },
      ),
    )
    expect(formats).toEqual(new Set([1, 2]))
  })
})
