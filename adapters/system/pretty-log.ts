/** Writes the log for a person who develops: a short line an event, instead of JSON. */
import { Writable } from 'node:stream'

const LEVELS: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

/** Returns a stream that takes the log's lines and hands a readable one each to `write`. */
export function prettyLines(write: (line: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      write(pretty(String(line)))
      done()
    },
  })
}

/**
 * Returns one line for an event: `"12:04:31 warn a lapse could not be recorded userId=r1"`. What
 * fields hold stays JSON, so that no field can look like a line of its own.
 */
function pretty(json: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json) as Record<string, unknown>
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const parts = [String(time).slice(11, 19), LEVELS[Number(level)] ?? '', msg, ...rest].filter(Boolean)
  return `${parts.join(' ')}\n${stackOf(err)}`
}

function stackOf(err: unknown): string {
  if (typeof err !== 'object' || err === null || !('stack' in err)) return ''
  return `${String(err.stack).replaceAll(/^/gm, '    ')}\n`
}
