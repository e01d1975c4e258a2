/** Starts a real coturn for a test. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode, METHOD } from '../../adapters/turn/message.ts'
import { freePorts } from './ports.ts'

export interface Coturn {
  /** The settings that our server is given for it. */
  readonly settings: { TURN_URLS: string; TURN_SECRET: string }
  /** The address at which it listens, and from which every relayed packet comes. */
  readonly address: string
  readonly port: number
  /** The port at which it speaks TLS, if it was given a certificate. */
  readonly tlsPort: number
  /** Ends it at once, with everything that it relays. */
  kill(): Promise<void>
  /** Starts it again at the same port, and waits until it responds. */
  startAgain(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a real coturn for one test. By default it is at an address that nothing else on the
 * machine has, so that a candidate shows if it is the relay's. With a certificate (both as PEM) it
 * speaks TLS, too. Rejects with coturn's output when it does not start.
 */
export async function startCoturn({
  address = '127.0.0.9',
  certificate,
  userQuota,
}: {
  address?: string
  /** The number of addresses that one seat may have at a time; no limit unless given. */
  userQuota?: number
  certificate?: { key: string | Buffer; cert: string | Buffer }
} = {}): Promise<Coturn> {
  const folder = mkdtempSync(join(tmpdir(), 'soulseer-turn-'))
  const secret = randomBytes(16).toString('hex')
  const [port = 0, tlsPort = 0] = await freePorts(address, 2)
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  if (certificate) {
    writeFileSync(keyFile, certificate.key)
    writeFileSync(certFile, certificate.cert)
  }
  const args = [
    ...argumentsFor({ secret, address, port, folder }),
    ...(certificate
      ? [`--tls-listening-port=${tlsPort}`, `--cert=${certFile}`, `--pkey=${keyFile}`]
      : ['--no-tls']),
    ...(userQuota === undefined ? [] : [`--user-quota=${userQuota}`]),
  ]
  const start = () => startTurnserver(args, { address, port })
  let running = await start()

  return {
    settings: { TURN_URLS: `turn:${address}:${port}`, TURN_SECRET: secret },
    address,
    port,
    tlsPort,
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
  /** Returns the last lines of its output. */
  said(): string
  /** Ends it at once, with everything that it relays. */
  kill(): Promise<void>
}

/** Starts the program; resolves once it responds, rejects with its output when it ends instead. */
export async function startTurnserver(
  args: readonly string[],
  { address, port }: { address: string; port: number },
): Promise<Turnserver> {
  const child = spawn('turnserver', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  // The caller may fail before it can be ended.
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

/** Matches the response of every STUN server, without a login too: RFC 8489, section 5. */
export const bindingRequest = (): Buffer => encode({ method: METHOD.binding })
