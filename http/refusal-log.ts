/** Counts every refusal, and logs those that an attacker would cause. */
import type { ErrorCode } from '../shared/protocol/errors.ts'
import type { OnRefusal } from './errors.ts'
import { LINES, type LogSummaries } from './log-summaries.ts'
import type { Metrics } from './metrics.ts'

const SUSPICIOUS: ReadonlySet<ErrorCode> = new Set([
  'bad_credentials',
  'forbidden',
  'cross_site',
  'bad_signature',
  'rate_limited',
])

export function createRefusalLog(parts: { logSummaries: LogSummaries; metrics: Metrics }): OnRefusal {
  const { logSummaries, metrics } = parts
  return (code, about) => {
    metrics.refusals.inc({ code })
    if (!SUSPICIOUS.has(code)) return
    const sender = about.from ?? about.userId ?? ''
    const fields = { ...about, security: code }
    logSummaries.write({ level: 'warn', sender, kind: code, fields, message: 'refused' }, LINES.refused)
  }
}
