import type { Writable } from 'node:stream'
import pino from 'pino'
import type { Log } from '../../engine/ports.ts'

/** What must never be read in a log, wherever in the fields of a line it stands. */
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
// JSON lets these through, and some viewers of logs take them for the end of a line or for a change of colour.
const ODD_LINE_ENDS = /[\u2028\u2029\u0085\u009b]/g

/** One JSON line an event, to standard error unless told otherwise, so that standard output holds the ready line alone. */
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
