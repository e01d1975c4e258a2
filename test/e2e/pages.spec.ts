import { expect, type Page } from '@playwright/test'
import { contactSheet, inspect, logIn, test } from '../support/e2e-pages.ts'
import { answer, ring } from '../support/e2e-people.ts'

const READER = 'maralind@example.com'
const CLIENT = 'anareyes@example.com'

// Everybody who is seeded has less than this, so that the window for low funds comes at once.
test.use({ settings: { RING_TIMEOUT_MS: '120000', LOW_FUNDS_CENTS: '1000000' } })

test('what a stranger sees, at four widths and in both themes', async ({ browser, seeded }) => {
  const stranger = await (await browser.newContext()).newPage()
  await stranger.goto(seeded.origin)
  await inspect(stranger, 'home')
  await stranger.getByRole('button', { name: 'Create account' }).click()
  await expect(stranger.getByRole('alert')).toBeVisible()
  await inspect(stranger, 'home-errors')
  await stranger.goto(`${seeded.origin}/nowhere`)
  await inspect(stranger, 'nowhere')
  await stranger.goto(`${seeded.origin}/back.html`)
  await inspect(stranger, 'back')
})

test('what a reader sees', async ({ browser, seeded }) => {
  const reader = await logIn(browser, seeded.origin, READER)
  await expect(reader.getByLabel('Day')).toBeVisible()
  await inspect(reader, 'reader-dashboard')
  await reader.getByRole('button', { name: 'Edit profile' }).click()
  await inspect(reader, 'reader-profile')
  await lookBack(reader, seeded.origin, 'reader')
})

test('what a client sees', async ({ browser, seeded }) => {
  const client = await logIn(browser, seeded.origin, CLIENT)
  await expect(client.getByRole('listitem').first()).toBeVisible()
  await inspect(client, 'client-dashboard')
  await client.getByRole('searchbox').fill('nobody at all')
  await client.getByRole('button', { name: 'Set a daily limit' }).click()
  await inspect(client, 'client-search-limits')
  await client.getByRole('button', { name: 'Add funds' }).click()
  await expect(client.getByLabel('Card number')).toBeVisible()
  await inspect(client, 'add-funds')
  await client.keyboard.press('Escape')
  await lookBack(client, seeded.origin, 'client')
})

test('what both see of a session', async ({ browser, seeded }) => {
  const reader = await logIn(browser, seeded.origin, READER)
  const client = await logIn(browser, seeded.origin, CLIENT)
  await session(reader, client)
  await contactSheet(client, 'all')
})

async function lookBack(page: Page, origin: string, who: string): Promise<void> {
  await page.goto(`${origin}/history`)
  await expect(page.getByRole('table')).toBeVisible()
  await inspect(page, `${who}-history`)
  await page
    .getByRole('row')
    .filter({ hasText: '$' })
    .filter({ hasNotText: '$0.00' })
    .first()
    .getByRole('link')
    .click()
  await expect(page.getByRole('heading', { name: 'Receipt' })).toBeVisible()
  await inspect(page, `${who}-receipt`)
  await page.goto(`${origin}/account`)
  await expect(page.getByText('Here, now')).toBeVisible()
  await inspect(page, `${who}-account`)
}

async function session(reader: Page, client: Page): Promise<void> {
  await ring(client, 'Mara Lind', 'Video')
  await inspect(client, 'ringing')
  await expect(reader.getByRole('dialog', { name: 'Incoming request' })).toBeVisible()
  await inspect(reader, 'incoming')
  await answer(reader, 'Accept')
  await expect(client.getByTestId('connection-state')).toHaveText('Connected')
  await expect(client.getByRole('dialog', { name: 'Low funds' })).toBeVisible()
  await inspect(client, 'low-funds')
  await client.keyboard.press('Escape')
  await client.getByRole('textbox', { name: 'Message' }).fill('Can you see me?')
  await client.getByRole('button', { name: 'Send' }).click()
  await expect(reader.getByRole('log')).toContainText('Can you see me?')
  await inspect(client, 'live-client')
  await inspect(reader, 'live-reader')
  await client.getByRole('button', { name: 'Options' }).click()
  await inspect(client, 'options')
  await client.keyboard.press('Escape')
  await staysInView(client)
  await reader.close()
  await expect(client.getByTestId('connection-state')).toHaveText('Reconnecting: paused, not charging')
  await expect(client.getByText('Mara Lind closed the page.')).toBeVisible()
  await inspect(client, 'paused')
  await client.getByRole('button', { name: 'End session' }).click()
  await expect(client.getByRole('heading', { name: 'Session summary' })).toBeVisible()
  await inspect(client, 'summary')
}

/** The meter and the way out are in view on the smallest window, on its side, and with text twice as large. */
async function staysInView(client: Page): Promise<void> {
  const views = [
    { width: 320, height: 568, text: '100%' },
    { width: 640, height: 360, text: '100%' },
    { width: 360, height: 320, text: '100%' },
    { width: 390, height: 844, text: '200%' },
  ]
  for (const { width, height, text } of views) {
    await client.setViewportSize({ width, height })
    await client.evaluate((size) => {
      document.documentElement.style.fontSize = size
    }, text)
    for (const part of [client.getByTestId('timer'), client.getByTestId('time-left'), endButton(client)]) {
      await expect(part, `${width} × ${height}, text ${text}`).toBeInViewport({ ratio: 1 })
    }
  }
  await client.evaluate(() => {
    document.documentElement.style.fontSize = ''
  })
}

const endButton = (page: Page) => page.getByRole('button', { name: 'End session' })
