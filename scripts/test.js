/**
 * `npm test`: installs what the tests need and runs them, static checks beside them. `npm test --
 * store` runs one part or the files whose path holds the word, `-t NAME` only tests of that name.
 * `npm run test:long` runs every enumeration whole.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { staticChecks } from './check.js'
import { buildIfStale, install, installTestPrograms, main, packaged, ROOT, StepFailed } from './setup.js'
import { filesFor, PARTS } from './test-parts.js'
import { printFailures, printTimes, processorSeconds, REPORTS, readReports } from './test-report.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'test-name': { type: 'string', short: 't' },
    times: { type: 'boolean', default: false },
  },
})
const isLong = process.env.TEST_LONG === '1'
const seed = process.env.TEST_SEED ?? new Date().toISOString().slice(0, 10).replaceAll('-', '')

/** @typedef {{ name: string, seconds: number, isOk: boolean }} Step */

await main(async () => {
  const files = filesFor(positionals)
  if (files.length === 0) {
    throw new StepFailed(
      2,
      `No test file is meant by "${positionals.join(' ')}". Parts: ${Object.keys(PARTS).join(', ')}.`,
    )
  }
  const processorBefore = processorSeconds()
  /** @type {Step[]} */
  const steps = []
  await timed(steps, 'install packages', install)
  if (files.some(isBrowserTest)) await timed(steps, 'install programs', installTestPrograms)
  await timed(steps, 'build', buildIfStale)
  rmSync(REPORTS, { recursive: true, force: true })
  mkdirSync(REPORTS, { recursive: true })
  const isWhole = positionals.length === 0
  steps.push(...(await Promise.all([isWhole ? checks() : [], nodeTests(files, isWhole)])).flat())
  steps.push(...(await browserTests(files)))

  const results = readReports()
  if (values.times) printTimes(steps, results, processorSeconds() - processorBefore)
  printFailures(steps, results, { seed, isLong })
  console.log(
    `Samples of seed ${seed}; the same ones again: TEST_SEED=${seed} npm ${isLong ? 'run test:long' : 'test'}`,
  )
  const count = (/** @type {string} */ status) => results.filter((result) => result.status === status).length
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`)
  if (steps.some(({ isOk }) => !isOk)) throw new StepFailed(1)
})

/** @param {string} file */
function isBrowserTest(file) {
  return file.endsWith('.spec.ts')
}

/**
 * @param {Step[]} steps
 * @param {string} name
 * @param {() => Promise<void>} step
 */
async function timed(steps, name, step) {
  const startedAt = performance.now()
  await step()
  steps.push({ name, seconds: (performance.now() - startedAt) / 1_000, isOk: true })
}

/** Runs the static checks one after the other. */
async function checks() {
  /** @type {Step[]} */
  const steps = []
  for (const [name, program, args] of staticChecks()) steps.push(await runBeside(name, program, args))
  return steps
}

/**
 * Runs the tests that need no browser; `isWhole` when nothing was left out.
 * @param {readonly string[]} files
 * @param {boolean} isWhole
 */
async function nodeTests(files, isWhole) {
  const own = files.filter((file) => !isBrowserTest(file))
  if (own.length === 0) return []
  const args = ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${join(REPORTS, 'node.json')}`]
  if (values['test-name']) args.push('-t', values['test-name'])
  return [await runBeside('node tests', packaged('vitest'), [...args, ...(isWhole ? [] : own)])]
}

/**
 * Runs the tests that need a browser. In a long run those that measure come last, each with the
 * machine to itself.
 * @param {readonly string[]} files
 */
async function browserTests(files) {
  const own = files.filter(isBrowserTest)
  const isApart = (/** @type {string} */ file) => isLong && /\/(cuts|hidden-tabs)/.test(file)
  return [
    ...(await browserRun(
      own.filter((file) => !isApart(file)),
      [],
      'browser.json',
    )),
    ...(await browserRun(own.filter(isApart), ['--workers=1'], 'browser-measuring.json')),
  ]
}

/**
 * @param {readonly string[]} files
 * @param {readonly string[]} more
 * @param {string} report
 */
async function browserRun(files, more, report) {
  if (files.length === 0) return []
  const args = ['test', '--reporter=list,json', '--pass-with-no-tests', ...more]
  if (values['test-name']) args.push('-g', values['test-name'])
  return [
    await runBeside('browser tests', packaged('playwright'), [...args, ...files], {
      PLAYWRIGHT_JSON_OUTPUT_NAME: join(REPORTS, report),
    }),
  ]
}

/**
 * Runs a program beside others: its lines carry its name, and a failure is part of what is
 * returned.
 * @param {string} name
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} [more] of the environment
 * @returns {Promise<Step>}
 */
function runBeside(name, program, args, more = {}) {
  const startedAt = performance.now()
  const env = { ...process.env, TEST_SEED: seed, ...more }
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const output of [child.stdout, child.stderr]) {
    createInterface(output).on('line', (line) => console.log(`${name} │ ${line}`))
  }
  return new Promise((resolve) => {
    const end = (/** @type {boolean} */ isOk) =>
      resolve({ name, seconds: (performance.now() - startedAt) / 1_000, isOk })
    child.once('error', (error) => {
      console.error(`${name} │ ${program} could not be started: ${error.message}`)
      end(false)
    })
    child.once('close', (code) => end(code === 0))
  })
}
