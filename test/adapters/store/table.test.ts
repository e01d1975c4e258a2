/** Tests the declaration of a table. */
import { expect, test } from 'vitest'
import { createTable } from '../../../adapters/store/table.ts'

test('a table keeps the order of coming, and a place stays with its id', () => {
  const table = createTable<string>()
  for (const id of ['a', 'b', 'c']) table.set(id, `${id}1`)
  const place = table.placeOf('b')
  table.set('b', 'b2')
  expect(table.placeOf('b')).toBe(place)
  expect([...table.values()]).toEqual(['a1', 'b2', 'c1'])
  table.replaceAt(place ?? -1, 'b3')
  expect(table.get('b')).toBe('b3')
  expect(table.size).toBe(3)
})

test('a copy is of its instant', () => {
  const table = createTable<string>()
  table.set('a', 'a1')
  const copy = table.copy()
  table.set('a', 'a2')
  table.set('b', 'b1')
  expect(copy).toEqual(['a1'])
})

test('only what came last is taken out, and its id may come again', () => {
  const table = createTable<string>()
  for (const id of ['a', 'b']) table.set(id, id)
  expect(() => table.removeLast('a')).toThrow('did not come last')
  table.removeLast('b')
  expect(table.get('b')).toBeUndefined()
  expect(() => table.at(1)).toThrow('there is no value')
  expect(() => table.replaceAt(1, 'x')).toThrow('there is no value')
  table.set('b', 'again')
  expect([...table.values()]).toEqual(['a', 'again'])
})
