/** Tests what is on the screen of a phone, and that nothing moves under a thumb. */
import { type Browser, chromium, expect, type Locator } from '@playwright/test'
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

test('many notices make the own picture smaller, and the button to hear never covers it', async ({
  browser,
  shared,
}) => {
  const page = await browser.newPage({ viewport: { width: 320, height: 568 } })
  for (const name of ['low-funds-added', 'session-end-failed']) {
    await openState(page, shared.origin, stateOf(name), { isOffline: true })
    const picture = await page.locator('#local-video').boundingBox()
    const button = await page.getByRole('button', { name: 'Tap to hear' }).boundingBox()
    if (!picture || !button) throw new Error('there is no picture, or no button')
    expect.soft(picture.width, `${name}: as wide as elsewhere at most`).toBeLessThanOrEqual(320 * 0.26)
    const isClear = picture.y + picture.height <= button.y || picture.x >= button.x + button.width
    expect.soft(isClear, name).toBe(true)
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

test('the ring around a box to tick covers no word of its error', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 768, height: 1024 } })
  for (const [name, words] of [
    ['account-delete-missing', 'Tick the box, or'],
    ['client-terms-unticked', 'Tick the box to accept'],
  ] as const) {
    await openState(page, shared.origin, stateOf(name))
    const boxEnd = await page
      .getByRole('dialog')
      .getByRole('checkbox')
      .evaluate((box) => box.getBoundingClientRect().bottom)
    const top = await page.getByText(words).evaluate((said) => said.getBoundingClientRect().top)
    expect.soft(top - boxEnd, name).toBeGreaterThanOrEqual(5)
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

test('two answers stand beside each other or each in its line, and none breaks in two', async ({
  browser,
  shared,
}) => {
  for (const width of [320, 360, 390]) {
    const page = await browser.newPage({ viewport: { width, height: 844 } })
    for (const name of ['account-delete-reader', 'low-funds', 'reader-rings']) {
      await openState(page, shared.origin, stateOf(name))
      const lines = await linesOf(page.locator('.apart > .button'))
      expect.soft(lines, `${name} at ${width} px`).toEqual([1, 1])
    }
  }
})

test('an answer that is pushed into a line of its own still looks like a button', async ({
  browser,
  shared,
}) => {
  for (const [name, width] of [
    ['funds-added', 320],
    ['funds-then-call', 320],
    ['reader-lapsed', 320],
    ['check-before-call', 320],
    ['check-before-call', 390],
    ['account-email-pending', 390],
  ] as const) {
    const page = await browser.newPage({ viewport: { width, height: 844 } })
    await openState(page, shared.origin, stateOf(name))
    const adrift = await page.locator('.row > .button').evaluateAll((buttons) => {
      const boxOf = (element: Element) => element.getBoundingClientRect()
      const middle = ({ left, right }: DOMRect) => (left + right) / 2
      return buttons
        .filter((button) => {
          const row = button.parentElement
          if (!row) throw new Error('no row')
          const inLine = [...row.children].filter((other) => boxOf(other).top === boxOf(button).top)
          const isCentred = Math.abs(middle(boxOf(button)) - middle(boxOf(row))) < 1
          const hasEdge = getComputedStyle(button).borderTopColor !== 'rgba(0, 0, 0, 0)'
          return inLine.length === 1 && !isCentred && !hasEdge && !button.matches('.primary')
        })
        .map((button) => button.textContent)
    })
    expect.soft(adrift, `${name} at ${width} px`).toEqual([])
  }
})

test('no word is left alone in the last line of what is said', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 }, isMobile: true })
  for (const [name, words] of [
    ['account', 'It takes effect when you open the link we email you.'],
    ['ringing', 'A video session at $2.50/min.'],
    ['summary', 'Charged: 724 s'],
  ] as const) {
    await openState(page, shared.origin, stateOf(name))
    const said = page.locator('p').filter({ hasText: words })
    const inLastLine = await said.evaluate((element) => {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
      const lines: number[] = []
      while (walker.nextNode()) {
        const text = walker.currentNode as Text
        for (const { 0: word, index } of text.data.matchAll(/\S+/g)) {
          const range = document.createRange()
          range.setStart(text, index)
          range.setEnd(text, index + word.length)
          lines.push(Math.round(range.getBoundingClientRect().bottom))
        }
      }
      return lines.filter((line) => line === lines.at(-1)).length
    })
    expect(inLastLine, name).toBeGreaterThan(1)
  }
})

test('on its side, a phone shows all of what is said of a blocked camera', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 844, height: 390 } })
  for (const name of ['video-denied', 'video-denied-reader']) {
    await openState(page, shared.origin, stateOf(name))
    const hidden = await page.locator('.banners').evaluate((box) => box.scrollHeight - box.clientHeight)
    expect(hidden, name).toBe(0)
  }
})

test('on the narrowest phones a saved card keeps its name in one line', async ({ browser, shared }) => {
  for (const width of [320, 390]) {
    const page = await browser.newPage({ viewport: { width, height: 844 } })
    await openState(page, shared.origin, stateOf('funds-card'))
    const lines = await linesOf(page.locator('.top-up-saved > b'))
    expect(lines, `${width} px`).toEqual([1, 1, 1])
  }
})

test('on its side, a phone that rings shows "Cancel", clear of the bar of a lost connection', async ({
  browser,
  shared,
}) => {
  for (const viewport of ON_ITS_SIDE) {
    const page = await browser.newPage({ viewport })
    await openState(page, shared.origin, stateOf('ringing-offline'))
    const bar = await page.locator('.connection-bar').evaluate((box) => box.getBoundingClientRect().top)
    const end = await page
      .getByRole('button', { name: 'Cancel' })
      .evaluate((box) => box.getBoundingClientRect().bottom)
    expect(end, `${viewport.width} × ${viewport.height}`).toBeLessThan(bar)
  }
})

test('every window has a title of one size, wherever it is opened', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  for (const name of ['funds', 'funds-to-call', 'check-before-call', 'account-proof']) {
    await openState(page, shared.origin, stateOf(name))
    await expect(page.getByRole('dialog').getByRole('heading'), name).toHaveCSS('font-size', '28px')
  }
})

test('a phone of 320 px shows all of the way out of a blocked camera', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 320, height: 568 } })
  await openState(page, shared.origin, stateOf('check-denied'))
  const end = await page
    .getByRole('button', { name: 'Try again' })
    .evaluate((box) => box.getBoundingClientRect().bottom)
  const foot = await page.locator('.device-ways').evaluate((box) => box.getBoundingClientRect().top)
  expect(end).toBeLessThanOrEqual(foot)
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

/** Returns the number of lines that the text of each element takes. */
function linesOf(found: Locator): Promise<number[]> {
  return found.evaluateAll((elements) => {
    return elements.map((element) => {
      const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
      const range = document.createRange()
      const bottoms = new Set<number>()
      while (texts.nextNode()) {
        range.selectNode(texts.currentNode)
        for (const { bottom } of range.getClientRects()) bottoms.add(Math.round(bottom))
      }
      return bottoms.size
    })
  })
}

/** Starts a browser whose user has chosen this size of text, in px. */
function withTextOf(size: number): Promise<Browser> {
  const { launchOptions } = test.info().project.use
  const args = [...(launchOptions?.args ?? []), `--blink-settings=defaultFontSize=${size}`]
  return chromium.launch({ ...launchOptions, args })
}
