/** Tests the files that the server reads, writes and serves. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLog } from '../../adapters/system/log.ts'
import { BadConfig, readConfig } from '../../config.ts'
import { TEST_DATA_KEY } from '../support/data-key.ts'
import { type RunningServer, startServer } from '../support/e2e/server.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { peopleAt, say } from '../support/people.ts'
import { PRODUCTION } from '../support/production-settings.ts'
import { ask } from './support.ts'

const ROOT = new URL('../..', import.meta.url).pathname

describe('what is served', () => {
  let server: LiveServer
  beforeAll(async () => {
    server = await startLiveServer()
  })
  afterAll(() => server.stop())

  const NAMES = [
    'users.json',
    'sessions.json',
    'earnings.json',
    'checkpoint.json',
    'journal-000000000001.jsonl',
    'logic/users.json',
    '.env',
    '.env.example',
    '.git/config',
    '.git/HEAD',
    'package.json',
    'package-lock.json',
    'server.ts',
    'dist/server.js',
    'client.js.map',
    'tsconfig.json',
    'node_modules/express/package.json',
    'session-secret',
    'data-key',
    'keys.json',
    'render.yaml',
  ]

  it.each(NAMES)('[F-1] %s is not to be had by any spelling', async (name) => {
    for (const path of [
      `/${name}`,
      `/../${name}`,
      `/./${name}`,
      `//${name}`,
      `/%2e%2e/${name}`,
      `/..%2f${name}`,
      `/%2e%2e%2f${name}`,
      `/..%5c${name}`,
      `/fonts/../../${name}`,
      `/fonts/..%2f..%2f${name}`,
      `/${encodeURIComponent(name)}`,
      `/${name}%00.css`,
      `/style.css/../../${name}`,
    ]) {
      const { status, text } = await ask(server.url, 'GET', path)
      expect([400, 404], path).toContain(status)
      expect(text, path).not.toMatch(/passwordHash|STRIPE_SECRET_KEY=|"dependencies"|\[core\]/)
    }
  })

  it.each([
    '/..%c0%af..%c0%afetc/passwd',
    '/%c0%ae%c0%ae/etc/passwd',
    '/%E2%80%A5/etc/passwd',
    '/....//....//etc/passwd',
    '/etc/passwd%00',
  ])('[F-2] %j leads nowhere', async (path) => {
    expect([400, 404]).toContain((await ask(server.url, 'GET', path)).status)
  })
})

describe('the real process', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer({ METRICS_TOKEN: 'a token for the tests alone' })
  })
  afterAll(() => server.stop())

  const modes = () => {
    const folder = join(server.dataDir, 'data')
    // A file that is being rewritten has another name a moment later.
    const mode = (path: string) => statSync(path, { throwIfNoEntry: false })?.mode
    const said = (mode: number) => (mode & 0o777).toString(8)
    return {
      folder: said(mode(folder) ?? 0),
      files: readdirSync(folder).flatMap((name) => {
        const found = mode(join(folder, name))
        return found === undefined ? [] : [`${name} ${said(found)}`]
      }),
    }
  }

  it('[F-3] keeps its folder to itself, after the first start, after a change, and after a restart', async () => {
    const people = peopleAt(server.origin)
    const isClosed = () => {
      const { folder, files } = modes()
      expect(folder).toBe('700')
      // A socket has no contents to read; who may not enter the folder cannot reach it. Outside
      // production mails are files in a folder of their own.
      expect(files.filter((file) => !/ 600$|\.sock 700$|^mailbox 700$/.test(file))).toEqual([])
      expect(files.length).toBeGreaterThan(3)
    }
    isClosed()
    await people.client('Ana', 2_000)
    await expect.poll(() => server.files().users.length).toBe(1)
    isClosed()
    await server.end('SIGTERM')
    await server.startAgain()
    isClosed()
    people.leave()
  })

  it('shows its figures to holders of the token alone', async () => {
    const figures = (authorization?: string) =>
      ask(server.origin, 'GET', '/metrics', { headers: authorization ? { authorization } : {} })
    expect((await figures()).status).toBe(401)
    expect((await figures('Bearer something else')).status).toBe(401)
    const answer = await figures('Bearer a token for the tests alone')
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    for (const name of [
      'soulseer_sessions_live 0',
      'soulseer_commits_total{outcome="done"}',
      'soulseer_journal_sync_seconds_bucket{le="0.01"}',
      'soulseer_refusals_total{code="not_logged_in"} 2',
      'soulseer_loop_delay_p99_seconds',
      'soulseer_disk_free_bytes',
      'soulseer_resident_bytes',
      'process_start_time_seconds',
    ]) {
      expect(answer.text).toContain(name)
    }
    for (const line of answer.text.split('\n').filter((each) => each !== '')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+({[^}]*})? (-?[\d.e+-]+|Nan)|\w+ \+?Inf)$/)
    }
  })
})

describe('what is written down', () => {
  it('[F-6] [F-5] no password, token, description, candidate or secret is in the log or the data', async () => {
    let log = ''
    const to = new Writable({
      write(line, _encoding, done) {
        log += line
        done()
      },
    })
    const server = await startLiveServer({ log: createLog('debug', to) })
    const CANARIES = {
      password: 'canary-password-7f3a',
      newPassword: 'canary-changed-91bc',
      wrong: 'canary-wrong-5d2e',
      sdp: 'v=0\r\na=canary-sdp-44aa',
      candidate: 'candidate:canary-ice-83cd 1 udp 1 192.0.2.77 9 typ host',
      query: 'canary-query-aa11',
      agent: 'canary-agent-bb22',
    }
    const { body, headers } = await server.send(
      'POST',
      '/register',
      {
        role: 'client',
        name: 'Canary',
        email: 'canary@example.com',
        password: CANARIES.password,
        acceptTerms: true,
      },
      { 'user-agent': CANARIES.agent },
    )
    const cookie = (headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
    const token = cookie.split('.')[1] ?? 'none'
    const { id } = body.user as { id: string }
    await server.send('POST', '/login', { email: 'canary@example.com', password: CANARIES.wrong })
    await server.send('GET', `/me?token=${CANARIES.query}`, undefined, { cookie })
    const paid = await server.send('POST', '/add-funds', { userId: id, amountCents: 2_000 }, { cookie })
    const client = await server.client('Ana', 5_000)
    const reader = await server.reader('Mara', 250)
    const session = await server.accepted(client, reader)
    const page = await client.page()
    await say(page, 'session:join', { sessionId: session.id })
    await say(page, 'offer', { sessionId: session.id, description: { type: 'offer', sdp: CANARIES.sdp } })
    await say(page, 'ice-candidate', { sessionId: session.id, candidate: { candidate: CANARIES.candidate } })
    await server.send(
      'POST',
      '/password',
      { password: CANARIES.password, newPassword: CANARIES.newPassword },
      { cookie },
    )
    const written = () =>
      server.disk
        .names()
        .map((name) => server.disk.text(name))
        .join('')
    const running = written()
    await server.stop()
    // The stop writes the JSON files, where people's data is readable.
    const data = running + written()
    expect(log).toContain('"path":"/login"')
    expect(log).toContain('"security":"bad_credentials"')
    expect(data).toContain('canary@example.com')
    for (const [what, canary] of Object.entries({
      ...CANARIES,
      token,
      clientSecret: String(paid.body.clientSecret),
    })) {
      expect(log, what).not.toContain(canary)
      expect(data, what).not.toContain(canary)
    }
    expect(log).not.toMatch(/canary@example\.com|127\.0\.0\.1|::1/)
    for (const line of log.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) })
  })

  it('[F-5] a line stays one line, whatever is in it', () => {
    const lines: string[] = []
    const to = new Writable({
      write(line, _encoding, done) {
        lines.push(String(line))
        done()
      },
    })
    createLog('info', to).info({ name: 'Ana\n{"level":60}\u2028\u001b[31m' }, 'forged?')
    expect(lines).toHaveLength(1)
    for (const odd of ['\u2028', '\u001b']) expect(lines[0]).not.toContain(odd)
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1)
  })
})

describe('settings', () => {
  it('are complete with these', () => {
    expect(readConfig(PRODUCTION)).toMatchObject({ PUBLIC_ORIGIN: 'https://soulseer.app', production: true })
  })

  it.each([
    ['SESSION_SECRET', ''],
    ['SESSION_SECRET', 'short'],
    ['DATA_KEY', ''],
    ['DATA_KEY', Buffer.alloc(31).toString('base64')],
    ['DATA_KEY', Buffer.alloc(33).toString('base64')],
    ['DATA_KEY', `${TEST_DATA_KEY},short`],
    ['DATA_KEY', ','],
    ['STRIPE_SECRET_KEY', ''],
    ['STRIPE_SECRET_KEY', 'pk_live_swapped'],
    ['STRIPE_SECRET_KEY', 'sk_test_a'],
    ['STRIPE_PUBLISHABLE_KEY', ''],
    ['STRIPE_WEBHOOK_SECRET', ''],
    ['STRIPE_API_BASE', 'http://127.0.0.1:1'],
    ['PUBLIC_ORIGIN', 'http://soulseer.app'],
    ['PUBLIC_ORIGIN', 'https://soulseer.app/'],
    ['BILLING_INTERVAL_MS', '1000'],
    ['RATE_LIMITS', 'off'],
    ['BCRYPT_COST', '4'],
    ['ICE_TRANSPORT_POLICY', 'relay'],
    ['METRICS_TOKEN', 'short'],
    ['PORT', '99999'],
    ['MIN_FREE_DISK_MB', 'lots'],
  ])('[F-8] [F-9] [D-5] refuse production with %s=%s, and name the key alone', (key, value) => {
    const start = () => readConfig({ ...PRODUCTION, [key]: value })
    expect(start).toThrow(BadConfig)
    try {
      start()
    } catch (error) {
      expect(String(error)).toContain(key)
      if (value.length > 5) expect(String(error)).not.toContain(value)
    }
  })

  it('[F-8] refuse live keys anywhere else', () => {
    expect(() => readConfig({ ...PRODUCTION, NODE_ENV: 'development' })).toThrow(/NODE_ENV=production/)
  })
})

describe('the sources', () => {
  const files = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
      if (/^(node_modules|dist|\.git|logic|test-results|fonts|images)$/.test(entry.name)) return []
      const path = join(folder, entry.name)
      return entry.isDirectory() ? files(path) : [path]
    })

  it('[F-11] hold no key of any account, and neither does what is built', () => {
    const wrong = files('.').filter((file) => {
      if (
        file === '.env' ||
        file === 'test/support/smtp/certificate.ts' ||
        /\.(png|woff2|cpuprofile)$/.test(file)
      )
        return false
      return /\b(sk|rk)_live_\w{16,}|whsec_[A-Za-z0-9+/]{24,}|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY/.test(
        readFileSync(join(ROOT, file), 'utf8'),
      )
    })
    expect(wrong).toEqual([])
  })

  it('[F-4] make no file name from user input', () => {
    const disk = files('adapters').filter((file) =>
      /\bopen\(|rename\(|writeFile/.test(readFileSync(join(ROOT, file), 'utf8')),
    )
    for (const file of disk) {
      const text = readFileSync(join(ROOT, file), 'utf8')
      expect(text, file).not.toMatch(
        /(open|rename|remove|writeFile)\([^)]*(user|email|session)\.(id|name|email)/,
      )
    }
  })

  it('[X-1] put text into pages as text alone', () => {
    const sinks =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|\beval\(|new Function\(/
    expect(files('browser').filter((file) => sinks.test(readFileSync(join(ROOT, file), 'utf8')))).toEqual([])
  })
})
