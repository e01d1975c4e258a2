/**
 * Divides the test files into parts, so that `npm test -- store` runs the corner that a change
 * touches.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './setup.js'

/**
 * The beginnings of each part's test paths: a file belongs to the part with the longest that fits.
 */
export const PARTS = {
  store: ['test/adapters/'],
  meter: [
    'test/domain/',
    'test/engine/',
    'test/simulation/',
    'test/operations/billing-table',
    'test/shared/',
  ],
  money: [
    'test/adapters/store/stray-payments',
    'test/adapters/stripe/',
    'test/dev/stripe/',
    'test/e2e/payments',
    'test/engine/failure-cases',
    'test/engine/accounts/earnings',
    'test/engine/payments/',
    'test/operations/admin',
    'test/routes/',
  ],
  doors: [
    'test/doors/',
    'test/http/',
    'test/security/',
    'test/sockets/',
    'test/adapters/system/admin-socket',
  ],
  call: [
    'test/adapters/turn/',
    'test/browser/call/',
    'test/browser/session/chat',
    'test/e2e/call',
    'test/e2e/devices',
    'test/e2e/network/network',
    'test/e2e/network/relay',
    'test/e2e/restart',
  ],
  cuts: ['test/e2e/network/cuts.spec', 'test/support/cuts/'],
  'cuts-paths': ['test/e2e/network/cuts-paths'],
  'cuts-events': ['test/e2e/network/cuts-events'],
  hidden: ['test/e2e/network/hidden'],
  pages: ['test/browser/', 'test/e2e/'],
  operations: [
    'test/operations/',
    'test/bench/',
    'test/scripts/',
    'test/english',
    'test/layers',
    'test/rules',
    'test/server',
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
 * Returns the test files that the words name, each a part or a piece of a path; all of them without
 * a word.
 * @param {readonly string[]} words
 */
export function filesFor(words) {
  const files = testFiles()
  if (words.length === 0) return files
  return files.filter((file) =>
    words.some((word) => (word in PARTS ? partOf(file) === word : file.includes(word))),
  )
}
