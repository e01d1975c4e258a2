/** Tests what is on the screen of a phone, and that nothing moves under a thumb. */
import { type Browser, chromium, expect } from '@playwright/test'
import { sidewaysScroll } from '../support/e2e/layout.ts'
import { openState, stateOf } from '../support/e2e/states.ts'
import { test } from '../support/e2e/test.ts'

const ON_ITS_SIDE = [
  { width: 844, height: 390 },
  { width: 667, height: 375 },
]

test('a client whose phone lies on its side sees the first reader at once', async ({ browser, shared }) => {
  for (const viewport of ON_ITS_SIDE) {
    const page = await browser.newPage({ viewport })
    await openState(page, shared.origin, stateOf('client'))
    await expect(page.getByRole('heading', { name: 'Mara Lind' })).toBeInViewport({ ratio: 1 })
  }
})

test('on its side, a window over a call leaves the meter in view', async ({ browser, shared }) => {
  for (const viewport of ON_ITS_SIDE) {
    const page = await browser.newPage({ viewport, reducedMotion: 'reduce' })
    for (const name of ['options', 'low-funds-declined']) {
      await openState(page, shared.origin, stateOf(name))
      const top = await page.getByRole('dialog').evaluate((box) => box.getBoundingClientRect().top)
      const meterEnd = await page.locator('.meter').evaluate((meter) => meter.getBoundingClientRect().bottom)
      expect(top, `${name} at ${viewport.width} × ${viewport.height}`).toBeGreaterThanOrEqual(meterEnd)
    }
  }
})

test('the narrowest phone shows the whole width of every window', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 320, height: 568 } })
  for (const name of ['check', 'check-before-call', 'funds-to-call', 'client-terms']) {
    await openState(page, shared.origin, stateOf(name))
    expect(await sidewaysScroll(page), name).toBe(0)
  }
})

test('the button to hear the other covers no face', async ({ browser, shared }) => {
  for (const viewport of [...ON_ITS_SIDE, { width: 320, height: 568 }]) {
    const page = await browser.newPage({ viewport })
    await openState(page, shared.origin, stateOf('paused-mine'))
    const faceEnd = await page
      .locator('.no-picture .avatar')
      .evaluate((face) => face.getBoundingClientRect().bottom)
    const button = page.getByRole('button', { name: 'Tap to hear' })
    const top = await button.evaluate((box) => box.getBoundingClientRect().top)
    expect(top, `${viewport.width} × ${viewport.height}`).toBeGreaterThanOrEqual(faceEnd)
  }
})

test('what comes below the search keeps clear of it', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 768, height: 1024 } })
  for (const [name, words] of [
    ['client-all-offline', 'No reader is available right now.'],
    ['client-reader-gone', 'This reader is no longer available.'],
    ['client-lists-failed', 'The list of readers could not be loaded.'],
  ] as const) {
    await openState(page, shared.origin, stateOf(name))
    const end = await page.locator('.search').evaluate((box) => box.getBoundingClientRect().bottom)
    const part = page.locator('.readers').locator('.alert, .hint').filter({ hasText: words }).first()
    const top = await part.evaluate((box) => box.getBoundingClientRect().top)
    expect.soft(top - end, name).toBeGreaterThanOrEqual(8)
  }
})

test('the boxes of a window end at one edge', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 768, height: 1024 } })
  for (const [name, boxes] of [
    ['account-delete-missing', '.alert, .notice, .field-box, .apart'],
    ['bank-asks', '.button'],
  ] as const) {
    await openState(page, shared.origin, stateOf(name))
    const edges = await page
      .getByRole('dialog')
      .locator(boxes)
      .evaluateAll((found) => found.map((box) => Math.round(box.getBoundingClientRect().right)))
    expect(edges.length, name).toBeGreaterThan(1)
    expect.soft(new Set(edges).size, `${name}: ${edges}`).toBe(1)
  }
})

test('on a phone, what can be done with a card, a passkey or a login looks like a button', async ({
  browser,
  shared,
}) => {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
  await openState(page, shared.origin, stateOf('account-cards'))
  const buttons = page.locator('.logins .button, .saved-cards .button')
  await expect(buttons).toHaveCount(7)
  for (const button of await buttons.all()) {
    await expect(button).not.toHaveCSS('border-top-color', 'rgba(0, 0, 0, 0)')
  }
  const tops = await page
    .getByRole('button', { name: 'Mastercard' })
    .evaluateAll((found) => found.map((one) => Math.round(one.getBoundingClientRect().top)))
  expect(tops).toHaveLength(2)
  expect(new Set(tops).size, `${tops}`).toBe(1)
})

test('on the narrowest phone "$20.00 added" comes before what it answers', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 320, height: 568 } })
  await openState(page, shared.origin, stateOf('low-funds-added'))
  await expect(page.locator('.banner')).toContainText(['$20.00 added', 'Less than a minute left'])
  await expect(page.getByText('$20.00 added', { exact: true })).toBeInViewport({ ratio: 1 })
})

test('a pause moves no button that adds funds', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
  await openState(page, shared.origin, stateOf('low-funds-later'))
  const add = page.getByRole('button', { name: 'Add funds' })
  const before = await add.boundingBox()
  await page.context().setOffline(true)
  await expect(page.getByText('Paused, not charging. You are offline.')).toBeInViewport({ ratio: 1 })
  expect(await add.boundingBox()).toEqual(before)
})

test('a lost connection moves nothing, and its bar does not cover the foot', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
  await openState(page, shared.origin, stateOf('client'))
  const video = page.getByRole('button', { name: 'Video' }).first()
  const before = await video.boundingBox()
  await page.context().setOffline(true)
  const bar = page.getByText('You are offline.')
  await expect(bar).toBeInViewport({ ratio: 1 })
  expect(await video.boundingBox()).toEqual(before)
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
  const barTop = await page.locator('.connection-bar').evaluate((box) => box.getBoundingClientRect().top)
  const foot = page.getByRole('contentinfo').getByRole('link').last()
  await expect
    .poll(() => foot.evaluate((link) => link.getBoundingClientRect().bottom))
    .toBeLessThanOrEqual(barTop)
})

test('a reader whose connection is lost sees nothing move', async ({ browser, shared }) => {
  for (const width of [320, 390, 1280]) {
    const page = await browser.newPage({ viewport: { width, height: 844 } })
    const places = async (name: string) => {
      await openState(page, shared.origin, stateOf(name))
      return page.getByRole('heading').evaluateAll((headings) => {
        return headings.map((heading) => heading.getBoundingClientRect().top)
      })
    }
    expect(await places('reader-offline'), `${width} px`).toEqual(await places('reader-available'))
  }
})

test('the places of the header find the room that is kept for them, with larger text too', async ({
  browser,
  shared,
}) => {
  const large = await withTextOf(32)
  for (const [used, sizes] of [
    [browser, [320, 600]],
    [large, [320, 390, 560, 900]],
  ] as const) {
    const page = await used.newPage({ viewport: { width: 390, height: 1_000 } })
    for (const width of sizes) {
      await page.setViewportSize({ width, height: 1_000 })
      await openState(page, shared.origin, stateOf('client'))
      const [height, kept] = await page.locator('.top').evaluate((top) => {
        return [top.getBoundingClientRect().height, Number.parseFloat(getComputedStyle(top).minHeight)]
      })
      expect(height, `${used === large ? 'large text' : 'usual text'} at ${width} px`).toBe(kept)
    }
  }
  await large.close()
})

/** Starts a browser whose user has chosen this size of text, in px. */
function withTextOf(size: number): Promise<Browser> {
  const { launchOptions } = test.info().project.use
  const args = [...(launchOptions?.args ?? []), `--blink-settings=defaultFontSize=${size}`]
  return chromium.launch({ ...launchOptions, args })
}
