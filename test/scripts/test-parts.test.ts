/** Tests that the parts of the suite cover every test file once, and how its tests wait. */
import { readFileSync } from 'node:fs'
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

it('no test waits by vi.waitFor itself, which gives up after a second', () => {
  const byItself = testFiles().filter((file) => /\bvi\.waitFor\(/.test(readFileSync(file, 'utf8')))
  expect(byItself.filter((file) => !file.startsWith('test/scripts/'))).toEqual([])
})
