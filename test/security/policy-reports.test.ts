import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIMITS } from '../../boundary/limiter.ts'
import { createMetrics } from '../../boundary/metrics.ts'
import { readPolicyReport } from '../../boundary/policy-reports.ts'
import type { Log } from '../../engine/ports.ts'
import type { LiveServer } from '../support/live-server.ts'
import { ask, startStrict, through } from './support.ts'

const OLD = {
  'csp-report': {
    'document-uri': 'https://soulseer.app/session/s-secret-id?with=ana@example.com',
    referrer: 'https://soulseer.app/dashboard',
    'violated-directive': "script-src 'self'",
    'effective-directive': 'script-src-elem',
    'blocked-uri': 'https://evil.example/steal.js?cookie=abc',
    'script-sample': 'a secret sample',
  },
}
const NEW = [
  {
    type: 'csp-violation',
    age: 1,
    url: 'https://soulseer.app/dashboard',
    user_agent: 'a secret agent',
    body: {
      documentURL: 'https://soulseer.app/dashboard?x=1',
      effectiveDirective: 'style-src-attr',
      blockedURL: 'inline',
      sample: 'a secret sample',
    },
  },
]

let server: LiveServer
const metrics = createMetrics()
const lines: { fields: object; message: string }[] = []
const note = (fields: object, message: string) => void lines.push({ fields, message })
const log: Log = { info: () => undefined, warn: note, error: note }

beforeAll(async () => {
  server = await startStrict({ log, metrics })
})
afterAll(() => server.stop())

let senders = 0
const report = (body: unknown, type = 'application/csp-report', from = `198.51.100.${++senders}`) =>
  ask(server.url, 'POST', '/csp-report', {
    body,
    headers: { ...through(from), 'content-type': type, origin: 'null', 'sec-fetch-site': 'cross-site' },
  })

describe('a report about the content policy', () => {
  it.each([
    ['the old format', 'application/csp-report', OLD, ['script-src', 'https://evil.example', '/session']],
    ['the new one', 'application/reports+json', NEW, ['style-src', 'inline', '/dashboard']],
  ] as const)('in %s becomes one line and one figure', async (_what, type, body, told) => {
    lines.length = 0
    expect((await report(body, type)).status).toBe(204)
    const [directive, blocked, page] = told
    expect(lines).toHaveLength(1)
    expect(lines[0]?.fields).toMatchObject({ security: 'policy_violation', directive, blocked, page })
    expect(JSON.stringify(lines)).not.toMatch(/secret|example\.com|cookie=|steal/)
    expect(await metrics.registry.metrics()).toContain(
      `soulseer_policy_reports_total{directive="${directive}"} 1`,
    )
  })

  it.each([
    ['no report', { hello: 1 }],
    ['a list of nothing', []],
    ['a list in the old format', [OLD]],
    ['text', '"report"'],
    ['cut off', '{"csp-report":'],
    ['poisoned', '{"csp-report":{"__proto__":{"document-uri":"x"}}}'],
  ])('that is %s is 400', async (_what, body) => {
    expect((await report(body)).status).toBe(400)
  })

  it('that is larger than any honest one is 413, and one that is no report 415', async () => {
    expect((await report({ 'csp-report': { 'document-uri': 'x'.repeat(9_000) } })).status).toBe(413)
    expect((await report(OLD, 'application/json')).status).toBe(415)
    expect((await report('<a/>', 'text/html')).status).toBe(415)
  })

  it('made up to fill the log or the figures fills neither', () => {
    const made = {
      'csp-report': {
        'document-uri': 'javascript:alert(1)//\n"forged": 1',
        'effective-directive': 'made-up-7',
        'blocked-uri': 'no address\n',
      },
    }
    expect(readPolicyReport(made)).toEqual({ directive: 'other', blocked: 'other', page: '/' })
  })

  it('[D-13] is taken so often from a household, and so often from everybody', async () => {
    const statuses: number[] = []
    for (let n = 0; n <= LIMITS.report.burst; n += 1) {
      statuses.push((await report(OLD, 'application/csp-report', '192.0.2.1')).status)
    }
    expect(statuses.filter((status) => status === 204)).toHaveLength(LIMITS.report.burst)
    expect(statuses.at(-1)).toBe(429)
    const many: number[] = []
    for (let n = 0; n <= LIMITS.reports.burst; n += 1) many.push((await report(OLD)).status)
    expect(many.filter((status) => status === 204).length).toBeLessThan(LIMITS.reports.burst)
    expect(many.at(-1)).toBe(429)
  })
})
