/**
 * Starts the built server as a process of its own that reports what it holds, and a clock beside it
 * that measures the machine.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { bundled } from './children.ts'
import type { Holdings } from './probe.ts'

export interface WatchedServer {
  readonly origin: string
  holdings(): Promise<Holdings>
  /** Returns the figures at `/metrics`, over a connection of its own that is closed at once. */
  figures(): Promise<string>
  /** Asks the process to stop, and returns its exit code. */
  stop(): Promise<number | null>
}

export const TOKEN = 'a token for the tests alone'

/** Starts `dist/server.js` over the data in `dataDir`; resolves when it serves. */
export async function watchServer(dataDir: string, settings: Record<string, string>): Promise<WatchedServer> {
  const probe = await bundled('./probe.ts')
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--no-warnings', '--import', probe, resolve('dist/server.js')],
    {
      cwd: dirname(dataDir),
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        HOST: '127.0.0.1',
        DATA_DIR: dataDir,
        METRICS_TOKEN: TOKEN,
        LOG_LEVEL: 'error',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  )
  const origin = await readyAt(child)
  return {
    origin,
    async holdings() {
      const answer = once(child, 'message')
      child.send('holdings')
      const [read] = await answer
      return read as Holdings
    },
    async figures() {
      const headers = { authorization: `Bearer ${TOKEN}`, connection: 'close' }
      return (await fetch(`${origin}/metrics`, { headers })).text()
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      rmSync(dirname(probe), { recursive: true, force: true })
      return child.exitCode
    },
  }
}

function readyAt(child: ChildProcess): Promise<string> {
  const { stdout } = child
  return new Promise((done, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready`)))
    if (!stdout) return reject(new Error('the server says nothing'))
    createInterface(stdout).on('line', (line) => {
      const origin = /^SoulSeer is ready at (\S+),/.exec(line)?.[1]
      if (origin) done(origin)
    })
  })
}

const RESPONSES = 1_000
const ASK_EVERY_MS = 10

/**
 * Waits until `holds`, or until a client that asks one thing after another has had a thousand
 * responses: for ten seconds, and for as much longer as the machine is slow.
 */
export async function whileOthersAreServed(
  { origin }: Pick<WatchedServer, 'origin'>,
  holds: () => boolean,
): Promise<void> {
  for (let had = 0; had < RESPONSES && !holds(); had += 1) {
    await (await fetch(`${origin}/healthz`, { headers: { connection: 'close' } })).text()
    await pause(ASK_EVERY_MS)
  }
}

/** Returns the value of one line of the figures; 0 where it is not there yet. */
export function figure(text: string, name: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.split(' ')[1] ?? 0)
}

/**
 * Returns an upper bound of a histogram's 99th percentile between two looks, in milliseconds, with
 * how many observations it rests on.
 */
export function p99Between(before: string, after: string, name: string): { ms: number; count: number } {
  const since = (line: string) => figure(after, line) - figure(before, line)
  const count = since(`${name}_count`)
  const bounds = [...after.matchAll(new RegExp(`^${name}_bucket{le="([\\d.]+)"}`, 'gm'))].map(([, le]) =>
    String(le),
  )
  const bound = bounds.find((le) => since(`${name}_bucket{le="${le}"}`) >= 0.99 * count)
  return { ms: bound === undefined ? Number.POSITIVE_INFINITY : Number(bound) * 1_000, count }
}

/**
 * Starts a timer on a thread with nothing else to do: its delay is what the machine does to every
 * thread, in milliseconds.
 */
export function startControlTimer(): { stop(): Promise<{ p99Ms: number; maxMs: number }> } {
  const worker = new Worker(CONTROL, { eval: true })
  return {
    async stop() {
      const answer = once(worker, 'message')
      worker.postMessage('stop')
      const [read] = await answer
      await worker.terminate()
      return read as { p99Ms: number; maxMs: number }
    },
  }
}

const CONTROL = `
  const { parentPort } = require('node:worker_threads')
  const loop = require('node:perf_hooks').monitorEventLoopDelay({ resolution: 10 })
  loop.enable()
  const late = (ns) => Math.max(0, ns / 1e6 - 10)
  parentPort.once('message', () => parentPort.postMessage({ p99Ms: late(loop.percentile(99)), maxMs: late(loop.max) }))
`
