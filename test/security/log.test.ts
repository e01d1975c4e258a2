/** Tests what the log says of logins and refusals. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMetrics } from '../../http/metrics.ts'
import { fakeClock } from '../support/fake-clock.ts'
import type { LiveServer } from '../support/live-server.ts'
import { ask, startStrict, through } from './support.ts'

interface Written {
  readonly fields: Record<string, unknown>
  readonly message: string
}

const written: Written[] = []
const write = (fields: object, message: string) =>
  void written.push({ fields: fields as Written['fields'], message })
const metrics = createMetrics()
let server: LiveServer
beforeAll(async () => {
  // The clock does not move, so that a busy machine lets no bucket fill up between two requests.
  const clock = fakeClock(Date.now())
  server = await startStrict({ log: { info: write, warn: write, error: write }, metrics, clock })
})
afterAll(() => server.stop())

const PASSWORD = 'correct horse'

async function register(email: string, address: string): Promise<string> {
  const answer = await ask(server.url, 'POST', '/register', {
    headers: through(address),
    body: { role: 'client', name: 'Ana', email, password: PASSWORD, acceptTerms: true },
  })
  expect(answer.status).toBe(201)
  return (answer.json.user as { id: string }).id
}

const logIn = (email: string, password: string, address: string, cookie?: string) =>
  ask(server.url, 'POST', '/login', {
    headers: { ...through(address), ...(cookie ? { cookie } : {}) },
    body: { email, password },
  })

describe('a log-in', () => {
  it('[S-12] leaves a line that names the account, the subnet’s pseudonym and if the browser was known', async () => {
    const id = await register('ana@example.com', '203.0.113.1')
    const before = written.length
    expect((await logIn('ana@example.com', 'wrong horse', '198.51.100.1')).status).toBe(401)
    const right = await logIn('ana@example.com', PASSWORD, '198.51.100.1')
    const device = String(right.headers['set-cookie']?.[1]).split(';')[0] ?? ''
    await logIn('ana@example.com', PASSWORD, '198.51.100.1', device)
    await logIn('nobody@example.com', PASSWORD, '198.51.100.1')

    const lines = written.slice(before).filter(({ fields }) => fields.security === 'login')
    const told = lines.map(({ fields: { userId, outcome, knownDevice } }) => ({
      userId,
      outcome,
      knownDevice,
    }))
    expect(told).toEqual([
      { userId: id, outcome: 'bad_credentials', knownDevice: false },
      { userId: id, outcome: 'logged_in', knownDevice: false },
      { userId: id, outcome: 'logged_in', knownDevice: true },
      { userId: undefined, outcome: 'bad_credentials', knownDevice: false },
    ])
    const pseudonyms = new Set(lines.map(({ fields }) => fields.from))
    expect([...pseudonyms]).toEqual([expect.stringMatching(/^[\w-]{12}$/)])
    expect(JSON.stringify(lines)).not.toMatch(/@example\.com|198\.51|horse/)
    const figures = await metrics.registry.metrics()
    expect(figures).toContain('soulseer_logins_total{outcome="logged_in"} 2')
    expect(figures).toContain('soulseer_logins_total{outcome="bad_credentials"} 2')
  })
})

describe('a subnet that goes on asking', () => {
  it('[S-12] leaves a few lines for hundreds of refused requests, and no other subnet’s are left out', async () => {
    const headers = through('203.0.113.9')
    for (let n = 0; n < 60; n += 1) await ask(server.url, 'GET', '/me', { headers })
    const before = written.length
    let refused = 0
    for (let n = 0; n < 300; n += 1) {
      if ((await ask(server.url, 'GET', '/me', { headers })).status === 429) refused += 1
    }
    expect(refused).toBe(300)
    expect(written.length - before).toBeLessThan(40)
    const other = written.length
    await ask(server.url, 'GET', '/me', { headers: through('203.0.113.10') })
    expect(written.length - other).toBe(1)
  })
})
