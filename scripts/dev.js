/**
 * `npm run dev`: serves, and at every change of a source builds again and starts the server again.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { build, buildIfStale, install, main, SOURCES, StepFailed } from './setup.js'

const SETTLED_MS = 150 // an editor writes a file in several steps

/** @type {import('node:child_process').ChildProcess | undefined} */
let server
/** @type {NodeJS.Timeout | undefined} */
let timer
let building = Promise.resolve()

await main(async () => {
  await install()
  await buildIfStale()
})
startServer()
watchSources()
process.on('SIGINT', stop).on('SIGTERM', stop)

function startServer() {
  server = spawn(process.execPath, ['dist/server.js'], { stdio: 'inherit' })
}

function watchSources() {
  watch('.', (_event, name) => void (name?.endsWith('.ts') && changed()))
  for (const folder of SOURCES) watch(folder, { recursive: true }, changed)
}

function changed() {
  clearTimeout(timer)
  timer = setTimeout(() => {
    building = building.then(renew)
  }, SETTLED_MS)
}

/**
 * Builds again. A source with a mistake leaves the running server alone; the compiler has printed
 * the error.
 */
async function renew() {
  try {
    await build()
  } catch (error) {
    if (error instanceof StepFailed) return
    // The bundler rejects in its own way after it has printed what is wrong.
    return console.error(String(error))
  }
  await stopServer()
  startServer()
}

async function stopServer() {
  if (!server || server.exitCode !== null || server.signalCode !== null) return
  server.kill('SIGTERM')
  await once(server, 'exit')
}

async function stop() {
  await stopServer()
  process.exit(0)
}
