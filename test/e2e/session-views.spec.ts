/** Tests that a session fits every phone: upright, on its side, beside another app, with large text. */
import { expect, type Page } from '@playwright/test'
import { call, hangUp, meet } from '../support/e2e/calls.ts'
import { brokenWords, coverFrom, hiddenControls, sidewaysScroll } from '../support/e2e/layout.ts'
import { test } from '../support/e2e/test.ts'
import { sample } from '../support/sample.ts'

// A session waits as long as its page is looked at.
test.use({ settings: { RECONNECT_GRACE_MS: '600000' } })

interface View {
  readonly width: number
  readonly height: number
  readonly text?: '100%' | '200%'
}

const VIEWS: readonly View[] = [
  { width: 844, height: 390 },
  { width: 740, height: 360 },
  { width: 667, height: 375 },
  { width: 915, height: 412 },
  { width: 568, height: 320 },
  { width: 320, height: 568 },
  { width: 360, height: 640 },
  { width: 390, height: 844 },
  { width: 430, height: 420 }, // beside another app, one above the other
  { width: 320, height: 720 }, // beside another app, side by side
  { width: 768, height: 1024 },
  { width: 1024, height: 768 },
  { width: 1280, height: 800 },
  { width: 390, height: 844, text: '200%' },
  { width: 844, height: 390, text: '200%' },
  { width: 320, height: 568, text: '200%' },
  { width: 1280, height: 800, text: '200%' },
]

/** Small phones with large text, while a notice takes room too. */
const WITH_NOTICE: readonly View[] = [
  { width: 375, height: 667, text: '200%' },
  { width: 360, height: 640, text: '200%' },
  { width: 320, height: 568, text: '200%' },
]

/** Says whether what is written in the chat competes for the room. */
const isTight = ({ height, text }: View) => height < 600 || text === '200%'

for (const kind of sample(['Video', 'Voice', 'Chat'] as const, 1, 'kinds')) {
  test(`every control of a ${kind.toLowerCase()} session is on every screen`, async ({ browser, server }) => {
    const pair = await meet({ client: browser, reader: browser }, server.origin)
    await call(pair, kind)
    for (const page of [pair.client, pair.reader]) {
      await expect(page.getByRole('button', { name: 'End session' })).toBeVisible()
      await expect(page.getByTestId('quality'), 'it takes room once it is measured').toBeVisible()
      for (const view of sample(VIEWS, 10, kind)) await expectAllInView(page, view)
    }
    await look(pair.client, { width: 390, height: 844 })
    await expect(pair.client.locator('.meter-figures'), 'each figure has its name').toMatchAriaSnapshot(`
      - term: Charged at $0.50/min
      - definition: /\\$/
      - term: Balance
      - definition: /\\$/
      - term: Time left
      - definition: /:/
    `)
    await expect(pair.reader.locator('.meter-figures')).toContainText('Earned at $0.50/min')
    await expectAboveKeyboard(pair.client)
    await pair.client.getByRole('textbox', { name: 'Message' }).fill('Can you see me?')
    await pair.client.getByRole('button', { name: 'Send' }).click()
    for (const page of [pair.client, pair.reader]) {
      await expect(page.getByRole('log')).toContainText('Can you see me?')
      for (const view of sample(VIEWS.filter(isTight), 7, kind)) await expectAllInView(page, view)
    }
    await pair.client.context().setOffline(true)
    await expect(pair.client.getByText('Paused, not charging. You are offline.')).toBeVisible()
    for (const view of WITH_NOTICE) await expectAllInView(pair.client, view)
    await pair.client.context().setOffline(false)
    await expect(pair.client.getByTestId('connection-state')).toHaveText('Connected')
    await hangUp([pair.client, pair.reader])
    for (const view of VIEWS.filter(({ text }) => text)) await expectNoSidewaysScroll(pair.client, view)
  })
}

const KEYBOARDS = [
  { width: 390, height: 844, seen: 460 },
  { width: 375, height: 667, seen: 350 },
  { width: 844, height: 390, seen: 200 },
]

async function expectAboveKeyboard(page: Page): Promise<void> {
  for (const { seen, ...view } of KEYBOARDS) {
    const what = `${await look(page, view)}, with a keyboard from ${seen} on`
    await coverFrom(page, seen)
    await expect.poll(() => hiddenControls(page), { message: what }).toEqual([])
    await page.getByRole('button', { name: 'Options' }).click()
    const bottom = async () => {
      const box = await page.getByRole('dialog', { name: 'Session options' }).boundingBox()
      return box && box.y >= 0 ? box.y + box.height : Number.NaN
    }
    // It rises into its place.
    await expect.poll(bottom, { message: what }).toBeLessThanOrEqual(seen)
    await page.keyboard.press('Escape')
    await coverFrom(page, undefined)
  }
}

async function expectAllInView(page: Page, view: View): Promise<void> {
  const what = await look(page, view)
  await expect.poll(() => hiddenControls(page), { message: what }).toEqual([])
  expect.soft(await sidewaysScroll(page), what).toBe(0)
  expect.soft(await brokenWords(page), what).toEqual([])
}

async function expectNoSidewaysScroll(page: Page, view: View): Promise<void> {
  const what = await look(page, view)
  expect.soft(await sidewaysScroll(page), `the summary, ${what}`).toBe(0)
}

/** Makes the window that size, and its text; returns both in words. */
async function look(page: Page, { width, height, text = '100%' }: View): Promise<string> {
  await page.setViewportSize({ width, height })
  await page.evaluate((size) => {
    document.documentElement.style.fontSize = size
  }, text)
  return `${width} × ${height}, text ${text}`
}
