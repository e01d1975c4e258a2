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

const RUNS = 5
const SLOWER = 4
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 204_800, uploadThroughput: 96_000 } // bytes a second
const GOAL_MS = 1_800
const GOAL_SHIFT = 0.02

interface Seen {
  firstMs: number
  mainMs: number
  shift: number
  kilobytes: number
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
  for (const [name, path, email] of [
    ['home', '/', undefined],
    ['client dashboard', '/dashboard', 'anareyes@example.com'],
    ['reader dashboard', '/dashboard', 'maralind@example.com'],
    ['summary', 'latest session', 'anareyes@example.com'],
  ] as const) {
    const seen: Seen[] = []
    for (let run = 0; run < RUNS; run += 1) seen.push(await visit(path, email))
    print(name, seen)
  }
} finally {
  await browser.close()
  const gone = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  await gone
  rmSync(folder, { recursive: true, force: true })
}

async function visit(path: string, email: string | undefined): Promise<Seen> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true })
  const where = email ? await logIn(context, path, email) : path
  const page = await context.newPage()
  const line = await context.newCDPSession(page)
  await line.send('Network.clearBrowserCache')
  await line.send('Network.emulateNetworkConditions', SLOW_4G)
  await line.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  await page.goto(`${origin}${where}`, { waitUntil: 'networkidle' })
  const seen = await measure(page)
  await context.close()
  return seen
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
  ]
  console.log(columns.join('  '))
}
