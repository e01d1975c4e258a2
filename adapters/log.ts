import pino from 'pino'
import type { Log } from '../engine/ports.ts'

/** One JSON line an event on standard error, so that standard output holds the ready line alone. */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['*.password', '*.cookie', '*.clientSecret', '*.client_secret'], remove: true },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}
