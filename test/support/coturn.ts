import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Coturn {
  /** What the server is told of it. */
  readonly settings: { TURN_URLS: string; TURN_SECRET: string }
  /** Where it listens, and where every relayed packet comes from. */
  readonly address: string
  /** Ends it at once, with everything that it relays. */
  kill(): Promise<void>
  /** Starts it again at the same port, and waits until it answers. */
  startAgain(): Promise<void>
  stop(): Promise<void>
}

/**
 * A real coturn for one test. By default it is at an address that nothing else on the machine has, so that a candidate tells
 * whether it is the relay's. Rejects with what coturn said when it does not start.
 */
export async function startCoturn({ address = '127.0.0.9' } = {}): Promise<Coturn> {
  const folder = mkdtempSync(join(tmpdir(), 'soulseer-turn-'))
  const secret = randomBytes(16).toString('hex')
  const port = await freePort(address)
  const start = () => startTurnserver(argumentsFor({ secret, address, port, folder }), { address, port })
  let running = await start()

  return {
    settings: { TURN_URLS: `turn:${address}:${port}`, TURN_SECRET: secret },
    address,
    kill: () => running.kill(),
    startAgain: async () => {
      running = await start()
    },
    stop: async () => {
      await running.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function argumentsFor(parts: { secret: string; address: string; port: number; folder: string }): string[] {
  const { secret, address, port, folder } = parts
  return [
    '-n', // no settings of the machine's own
    '--use-auth-secret',
    `--static-auth-secret=${secret}`,
    '--realm=soulseer.test',
    `--listening-ip=${address}`,
    `--relay-ip=${address}`,
    `--listening-port=${port}`,
    '--allow-loopback-peers', // both people are on this machine: for tests alone
    '--no-multicast-peers',
    '--no-tls',
    '--no-dtls',
    '--no-cli',
    '--relay-threads=1',
    `--userdb=${join(folder, 'turndb')}`,
    `--pidfile=${join(folder, 'pid')}`,
    `--log-file=${join(folder, 'log')}`,
    '--simple-log',
  ]
}

export interface Turnserver {
  /** The last of what it has said. */
  said(): string
  /** Ends it at once, with everything that it relays. */
  kill(): Promise<void>
}

/** Starts the program; resolves once it answers there, rejects with what it said when it ends instead. */
export async function startTurnserver(
  args: readonly string[],
  { address, port }: { address: string; port: number },
): Promise<Turnserver> {
  const child = spawn('turnserver', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  // Whoever started it may fail before it can be ended.
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  child.once('exit', () => process.off('exit', endWithUs))
  let said = ''
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (data) => {
      said = `${said}${data}`.slice(-10_000)
    })
  }
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`coturn ended with ${code ?? signal}:\n${said}`)))
  })
  // Later ends are asked for.
  ended.catch(() => undefined)
  const socket = createSocket('udp4').on('error', () => undefined)
  const asking = setInterval(() => socket.send(bindingRequest(), port, address), ASK_AGAIN_MS)
  try {
    await Promise.race([ended, once(socket, 'message')])
  } finally {
    clearInterval(asking)
    socket.close()
  }
  return {
    said: () => said,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

const ASK_AGAIN_MS = 50

/** What every STUN server answers, without a login too: RFC 8489, section 5. */
export function bindingRequest(): Buffer {
  return Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(12)])
}

/** A port that nothing listens at now. */
export async function freePort(address: string): Promise<number> {
  const socket = createSocket('udp4').bind(0, address)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}
