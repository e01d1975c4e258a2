/**
 * `npm run bench:pages`: measures how soon each page is there on a phone with a quarter of this
 * machine's speed and a slow 4G line, and how far anything moves while it loads. The goals: main
 * content within 1.8 s, shift at most 0.02.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type BrowserContext, chromium, type Page } from '@playwright/test'
import { SEED_PASSWORD } from '../dev/seed/people.ts'
import type { ReaderView } from '../shared/protocol/views.ts'

const RUNS = 5
const SLOWER = 4
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 204_800, uploadThroughput: 96_000 } // bytes a second
const GOAL_MS = 1_800
const GOAL_SHIFT = 0.02
const GOAL_PRESS_MS = 100
const MANY = 3_000

interface Seen {
  firstMs: number
  mainMs: number
  shift: number
  kilobytes: number
  /** Elements on the page. */
  nodes: number
  /** Time from a letter in the search to its result on the screen. */
  searchMs?: number
}

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
  createInterface(server.stdout).on('line', (line) => found(/ at (\S+),/.exec(line)?.[1] ?? ''))
})
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})

console.log(`${RUNS} cold visits each, ${SLOWER}× slower, slow 4G; the median of them`)
try {
  for (const [name, path, email, readers] of [
    ['home', '/', undefined, 0],
    ['client dashboard', '/dashboard', 'anareyes@example.com', 0],
    [`${MANY} readers`, '/dashboard', 'anareyes@example.com', MANY],
    ['reader dashboard', '/dashboard', 'maralind@example.com', 0],
    ['summary', 'latest session', 'anareyes@example.com', 0],
  ] as const) {
    const seen: Seen[] = []
    for (let run = 0; run < RUNS; run += 1) seen.push(await visit(path, email, readers))
    print(name, seen)
  }
} finally {
  await browser.close()
  const gone = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  await gone
  rmSync(folder, { recursive: true, force: true })
}

async function visit(path: string, email: string | undefined, readers: number): Promise<Seen> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true })
  const where = email ? await logIn(context, path, email) : path
  const page = await context.newPage()
  // The list is made here, so that no bench has to register thousands; it costs no time on the line.
  if (readers > 0)
    await page.route('**/readers', (route) => route.fulfill({ json: { readers: many(readers) } }))
  const line = await context.newCDPSession(page)
  await line.send('Network.clearBrowserCache')
  await line.send('Network.emulateNetworkConditions', SLOW_4G)
  await line.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  await page.goto(`${origin}${where}`, { waitUntil: 'networkidle' })
  const seen = await measure(page)
  const timed = readers > 0 ? { ...seen, searchMs: await search(page) } : seen
  await context.close()
  return timed
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

async function logIn(context: BrowserContext, path: string, email: string): Promise<string> {
  await context.request.post(`${origin}/login`, { data: { email, password: SEED_PASSWORD } })
  if (path !== 'latest session') return path
  const answer = await context.request.get(`${origin}/sessions`)
  const { sessions } = (await answer.json()) as { sessions: { id: string }[] }
  return `/session/${sessions[0]?.id}`
}

function measure(page: Page): Promise<Seen> {
  return page.evaluate(async () => {
    const entries = <T>(type: string) =>
      new Promise<T[]>((resolve) => {
        const found: T[] = []
        const observer = new PerformanceObserver((list) => found.push(...(list.getEntries() as T[])))
        observer.observe({ type, buffered: true })
        setTimeout(() => {
          observer.disconnect()
          resolve(found)
        }, 200)
      })
    const paints = await entries<PerformanceEntry>('largest-contentful-paint')
    const shifts = await entries<PerformanceEntry & { value: number }>('layout-shift')
    const loads = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
    return {
      firstMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
      mainMs: paints.at(-1)?.startTime ?? 0,
      shift: shifts.reduce((sum, { value }) => sum + value, 0),
      kilobytes: loads.reduce((sum, { transferSize }) => sum + transferSize, 0) / 1024,
      nodes: document.querySelectorAll('*').length,
    }
  })
}

function print(name: string, seen: readonly Seen[]): void {
  const of = (pick: (one: Seen) => number) =>
    seen.map(pick).sort((a, b) => a - b)[Math.floor(seen.length / 2)] ?? Number.NaN
  const [main, shift] = [of(({ mainMs }) => mainMs), of((one) => one.shift)]
  const columns = [
    name.padEnd(18),
    `first paint ${Math.round(of(({ firstMs }) => firstMs))} ms`,
    `main content ${Math.round(main)} ms ${main <= GOAL_MS ? '' : `(goal ${GOAL_MS})`}`,
    `shift ${shift.toFixed(3)} ${shift <= GOAL_SHIFT ? '' : `(goal ${GOAL_SHIFT})`}`,
    `${Math.round(of(({ kilobytes }) => kilobytes))} KB`,
    `${of(({ nodes }) => nodes)} elements`,
  ]
  if (seen[0]?.searchMs !== undefined) {
    const ms = of(({ searchMs = Number.NaN }) => searchMs)
    columns.push(`search ${Math.round(ms)} ms ${ms <= GOAL_PRESS_MS ? '' : `(goal ${GOAL_PRESS_MS})`}`)
  }
  console.log(columns.join('  '))
}
