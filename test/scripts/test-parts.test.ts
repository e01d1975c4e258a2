/** Tests that the parts of the suite cover every test file once. */
import { expect, it } from 'vitest'
import { filesFor, PARTS, partOf, testFiles } from '../../scripts/test-parts.js'

it('every test file belongs to a part, so that the parts together are the whole suite', () => {
  expect(testFiles().filter((file) => partOf(file) === undefined)).toEqual([])
  const inParts = Object.keys(PARTS).flatMap((part) => filesFor([part]))
  expect(inParts.sort()).toEqual(testFiles())
})

it('a word that is no part means the files whose path holds it', () => {
  expect(filesFor(['store-kill'])).toEqual(['test/adapters/store/store-kill.slow.test.ts'])
  expect(filesFor(['no such file'])).toEqual([])
})
