/**
 * Makes a fresh checkout ready: packages, build, and what the tests need of the machine. Uses
 * Node's own modules only, because it runs before anything is installed.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BUILT = [
  'dist/server.js',
  ...['back', 'client', 'home', 'stripe-standin', 'theme', 'timers', 'worker'].map(
    (name) => `public/${name}.js`,
  ),
  'public/style.css.br',
  'public/chunks/parts.json',
]
export const SOURCES = [
  'adapters',
  'browser',
  'dev',
  'domain',
  'engine',
  'http',
  'routes',
  'shared',
  'sockets',
]
const TEST_PROGRAMS = {
  chromium: 'chromium',
  'chromium-headless-shell': 'chromium-headless-shell',
  turnserver: 'coturn',
  ip: 'iproute2',
  nft: 'nftables',
  Xvfb: 'xvfb',
}
/** Programs that only a long run needs. */
const LONG_TEST_PROGRAMS = { firefox: 'firefox-esr' }

process.chdir(ROOT)

/**
 * A step that did not work. What went wrong has been printed by the step itself, unless `message`
 * says it.
 */
export class StepFailed extends Error {
  /**
   * @param {number} exitCode
   * @param {string} [message]
   */
  constructor(exitCode, message = '') {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * Runs `steps` and ends the process with their failure, if they fail.
 * @param {() => Promise<void>} steps
 */
export async function main(steps) {
  try {
    await steps()
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    if (error.message) console.error(error.message)
    process.exit(error.exitCode)
  }
}

/**
 * Runs a program to its end; signals reach it. Rejects with {@link StepFailed} when it fails.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<void>}
 */
export function run(program, args, env = process.env) {
  const child = spawn(program, args, { stdio: 'inherit', env })
  const unforward = forwardSignals(child)
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new StepFailed(1, `${program} could not be started: ${error.message}`)),
    )
    child.once('exit', (code, signal) => {
      unforward()
      if (code === 0) resolve()
      else reject(new StepFailed(signal ? exitCodeOf(signal) : (code ?? 1)))
    })
  })
}

/**
 * Passes on the signals that ask this process to stop; returns a function that ends this.
 * @param {import('node:child_process').ChildProcess} child
 */
function forwardSignals(child) {
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => void child.kill(signal)
  process.on('SIGINT', forward).on('SIGTERM', forward)
  return () => void process.off('SIGINT', forward).off('SIGTERM', forward)
}

/**
 * Returns a program that our packages bring along.
 * @param {string} name
 */
export function packaged(name) {
  return join(ROOT, 'node_modules', '.bin', name)
}

/** Installs the packages of the lock file, unless exactly those are there. */
export async function install() {
  if (isInstalled()) return
  console.log('Installing packages…')
  const npm = process.env.npm_execpath
  // The build needs the development packages, which NODE_ENV=production would leave out.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund']
  if (npm) await run(process.execPath, [npm, ...args])
  else await run('npm', args)
}

/** Builds the server and the pages, unless what is there is newer than every source. */
export async function buildIfStale() {
  if (isBuilt()) return
  console.log('Building…')
  await build()
}

/** Builds the server into dist/, the pages' scripts and their style into public/. */
export async function build() {
  // A build with mistakes must not look like a fresh one to the next start.
  await run(packaged('tsc'), ['-p', 'tsconfig.json', '--noEmitOnError'])
  const { bundle, bundlePrograms } = await import('./bundle.js')
  await Promise.all([bundle({ watch: false }), bundlePrograms()])
}

/**
 * Installs what the tests need of the machine, where that is allowed; else says what is missing.
 */
export async function installTestPrograms() {
  const wanted = { ...TEST_PROGRAMS, ...(process.env.TEST_LONG === '1' && LONG_TEST_PROGRAMS) }
  const missing = Object.entries(wanted).filter(([program]) => !findProgram(program))
  if (missing.length === 0) return
  const packages = missing.map(([, name]) => name)
  if (process.getuid?.() !== 0 || !findProgram('apt-get')) {
    throw new StepFailed(1, `The tests need these programs: please install ${packages.join(' and ')}.`)
  }
  console.log(`Installing ${packages.join(' and ')}…`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update', '-qq'], env)
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], env)
}

/**
 * Returns the path of a program, as the shell would find it; undefined when there is none.
 * @param {string} name
 */
export function findProgram(name) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Compares contents, not ages: an age says nothing after a copy or a switch of branches. */
function isInstalled() {
  const installed = readPackages('node_modules/.package-lock.json')
  return Object.entries(readPackages('package-lock.json')).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || optional || devOptional || installed[path]?.version === version,
  )
}

/**
 * @typedef {{ version?: string, optional?: boolean, devOptional?: boolean }} LockedPackage
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {}
}

function isBuilt() {
  if (!BUILT.every((file) => existsSync(file))) return false
  return Math.min(...BUILT.map(changedAt)) > Math.max(...sourceFiles().map(changedAt))
}

function sourceFiles() {
  const top = readdirSync('.').filter((name) => /\.(ts|json)$/.test(name))
  const deep = SOURCES.flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((name) => join(folder, `${name}`)),
  )
  return [...top, ...deep, 'scripts/bundle.js']
}

/** @param {string} file */
function changedAt(file) {
  return statSync(file).mtimeMs
}

/** @param {NodeJS.Signals} signal */
function exitCodeOf(signal) {
  // The shell's convention, so that our caller can distinguish a signal from a failure.
  return { SIGINT: 130, SIGTERM: 143 }[String(signal)] ?? 1
}
