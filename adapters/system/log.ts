/** Writes the log, without the secrets in its fields. */
import type { Writable } from 'node:stream'
import pino from 'pino'
import type { Log } from '../../engine/ports.ts'

/** Fields that must never be readable in a log, wherever in a line they are. */
const SECRET_FIELDS = [
  'password',
  'newPassword',
  'passwordHash',
  'cookie',
  'authorization',
  'token',
  'secret',
  'clientSecret',
  'client_secret',
  'email',
  'sdp',
  'candidate',
  'credential',
]
const DEEPEST = 3
const paths = SECRET_FIELDS.flatMap((field) =>
  Array.from({ length: DEEPEST }, (_, depth) => `${'*.'.repeat(depth)}${field}`),
)
// JSON lets these through, and some log viewers take them for the end of a line or for a change of
// colour.
const ODD_LINE_ENDS = /[\u2028\u2029\u0085\u009b]/g

/**
 * Creates a log of one JSON line an event, by default on standard error, so that standard output
 * holds the ready line alone.
 */
export function createLog(level: string, to?: Writable): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, remove: true },
      hooks: { streamWrite: (line) => line.replace(ODD_LINE_ENDS, '') },
    },
    to ?? pino.destination({ dest: 2, sync: true }),
  )
}
