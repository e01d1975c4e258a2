/**
 * `npm run sheets [-- WORD …]`: takes a picture of every state of the catalogue at every size and in
 * both themes, and puts them together as contact sheets in test-results/sheets, for eyes. Words
 * choose states by their names, a theme, a size (`390x844`), and looks: `hover`, `focus`, `active`,
 * `offline`, `forced`.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Browser, chromium, type Page } from '@playwright/test'
import { GROUPS } from '../dev/states/page/catalogue.ts'
import type { State } from '../dev/states/page/state.ts'
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
const themes = THEMES.filter((theme) => words.includes(theme))
const chosenSizes = SIZES.filter(({ width, height }) => words.includes(`${width}x${height}`))
const wanted = words.filter(
  (word) => !/^\d+x\d+$/.test(word) && ![...LOOKS, ...THEMES].some((one) => one === word),
)
const isWanted = ({ name }: State) => wanted.length === 0 || wanted.some((word) => name.includes(word))

mkdirSync(FOLDER, { recursive: true })
const server = await startServer({})
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  for (const look of looks.length > 0 ? looks : (['rest'] as const)) {
    for (const theme of themes.length > 0 ? themes : THEMES) {
      for (const [group, states] of Object.entries(GROUPS)) {
        await makeSheets(browser, { look, theme, group, states: states.filter(isWanted) })
      }
    }
  }
} finally {
  await browser.close()
  await server.stop()
}

interface Sheet {
  readonly look: Look
  readonly theme: (typeof THEMES)[number]
  readonly group: string
  readonly states: readonly State[]
}

interface Tile {
  readonly name: string
  readonly data: string
}

/** Makes the sheets of one group in one look and theme, at every size. */
async function makeSheets(browser: Browser, sheet: Sheet): Promise<void> {
  const { look, theme, group, states } = sheet
  const usual = look === 'rest' ? SIZES : CLOSELY
  const sizes = chosenSizes.length > 0 ? chosenSizes : usual
  const context = await browser.newContext({
    reducedMotion: 'reduce',
    locale: 'en-US',
    serviceWorkers: 'block',
    forcedColors: look === 'forced' ? 'active' : 'none',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const tiles = new Map<Size, Tile[]>(sizes.map((size) => [size, []]))
  for (const state of states) {
    // Each size is opened as itself: a page that scrolls to something does so once, as it opens.
    for (const [{ width, height }, taken] of tiles) {
      await page.setViewportSize({ width, height })
      const data = await pictureOf(page, state, sheet)
      if (data) taken.push({ name: state.name, data })
    }
  }
  await context.close()
  for (const [size, taken] of tiles) {
    for (let at = 0; at < taken.length; at += size.most) {
      const place = `${size.width}x${size.height}_${theme}_${look}_${at / size.most + 1}`
      await putTogether(browser, taken.slice(at, at + size.most), {
        scale: size.scale,
        name: `${group.replace(/\W+/g, '-')}_${place}`,
      })
    }
  }
}

/**
 * Opens a state, and returns its picture in base64. Prints why, and returns nothing, where it is not
 * reached, as one behind a button that only small screens have.
 */
async function pictureOf(page: Page, state: State, { look, theme }: Sheet): Promise<string | undefined> {
  try {
    await openState(page, server.origin, state, { theme, isOffline: look === 'offline' })
  } catch (error) {
    console.log(`${state.name} at ${page.viewportSize()?.width} px: ${error}`)
    return undefined
  }
  if (look === 'hover' || look === 'focus' || look === 'active') {
    await force(page, await inspector(page), look)
  }
  return (await page.screenshot({ animations: 'disabled' })).toString('base64')
}

/** Puts pictures on one sheet, `scale` times their size. */
async function putTogether(
  browser: Browser,
  tiles: readonly Tile[],
  { scale, name }: { scale: number; name: string },
): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1_600, height: 400 } })
  const figures = tiles.map(
    ({ name, data }) =>
      `<figure><img src="data:image/png;base64,${data}"><figcaption>${name}</figcaption></figure>`,
  )
  await page.setContent(`<style>
    body { display: flex; flex-wrap: wrap; gap: 6px; margin: 6px; font: 12px sans-serif; background: #888 }
    figure { margin: 0 }
    img { zoom: ${scale} }
  </style>${figures.join('')}`)
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true })
  await page.close()
  console.log(`${name}.png`)
}
