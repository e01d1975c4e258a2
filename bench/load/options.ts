/** Reads the options of the load bench. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** The size of a run; `npm run bench:load -- --sessions 500 --seconds 70`. */
export interface Options {
  /** Live sessions, two sockets each. */
  readonly sessions: number
  /** Registered people in all, the ones in a session among them. */
  readonly users: number
  /** The seconds for which relays and charges are measured together. */
  readonly seconds: number
  /** Relayed messages a second. */
  readonly relays: number
  /** The length of a billed minute. */
  readonly minuteMs: number
  /**
   * Sockets on each peer, and on SoulSeer while it is compared with them; 0 leaves the peers out.
   */
  readonly peerSockets: number
  /** The seconds of each comparison at the paced rate; the saturated one takes half as long. */
  readonly compareSeconds: number
  /** The built server. */
  readonly server: string
  /** Node's own flags for the server, such as `--cpu-prof`. */
  readonly nodeFlags: readonly string[]
  /** The file to write the figures to, as JSON. */
  readonly json: string | undefined
}

/** Reads the command line. Throws on an unknown or unreadable argument. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sessions: { type: 'string', default: '9500' },
      users: { type: 'string', default: '20000' },
      seconds: { type: 'string', default: '60' },
      relays: { type: 'string', default: '2000' },
      'minute-ms': { type: 'string', default: '60000' },
      'peer-sockets': { type: 'string', default: '10000' },
      'compare-seconds': { type: 'string', default: '6' },
      server: { type: 'string', default: 'dist/server.js' },
      'node-flags': { type: 'string', default: '--no-memory-reducer' },
      json: { type: 'string' },
    },
  })
  const sessions = wholeNumber('sessions', values.sessions)
  return {
    sessions,
    users: Math.max(2 * sessions, wholeNumber('users', values.users)),
    seconds: wholeNumber('seconds', values.seconds),
    relays: wholeNumber('relays', values.relays),
    minuteMs: wholeNumber('minute-ms', values['minute-ms']),
    peerSockets: wholeNumber('peer-sockets', values['peer-sockets']),
    compareSeconds: wholeNumber('compare-seconds', values['compare-seconds']),
    server: resolve(values.server),
    nodeFlags: values['node-flags'].split(' ').filter((flag) => flag !== ''),
    json: values.json,
  }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name}: ${text} is not a whole number`)
  return value
}
