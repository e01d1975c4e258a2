/**
 * Reads what the test runners reported, and says where the time went and how to run a failed test
 * again.
 */
import { existsSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, relative } from 'node:path'
import { ROOT } from './setup.js'

export const REPORTS = join(ROOT, 'test-reports')
const SLOWEST = 25
const BROWSER_REPORTS = ['browser.json', 'browser-measuring.json']

/**
 * @typedef {{ file: string, name: string, status: 'passed' | 'failed' | 'skipped', seconds: number }} Result
 */

/**
 * Returns the result of every test that ran, from the reports of both runners.
 * @returns {Result[]}
 */
export function readReports() {
  return [...nodeResults(read('node.json')), ...BROWSER_REPORTS.flatMap((name) => browserResults(read(name)))]
}

/** @param {string} name */
function read(name) {
  const file = join(REPORTS, name)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/**
 * @param {import('vitest/reporters').JsonTestResults | undefined} report
 * @returns {Result[]}
 */
function nodeResults(report) {
  return (report?.testResults ?? []).flatMap(({ name: path, status, assertionResults }) => {
    const file = relative(ROOT, path)
    // A file that could not be loaded has no test to name.
    if (status === 'failed' && assertionResults.length === 0)
      return [{ file, name: '', status: 'failed', seconds: 0 }]
    return assertionResults.map(({ fullName, status, duration }) => ({
      file,
      name: fullName,
      status: status === 'passed' || status === 'failed' ? status : 'skipped',
      seconds: (duration ?? 0) / 1_000,
    }))
  })
}

/**
 * @param {import('@playwright/test/reporter').JSONReport | undefined} report
 * @returns {Result[]}
 */
function browserResults(report) {
  return (report?.suites ?? [])
    .flatMap((suite) => specsOf(suite))
    .map(({ file, title, tests }) => ({
      file: `test/e2e/${file}`,
      name: title,
      status: tests.some(({ status }) => status === 'unexpected')
        ? 'failed'
        : tests.every(({ status }) => status === 'skipped')
          ? 'skipped'
          : 'passed',
      seconds: tests
        .flatMap(({ results }) => results)
        .reduce((sum, { duration }) => sum + duration / 1_000, 0),
    }))
}

/**
 * @param {import('@playwright/test/reporter').JSONReportSuite} suite
 * @returns {import('@playwright/test/reporter').JSONReportSpec[]}
 */
function specsOf({ specs, suites = [] }) {
  return [...specs, ...suites.flatMap(specsOf)]
}

/**
 * Prints each failed step and test, with the command that runs it again on the same sample.
 * @param {readonly { name: string, isOk: boolean }[]} steps
 * @param {readonly Result[]} results
 * @param {{ seed: string, isLong: boolean }} how
 */
export function printFailures(steps, results, { seed, isLong }) {
  const failed = steps.filter(({ isOk }) => !isOk).map(({ name }) => name)
  if (failed.length === 0) return
  console.error(`\nFailed: ${failed.join(', ')}. What each said stands above, after its name.`)
  const command = isLong ? 'npm run test:long' : 'npm test'
  for (const { file, name } of results.filter(({ status }) => status === 'failed')) {
    const only = name === '' ? '' : ` -t '${pattern(name)}'`
    console.error(`\n  ${file}: ${name}\n    again: TEST_SEED=${seed} ${command} -- ${file}${only}`)
  }
  console.error('')
}

/**
 * Returns a regular expression that finds the name, fit for single quotes in a shell.
 * @param {string} name
 */
function pattern(name) {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", '.')
}

/**
 * Prints as a Markdown table what each step and each of the slowest files took.
 * @param {readonly { name: string, seconds: number }[]} steps
 * @param {readonly Result[]} results
 * @param {number} processor seconds of it that were used meanwhile
 */
export function printTimes(steps, results, processor) {
  const row = (/** @type {(string | number)[]} */ ...cells) => console.log(`| ${cells.join(' | ')} |`)
  row('step', 'seconds')
  row('---', '---')
  for (const { name, seconds } of steps) row(name, seconds.toFixed(1))
  row('processor, of the whole machine', processor.toFixed(0))
  console.log('')
  row('file', 'tests', 'seconds', 'slowest test', 'seconds')
  row('---', '---', '---', '---', '---')
  const sorted = [...groupByFile(results)].map(([file, own]) => ({ file, own, seconds: sum(own) }))
  for (const { file, own, seconds } of sorted.sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST)) {
    const slowest = own.reduce((one, other) => (other.seconds > one.seconds ? other : one))
    row(file, own.length, seconds.toFixed(1), slowest.name, slowest.seconds.toFixed(1))
  }
  console.log('')
}

/**
 * Returns the seconds for which the machine's processors have been busy since it started. A
 * count of the processes below this one loses those of a browser.
 */
export function processorSeconds() {
  return cpus().reduce(
    (total, { times }) => total + (times.user + times.nice + times.sys + times.irq) / 1_000,
    0,
  )
}

/** @param {readonly Result[]} results */
function groupByFile(results) {
  /** @type {Map<string, Result[]>} */
  const files = new Map()
  for (const result of results) files.set(result.file, [...(files.get(result.file) ?? []), result])
  return files
}

/** @param {readonly Result[]} results */
function sum(results) {
  return results.reduce((total, { seconds }) => total + seconds, 0)
}
