/** Opens pages of a seeded folder, and looks for faults on them. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Browser, type BrowserContext, expect, type Page } from '@playwright/test'
import type { AxeResults, RunOptions } from 'axe-core'
import { SEED_PASSWORD } from '../../../dev/seed/people.ts'
import { sample } from '../sample.ts'
import { brokenWords, sidewaysScroll } from './layout.ts'
import { openStage } from './media.ts'
import { type RunningServer, startServer } from './server.ts'
import { test as base } from './test.ts'

export interface SeededServer extends RunningServer {
  /** Returns the cookies of a seeded person who is logged in. */
  login(email: string): Promise<StorageState>
}

type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>

/**
 * A test beside others that share a server over a folder with people and a month of sessions, and
 * their log-ins.
 */
export const test = base.extend<object, { seededSettings: Record<string, string>; seeded: SeededServer }>({
  seededSettings: [{}, { option: true, scope: 'worker' }],
  seeded: [
    async ({ seededSettings, playwright }, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'soulseer-seeded-'))
      execFileSync(process.execPath, [resolve('dist/dev/seed/seed.js'), folder], {
        env: { PATH: process.env.PATH, BCRYPT_COST: '4' },
      })
      const server = await startServer({ DATA_DIR: folder, ...seededSettings })
      const logins = new Map<string, StorageState>()
      const login = async (email: string): Promise<StorageState> => {
        const known = logins.get(email)
        if (known) return known
        const request = await playwright.request.newContext()
        const answer = await request.post(`${server.origin}/login`, {
          data: { email, password: SEED_PASSWORD },
        })
        expect(answer.status()).toBe(200)
        const state = await request.storageState()
        await request.dispose()
        logins.set(email, state)
        return state
      }
      await use({ ...server, login })
      expect(await server.stop(), 'the server stops cleanly').toBe(0)
      rmSync(folder, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],
})

/** Opens the dashboard of a person of the seeded folder. */
export async function logIn(browser: Browser, seeded: SeededServer, email: string): Promise<Page> {
  const context = await browser.newContext({ storageState: await seeded.login(email) })
  const page = await context.newPage()
  await openStage(page)
  await page.goto(`${seeded.origin}/dashboard`)
  return page
}

const AXE = readFileSync(resolve('node_modules/axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Returns the faults that axe finds on the page, a line each; none is the goal. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(async (runOnly) => {
    const { axe } = window as unknown as {
      axe: { run(where: Document, how: RunOptions): Promise<AxeResults> }
    }
    return axe.run(document, { runOnly, resultTypes: ['violations'] })
  }, RULES)
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
}

export const SHEET = resolve('test-results/contact-sheet')

const WIDTHS = [320, 390, 768, 1280]
const LOOKS = [
  { theme: 'dark', closely: 390 },
  { theme: 'light', closely: 1280 },
]

/**
 * Checks one state of a page: no sideways scroll at any width; in each theme a picture, and nothing
 * for axe, at one. Outside a long run the day's seed chooses which of the two themes a state is
 * looked at in, and at which width besides the one of its picture.
 */
export async function inspect(page: Page, state: string): Promise<void> {
  mkdirSync(SHEET, { recursive: true })
  for (const { theme, closely } of sample(LOOKS, 1, state)) {
    await page.evaluate((theme) => {
      document.documentElement.dataset.theme = theme
    }, theme)
    const others = WIDTHS.filter((width) => width !== closely)
    for (const width of [...sample(others, 1, state), closely]) {
      await page.setViewportSize({ width, height: width < 500 ? 844 : 800 })
      expect.soft(await sidewaysScroll(page), `${state} at ${width}`).toBe(0)
      expect.soft(await brokenWords(page), `${state} at ${width}`).toEqual([])
      if (width !== closely) continue
      await page.screenshot({ path: join(SHEET, `${state}-${theme}-${width}.png`), animations: 'disabled' })
      expect.soft(await axeFindings(page), `${state}, ${theme}`).toEqual([])
    }
  }
}

/** Puts every picture on one sheet: for eyes, which see what no rule does. */
export async function contactSheet(page: Page, name: string): Promise<void> {
  const tiles = readdirSync(SHEET)
    .filter((file) => /-(dark-390|light-1280)\.png$/.test(file))
    .sort()
    .map((file) => {
      const data = readFileSync(join(SHEET, file)).toString('base64')
      return `<figure><img src="data:image/png;base64,${data}"><figcaption>${file}</figcaption></figure>`
    })
  const style =
    'body{display:flex;flex-wrap:wrap;gap:8px;font:12px sans-serif}figure{margin:0}img{height:320px}'
  await page.setViewportSize({ width: 2_000, height: 1_000 })
  await page.goto('about:blank')
  await page.setContent(`<style>${style}</style>${tiles.join('')}`)
  await page.screenshot({ path: join(SHEET, `${name}.png`), fullPage: true })
}
