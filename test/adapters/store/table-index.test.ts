/** Tests the indexes of a table. */
import { expect, it } from 'vitest'
import { createTableIndex } from '../../../adapters/store/table-index.ts'

interface Book {
  readonly tags: readonly string[]
}

const book = (...tags: string[]): Book => ({ tags })

function open() {
  const index = createTableIndex<Book>(({ tags }) => tags)
  return { index, ids: (value: string) => [...index.ids(value)] }
}

it('finds records by what they hold, several under one value', () => {
  const { index, ids } = open()
  index.change('a', undefined, book('red', 'old'))
  index.change('b', undefined, book('red'))
  expect(ids('red')).toEqual(['a', 'b'])
  expect(ids('old')).toEqual(['a'])
  expect(ids('blue')).toEqual([])
})

it('follows a record that changes, and forgets one that is gone', () => {
  const { index, ids } = open()
  index.change('a', undefined, book('red', 'old'))
  index.change('b', undefined, book('red'))
  index.change('a', book('red', 'old'), book('old', 'blue'))
  expect([ids('red'), ids('old'), ids('blue')]).toEqual([['b'], ['a'], ['a']])
  index.change('a', book('old', 'blue'), undefined)
  index.change('b', book('red'), undefined)
  expect([ids('red'), ids('old'), ids('blue')]).toEqual([[], [], []])
})

it('does not take away what another record holds as well', () => {
  const { index, ids } = open()
  index.change('a', undefined, book('red'))
  index.change('b', book('red'), undefined)
  expect(ids('red')).toEqual(['a'])
})
