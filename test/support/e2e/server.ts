/** Starts the built server for browser tests. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { SessionView } from '../../../shared/protocol/session.ts'
import type { UserView } from '../../../shared/protocol/views.ts'
import { removeFolder } from '../folders.ts'
import { freePorts } from '../ports.ts'

export interface RunningServer {
  readonly origin: string
  readonly dataDir: string
  /** Returns the three files as they are on disk now. */
  files(): {
    users: UserView[]
    sessions: SessionView[]
    earnings: { readerId: string; totalCents: number }[]
  }
  /**
   * Ends the process, by `SIGKILL` as a crash does, and waits until it is gone. Returns its exit
   * code.
   */
  end(signal: NodeJS.Signals): Promise<number | null>
  /** Suspends the process, by `SIGSTOP`; returns the function that lets it go on. */
  freeze(): () => void
  /** Starts it again over the same data, at the same address. */
  startAgain(): Promise<void>
  /** Asks the process to stop, waits for it, and removes its data. Returns its exit code. */
  stop(): Promise<number | null>
}

const HOST = '127.0.0.1'

/** Starts a server of its own for one test, on a free port and over an empty data folder. */
export async function startServer(settings: Record<string, string>): Promise<RunningServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'soulseer-e2e-'))
  const [port] = await freePorts(settings.HOST ?? HOST, 1)
  const launchIt = () => launch(dataDir, { PORT: String(port), ...settings })
  let child = launchIt()
  const origin = await readyAt(child)
  const read = (name: string) => JSON.parse(readFileSync(join(dataDir, 'data', name), 'utf8'))

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      child.kill('SIGCONT') // a frozen process would never see the other one
      await once(child, 'exit')
    }
    return child.exitCode
  }

  return {
    origin,
    dataDir,
    files: () => ({
      users: read('users.json'),
      sessions: read('sessions.json'),
      earnings: read('earnings.json'),
    }),
    end,
    freeze: () => {
      const frozen = child
      frozen.kill('SIGSTOP')
      return () => void frozen.kill('SIGCONT')
    },
    startAgain: async () => {
      child = launchIt()
      await readyAt(child)
    },
    stop: async () => {
      const code = await end('SIGTERM')
      await removeFolder(dataDir)
      return code
    },
  }
}

function launch(dataDir: string, settings: Record<string, string>) {
  const child = spawn(process.execPath, [resolve('dist/server.js')], {
    // Away from the checkout: a developer's own .env must not change what is tested.
    cwd: dataDir,
    env: {
      PATH: process.env.PATH,
      HOST,
      DATA_DIR: join(dataDir, 'data'),
      RATE_LIMITS: 'off',
      BCRYPT_COST: '4',
      LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // An interrupted test does not get to end it.
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  child.once('exit', () => process.off('exit', endWithUs))
  return child
}

/** Returns the address in the server's ready line; rejects when the process ends without one. */
function readyAt(child: ChildProcess & { stdout: NodeJS.ReadableStream }): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready`)))
    createInterface(child.stdout).on('line', (line) => {
      const origin = /^SoulSeer is ready at (\S+),/.exec(line)?.[1]
      if (origin) resolve(origin)
    })
  })
}
