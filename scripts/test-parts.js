/** Divides the test files into parts, so that `npm test -- store` runs the corner that a change touches. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './setup.js'

/** Where each part's tests are: a file belongs to the part with the longest beginning that fits it. */
export const PARTS = {
  store: ['test/adapters/'],
  meter: ['test/domain/', 'test/engine/', 'test/simulation/', 'test/process/billing-table', 'test/shared/'],
  money: [
    'test/adapters/payments',
    'test/adapters/stripe-contract',
    'test/adapters/stray-payments',
    'test/e2e/payments',
    'test/engine/card-testing',
    'test/engine/failure-cases',
    'test/engine/money-both-ways',
    'test/engine/returns',
    'test/engine/saved-cards',
    'test/engine/sweep-schedule',
    'test/engine/takings',
    'test/engine/wallet',
    'test/process/admin',
    'test/routes/',
    'test/standin/',
  ],
  doors: ['test/boundary/', 'test/doors/', 'test/security/', 'test/adapters/admin-door'],
  call: [
    'test/adapters/relay',
    'test/browser/call',
    'test/browser/chat',
    'test/e2e/call',
    'test/e2e/devices',
    'test/e2e/network',
    'test/e2e/relay',
    'test/e2e/restart',
  ],
  cuts: ['test/e2e/cuts.spec', 'test/support/cuts/'],
  'cuts-paths': ['test/e2e/cuts-paths'],
  'cuts-events': ['test/e2e/cuts-events'],
  hidden: ['test/e2e/hidden'],
  pages: ['test/browser/', 'test/e2e/'],
  operations: [
    'test/operations/',
    'test/process/',
    'test/bench/',
    'test/scripts/',
    'test/layers',
    'test/settings',
  ],
}

/** Returns the path of every test file, from the root of the checkout. */
export function testFiles() {
  return readdirSync(join(ROOT, 'test'), { recursive: true })
    .map((name) => `test/${name}`)
    .filter((name) => /\.(test|spec)\.ts$/.test(name))
    .sort()
}

/**
 * Returns the part that a test file belongs to.
 * @param {string} file
 */
export function partOf(file) {
  const fits = Object.entries(PARTS).flatMap(([part, beginnings]) =>
    beginnings.filter((beginning) => file.startsWith(beginning)).map((beginning) => ({ part, beginning })),
  )
  return fits.sort((one, other) => other.beginning.length - one.beginning.length)[0]?.part
}

/**
 * Returns the test files that the words name, each a part or a piece of a path; all of them without a word.
 * @param {readonly string[]} words
 */
export function filesFor(words) {
  const files = testFiles()
  if (words.length === 0) return files
  return files.filter((file) =>
    words.some((word) => (word in PARTS ? partOf(file) === word : file.includes(word))),
  )
}
