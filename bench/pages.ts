/**
 * `npm run bench:pages`: measures how soon each page is there on a phone with a quarter of this
 * machine's speed and a slow 4G line, how far anything moves while it loads, and how soon a press
 * shows on the screen. The goals: main content within 1.8 s, shift at most 0.02, a press within
 * 100 ms. `RUNS=1` visits each page once,
 * `-- home summary` those alone whose name holds one of the words.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type APIRequestContext, type BrowserContext, chromium, type Page } from '@playwright/test'
import { SEED_PASSWORD } from '../dev/seed/people.ts'
import type { ReaderView } from '../shared/protocol/views.ts'
import { type Press, press, type Seen, seenOn } from './pages-seen.ts'

const RUNS = Number(process.env.RUNS ?? 5)
const SLOWER = 4
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 204_800, uploadThroughput: 96_000 } // bytes a second
const GOAL_MS = 1_800
const GOAL_SHIFT = 0.02
const GOAL_PRESS_MS = 100
const PATIENCE_MS = 180_000 // a busy machine is another finding than a slow page
const MANY = 3_000
const CLIENT = 'anareyes@example.com'
const READER = 'maralind@example.com'
const ADD_FUNDS: Press = { role: 'button', name: 'Add funds', shows: 'dialog[open]' }

interface Way {
  readonly path: string
  /** Undoes what the way took. */
  readonly done?: () => Promise<void>
}

interface Row {
  readonly name: string
  readonly at: (context: BrowserContext) => Promise<Way>
  readonly email?: string
  readonly readers?: number
  readonly presses?: readonly Press[]
}

const ROWS: readonly Row[] = [
  {
    name: 'home',
    at: async () => ({ path: '/' }),
    presses: [{ role: 'tab', name: 'Log in', shows: '#tab-log-in[aria-selected="true"]' }],
  },
  { name: 'client dashboard', email: CLIENT, at: async () => ({ path: '/dashboard' }), presses: [ADD_FUNDS] },
  {
    name: `${MANY} readers`,
    email: CLIENT,
    at: async () => ({ path: '/dashboard' }),
    readers: MANY,
    presses: [ADD_FUNDS],
  },
  {
    name: 'reader dashboard',
    email: READER,
    at: async () => ({ path: '/dashboard' }),
    presses: [
      {
        role: 'switch',
        name: 'Available for sessions',
        shows: '[role="switch"]:is([aria-busy="true"], [aria-checked="true"])',
      },
    ],
  },
  { name: 'history', email: CLIENT, at: async () => ({ path: '/history' }) },
  { name: 'account', email: CLIENT, at: async () => ({ path: '/account' }) },
  { name: 'summary', email: CLIENT, at: latest('sessions', 'session') },
  { name: 'receipt', email: CLIENT, at: latest('payments', 'payments') },
  {
    name: 'video session',
    email: CLIENT,
    at: beginSession,
    presses: [
      { role: 'button', name: 'Mute', shows: '.controls [aria-pressed="true"]' },
      { role: 'button', name: 'Options', shows: 'dialog[open]' },
    ],
  },
]

const folder = mkdtempSync(join(tmpdir(), 'soulseer-pages-'))
execFileSync(process.execPath, [resolve('dist/dev/seed/seed.js'), folder], {
  env: { ...process.env, BCRYPT_COST: '4' },
})
const server = spawn(process.execPath, [resolve('dist/server.js')], {
  cwd: folder,
  env: {
    PATH: process.env.PATH,
    PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: folder,
    LOG_LEVEL: 'error',
    RATE_LIMITS: 'off',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const origin = await new Promise<string>((found) => {
  createInterface(server.stdout).on('line', (line) => {
    const address = /^SoulSeer is ready at (\S+),/.exec(line)?.[1]
    if (address) found(address)
  })
})
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
    '--allow-loopback-in-peer-connection',
  ],
})

console.log(`${RUNS} cold visits each, ${SLOWER}× slower, slow 4G; the median of them`)
try {
  for (const row of ROWS.filter(isWanted)) {
    const seen: Seen[] = []
    for (let run = 0; run < RUNS; run += 1) seen.push(await visit(row))
    print(row, seen)
  }
} finally {
  await browser.close()
  const gone = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  await gone
  rmSync(folder, { recursive: true, force: true })
}

function isWanted({ name }: Row): boolean {
  const words = process.argv.slice(2)
  return words.length === 0 || words.some((word) => name.includes(word))
}

async function visit({ at, email, readers = 0, presses = [] }: Row): Promise<Seen> {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    isMobile: true,
    serviceWorkers: 'block',
    permissions: ['camera', 'microphone'],
  })
  if (email) await logIn(context, email)
  const { path, done } = await at(context)
  const page = await context.newPage()
  // The list is made here, so that no bench has to register thousands; it costs no time on the line.
  if (readers > 0)
    await page.route('**/readers', (route) => route.fulfill({ json: { readers: many(readers) } }))
  const line = await context.newCDPSession(page)
  await line.send('Network.clearBrowserCache')
  await line.send('Network.emulateNetworkConditions', SLOW_4G)
  await line.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  await page.goto(`${origin}${path}`, { waitUntil: 'networkidle', timeout: PATIENCE_MS })
  for (const { role, name } of presses.slice(0, 1))
    await page.getByRole(role, { name, exact: true }).first().waitFor()
  const seen = await seenOn(page)
  if (readers > 0) seen.pressesMs.push(await search(page))
  for (const one of presses) seen.pressesMs.push(await press(page, one))
  await context.close()
  await done?.()
  return seen
}

function many(count: number): ReaderView[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `r${at}`,
    name: `Reader number ${at}`,
    rateCents: 100 + at,
    status: at % 3 === 0 ? 'available' : 'offline',
    speciality: 'Tarot and love',
  }))
}

/** Returns the milliseconds from a letter in the search to its result on the screen. */
function search(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const box = document.querySelector<HTMLInputElement>('input[type="search"]')
    if (!box) throw new Error('the page has no search')
    const from = performance.now()
    box.value = '29'
    box.dispatchEvent(new InputEvent('input', { bubbles: true }))
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
    return performance.now() - from
  })
}

async function logIn(context: BrowserContext, email: string): Promise<void> {
  await context.request.post(`${origin}/login`, { data: { email, password: SEED_PASSWORD } })
}

/** Finds the page of the newest entry in one of the user's lists. */
function latest(list: 'sessions' | 'payments', page: string): Row['at'] {
  return async ({ request }) => {
    const answer = await request.get(`${origin}/${list}`)
    const found = (await answer.json()) as Record<string, { id: string }[]>
    return { path: `/${page}/${found[list]?.[0]?.id}` }
  }
}

/** Starts a video session with the reader, whose page runs at full speed beside the measured one. */
async function beginSession({ request }: BrowserContext): Promise<Way> {
  const context = await browser.newContext({ permissions: ['camera', 'microphone'] })
  await logIn(context, READER)
  const ask = async <T>(from: APIRequestContext, path: string, data?: object) => {
    const answer = await from.post(`${origin}${path}`, data ? { data } : {})
    if (!answer.ok()) throw new Error(`${path}: ${await answer.text()}`)
    return (await answer.json()) as T
  }
  const me = (await (await context.request.get(`${origin}/me`)).json()) as { user: { id: string } }
  const reader = await context.newPage()
  await reader.goto(`${origin}/dashboard`)
  await ask(context.request, '/availability', { available: true })
  const wish = { readerId: me.user.id, kind: 'video' }
  const { session } = await ask<{ session: { id: string } }>(request, '/session/start', wish)
  await ask(context.request, `/session/${session.id}/accept`)
  await reader.goto(`${origin}/session/${session.id}`)
  return {
    path: `/session/${session.id}`,
    done: async () => {
      await ask(context.request, `/session/${session.id}/end`)
      await context.close()
    },
  }
}

function print({ name, presses = [] }: Row, seen: readonly Seen[]): void {
  const of = (pick: (one: Seen) => number) =>
    seen.map(pick).sort((a, b) => a - b)[Math.floor(seen.length / 2)] ?? Number.NaN
  const upTo = (value: number, goal: number) => (value <= goal ? '' : ` (goal ${goal})`)
  const [main, shift] = [of(({ mainMs }) => mainMs), of((one) => one.shift)]
  const columns = [
    name.padEnd(18),
    `first paint ${Math.round(of(({ firstMs }) => firstMs))} ms`,
    `main content ${Math.round(main)} ms${upTo(main, GOAL_MS)}`,
    `shift ${shift.toFixed(3)}${upTo(shift, GOAL_SHIFT)}`,
    `${Math.round(of(({ kilobytes }) => kilobytes))} KB`,
    `${of(({ nodes }) => nodes)} elements`,
  ]
  const pressed = (seen[0]?.pressesMs.length ?? 0) > presses.length ? ['search'] : []
  pressed.push(...presses.map((one) => one.name))
  for (const [at, what] of pressed.entries()) {
    const ms = of(({ pressesMs }) => pressesMs[at] ?? Number.NaN)
    columns.push(`${what} ${Math.round(ms)} ms${upTo(ms, GOAL_PRESS_MS)}`)
  }
  console.log(columns.join('  '))
}
