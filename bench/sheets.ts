/**
 * `npm run sheets [-- WORD …]`: takes a picture of every state of the catalogue at every size and in
 * both themes, and puts them together as contact sheets in test-results/sheets, for eyes. Words
 * choose states by their names, and looks: `hover`, `focus`, `active`, `offline`, `forced`.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Browser, chromium, type Page } from '@playwright/test'
import { GROUPS } from '../dev/states/page/catalogue.ts'
import type { State } from '../dev/states/page/state.ts'
import { findProgram } from '../scripts/setup.js'
import { force, inspector } from '../test/support/e2e/looks.ts'
import { startServer } from '../test/support/e2e/server.ts'
import { openState } from '../test/support/e2e/states.ts'

const FOLDER = resolve('test-results/sheets')
const THEMES = ['dark', 'light'] as const
const LOOKS = ['rest', 'hover', 'focus', 'active', 'offline', 'forced'] as const
type Look = (typeof LOOKS)[number]

interface Size {
  readonly width: number
  readonly height: number
  /** Size of a picture on a sheet, and the most that are on one. */
  readonly scale: number
  readonly most: number
}

const SIZES: readonly Size[] = [
  { width: 320, height: 568, scale: 0.6, most: 24 },
  { width: 390, height: 844, scale: 0.5, most: 24 },
  { width: 844, height: 390, scale: 0.45, most: 24 },
  { width: 768, height: 1024, scale: 0.34, most: 18 },
  { width: 1280, height: 800, scale: 0.31, most: 20 },
]
const CLOSELY = SIZES.filter(({ width }) => width === 390)

const words = process.argv.slice(2)
const looks = LOOKS.filter((look) => words.includes(look))
const wanted = words.filter((word) => !LOOKS.some((look) => look === word))
const isWanted = ({ name }: State) => wanted.length === 0 || wanted.some((word) => name.includes(word))

rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
const server = await startServer({})
const browser = await chromium.launch({
  executablePath: findProgram('chromium') ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  for (const look of looks.length > 0 ? looks : (['rest'] as const)) {
    for (const theme of THEMES) {
      for (const size of look === 'rest' ? SIZES : CLOSELY) await takeAll(browser, theme, size, look)
    }
  }
} finally {
  await browser.close()
  await server.stop()
}

/** Makes the sheets of one theme, size and look. */
async function takeAll(browser: Browser, theme: (typeof THEMES)[number], size: Size, look: Look) {
  const { width, height } = size
  const context = await browser.newContext({
    viewport: { width, height },
    reducedMotion: 'reduce',
    locale: 'en-US',
    serviceWorkers: 'block',
    forcedColors: look === 'forced' ? 'active' : 'none',
    hasTouch: width < 900,
    isMobile: width < 900,
  })
  const page = await context.newPage()
  for (const [group, states] of Object.entries(GROUPS)) {
    const tiles: Tile[] = []
    for (const state of states.filter(isWanted)) {
      tiles.push({ name: state.name, data: await take(page, state, theme, look) })
    }
    for (let at = 0; at < tiles.length; at += size.most) {
      const name = [group.replace(/\W+/g, '-'), `${width}x${height}`, theme, look, at / size.most + 1].join(
        '_',
      )
      await putTogether(context.browser() ?? browser, tiles.slice(at, at + size.most), size, name)
    }
  }
  await context.close()
}

interface Tile {
  readonly name: string
  readonly data: string
}

async function take(page: Page, state: State, theme: (typeof THEMES)[number], look: Look): Promise<string> {
  await openState(page, server.origin, state, { theme, isOffline: look === 'offline' })
  if (look === 'hover' || look === 'focus' || look === 'active') {
    await force(page, await inspector(page), look)
  }
  return (await page.screenshot({ animations: 'disabled' })).toString('base64')
}

async function putTogether(browser: Browser, tiles: readonly Tile[], { width, scale }: Size, name: string) {
  const page = await browser.newPage({ viewport: { width: 1_600, height: 400 } })
  const figures = tiles.map(
    ({ name, data }) =>
      `<figure><img width="${width * scale}" src="data:image/png;base64,${data}"><figcaption>${name}</figcaption></figure>`,
  )
  await page.setContent(`<style>
    body { display: flex; flex-wrap: wrap; gap: 6px; margin: 6px; font: 12px sans-serif; background: #888 }
    figure { margin: 0 }
  </style>${figures.join('')}`)
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true })
  await page.close()
  console.log(`${name}.png`)
}
