/** Tests that pictures and marks can be seen where the system replaces a page's colours. */
import { expect, type Page } from '@playwright/test'
import { openState, stateOf } from '../support/e2e/states.ts'
import { test } from '../support/e2e/test.ts'

// The page's own theme is made for the other background.
const SYSTEMS = [
  { colorScheme: 'light', theme: 'dark' },
  { colorScheme: 'dark', theme: 'light' },
] as const

const STATES: Readonly<Record<string, readonly string[]>> = {
  home: ['.readers-now'],
  'client-reader-gone': ['.available .status', '.busy .status', '.alert .icon', '.search .icon'],
  'client-offline': ['.connection-bar .icon'],
  'funds-added': ['.toast .icon'],
  video: ['.quality .on'],
  'video-weak': ['.quality .on'],
  'low-funds-later': ['.banner > .icon', '.tap-to-hear .icon'],
}

test('marks and icons can be seen in forced colours', async ({ browser, shared }) => {
  const page = await browser.newPage({ forcedColors: 'active', reducedMotion: 'reduce' })
  for (const [name, marks] of Object.entries(STATES)) {
    await openState(page, shared.origin, stateOf(name))
    for (const { colorScheme, theme } of SYSTEMS) {
      await page.emulateMedia({ colorScheme })
      await page.evaluate((theme) => {
        document.documentElement.dataset.theme = theme
      }, theme)
      for (const mark of marks) {
        expect.soft(await contrastOf(page, mark), `${mark} of ${name}, ${colorScheme}`).toBeGreaterThan(3)
      }
    }
  }
})

test('what is free has a mark in forced colours too', async ({ browser, shared }) => {
  const page = await browser.newPage({ forcedColors: 'active', colorScheme: 'light' })
  await openState(page, shared.origin, stateOf('summary'))
  const white = 'rgb(255, 255, 255)'
  await expect(page.locator('.mark.free').first()).not.toHaveCSS('background-color', white)
  await expect(page.locator('.strand-line .paused').first()).not.toHaveCSS('fill', white)
})

test('the shape tells what colours no longer do', async ({ browser, shared }) => {
  const page = await browser.newPage({ forcedColors: 'active', reducedMotion: 'reduce' })
  await openState(page, shared.origin, stateOf('video'))
  await expect(page.locator('.ring-track'), 'the rest of the minute is a thin line').toHaveCSS(
    'stroke-width',
    '1px',
  )
  const off = page.locator('.quality rect:not(.on)')
  for (const name of ['video', 'video-weak']) {
    await openState(page, shared.origin, stateOf(name))
    await expect(off, `${name}: bars that are off are hollow`).toHaveCount(name === 'video' ? 0 : 2)
    for (const bar of await off.all()) await expect(bar).toHaveCSS('fill', 'none')
  }
  await openState(page, shared.origin, stateOf('reader'))
  await expect(page.locator('.chart-chosen'), 'a frame around the bar').toHaveCSS('fill', 'none')
  const edged = { 'chat-written': '.line', check: '.device-ask', funds: '.standin-note' }
  for (const [name, part] of Object.entries(edged)) {
    await openState(page, shared.origin, stateOf(name))
    await expect.soft(page.locator(part).last(), part).toHaveCSS('border-top-width', '1px')
  }
})

/** Returns the contrast of the first icon, or mark before a text, with the nearest face behind it. */
function contrastOf(page: Page, selector: string): Promise<number> {
  return page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const pixel = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
      if (!pixel) throw new Error('no canvas')
      const read = (css: string) => {
        pixel.clearRect(0, 0, 1, 1)
        pixel.fillStyle = css
        pixel.fillRect(0, 0, 1, 1)
        return [...pixel.getImageData(0, 0, 1, 1).data]
      }
      const luminance = (css: string) => {
        const [r = 0, g = 0, b = 0] = read(css).map((part) => {
          const share = part / 255
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
        })
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
      }
      const faceOf = (behind: Element): string => {
        // A video behind a button may have any colour: all of them count as the worst.
        if (behind.matches('.stage')) return ink
        const { backgroundColor } = getComputedStyle(behind)
        if (read(backgroundColor)[3] === 255) return backgroundColor
        return behind.parentElement ? faceOf(behind.parentElement) : 'Canvas'
      }
      const { backgroundColor, borderTopColor } = getComputedStyle(element, '::before')
      const mark = read(backgroundColor)[3] === 255 ? backgroundColor : borderTopColor
      const { stroke, fill } = getComputedStyle(element)
      const drawn = stroke === 'none' ? fill : stroke
      const ink = element instanceof SVGElement ? drawn : mark
      const [lighter = 0, darker = 0] = [luminance(ink), luminance(faceOf(element))].sort((a, b) => b - a)
      return (lighter + 0.05) / (darker + 0.05)
    })
}
