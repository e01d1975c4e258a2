/** Tests the pages at every width, in both themes. */
import { type Browser, expect, type Page } from '@playwright/test'
import type { SessionView } from '../../shared/protocol/session.ts'
import { contactSheet, inspect, logIn, type SeededServer, test } from '../support/e2e/pages.ts'
import { answer, arrive, ring } from '../support/e2e/people.ts'
import type { RunningServer } from '../support/e2e/server.ts'
import { sample } from '../support/sample.ts'

const READER = 'maralind@example.com'
const CLIENT = 'anareyes@example.com'

interface Given {
  browser: Browser
  seeded: SeededServer
  server: RunningServer
}

// Everybody who is seeded has less than this, so that the window for low funds comes at once.
test.use({
  seededSettings: {
    RING_TIMEOUT_MS: '120000',
    LOW_FUNDS_CENTS: '1000000',
    PRESENCE_GRACE_MS: '600000',
    // Between two looks at every page a busy machine may lose a call for a while.
    RECONNECT_GRACE_MS: '600000',
    HEARTBEAT_TIMEOUT_MS: '30000',
  },
})

/** The pages as people come to them, two walks a day; the catalogue has every state every day. */
const LOOKS: Record<string, (given: Given) => Promise<void>> = {
  'what a stranger sees, at four widths and in both themes': async ({ browser, seeded }) => {
    const stranger = await (await browser.newContext()).newPage()
    await stranger.goto(seeded.origin)
    await inspect(stranger, 'home')
    await stranger.getByRole('button', { name: 'Create account' }).click()
    await expect(stranger.getByRole('alert')).toBeVisible()
    await inspect(stranger, 'home-errors')
    await stranger.goto(`${seeded.origin}/nowhere`)
    await inspect(stranger, 'nowhere')
    for (const text of ['terms', 'privacy', 'refunds', 'help']) {
      await stranger.goto(`${seeded.origin}/${text}`)
      await inspect(stranger, text)
    }
    // Otherwise the page leaves while it is being looked at.
    await stranger.route('**/healthz', (route) => route.abort())
    await stranger.goto(`${seeded.origin}/back.html`)
    await inspect(stranger, 'back')
  },
  'what a reader sees': async ({ browser, seeded }) => {
    const reader = await logIn(browser, seeded, READER)
    await expect(reader.getByLabel('Day')).toBeVisible()
    await inspect(reader, 'reader-dashboard')
    await reader.getByRole('button', { name: 'Edit profile' }).click()
    await inspect(reader, 'reader-profile')
    await lookBack(reader, seeded.origin, 'reader')
  },
  'what a client sees': async ({ browser, seeded }) => {
    const client = await logIn(browser, seeded, CLIENT)
    await expect(client.getByRole('listitem').first()).toBeVisible()
    await inspect(client, 'client-dashboard')
    await client.getByRole('searchbox').fill('nobody at all')
    await client.getByRole('button', { name: 'Set a daily limit' }).click()
    await inspect(client, 'client-search-limits')
    await client.getByRole('button', { name: 'Add funds', exact: true }).click()
    await expect(client.getByLabel('Card number')).toBeVisible()
    await inspect(client, 'add-funds')
    await client.getByLabel('Card number').fill('4000 0000 0000 0002')
    await client.getByRole('button', { name: 'Pay $20.00' }).click()
    await expect(client.getByRole('dialog').getByRole('alert')).toBeVisible()
    await inspect(client, 'add-funds-declined')
    await client.getByLabel('Card number').fill('4242 4242 4242 4242')
    await client.getByRole('button', { name: 'Pay $20.00' }).click()
    await expect(client.getByText('$20.00 added', { exact: true })).toBeVisible()
    await inspect(client, 'added')
    await lookBack(client, seeded.origin, 'client')
  },
  'what is seen where nothing came of a call, and where the line is lost': async ({ browser, seeded }) => {
    const client = await logIn(browser, seeded, CLIENT)
    await ring(client, 'Mara Lind', 'Chat')
    await client.getByRole('button', { name: 'Cancel' }).click()
    await expect(client.getByRole('heading', { name: 'Available now' })).toBeVisible()
    await inspect(client, 'not-answered')
    await client.goto(`${seeded.origin}/payments/unknown`)
    await expect(client.getByRole('heading', { name: 'This receipt cannot be shown' })).toBeVisible()
    await inspect(client, 'no-receipt')
    const reader = await logIn(browser, seeded, READER)
    await expect(reader.getByRole('switch')).toBeVisible()
    await reader.context().setOffline(true)
    await expect(reader.getByText('You are offline.')).toBeVisible()
    await inspect(reader, 'reader-offline')
  },
  'what both see of a session': async ({ browser, seeded }) => {
    const reader = await logIn(browser, seeded, READER)
    const client = await logIn(browser, seeded, CLIENT)
    await session(reader, client)
    await contactSheet(client, 'all')
  },
  'what both see of a session by voice, and of one in writing': async ({ browser, seeded }) => {
    const reader = await logIn(browser, seeded, READER)
    const client = await logIn(browser, seeded, CLIENT)
    for (const kind of ['Voice', 'Chat'] as const) {
      await ring(client, 'Mara Lind', kind)
      await answer(reader, 'Accept')
      await expect(client.getByRole('dialog', { name: 'Low funds' })).toBeVisible()
      await client.keyboard.press('Escape')
      for (const [page, who] of [
        [client, 'client'],
        [reader, 'reader'],
      ] as const) {
        await expect(page.getByTestId('connection-state')).toHaveText('Connected')
        await expect(page.getByRole('dialog')).toHaveCount(0)
        await inspect(page, `live-${kind.toLowerCase()}-${who}`)
      }
      await client.getByRole('button', { name: 'End session' }).click()
      for (const page of [client, reader]) {
        await page.getByRole('link', { name: 'Return to dashboard' }).click()
        // A summary rings, too: the ring must not be accepted on the page that is being left.
        await page.waitForURL('**/dashboard')
      }
    }
  },
  'what newcomers see before anything has happened, and while nothing responds': async ({
    browser,
    server,
  }) => {
    const client = await arrive(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
    await expect(client.getByText('No readers have joined yet.')).toBeVisible()
    await inspect(client, 'client-empty')
    await client.goto(`${server.origin}/history`)
    await expect(client.getByText('Nothing yet.')).toBeVisible()
    await inspect(client, 'client-history-empty')
    const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '2.00' })
    await expect(reader.getByText('No readings in the last 30 days.')).toBeVisible()
    await inspect(reader, 'reader-empty')
    for (const path of ['**/readers', '**/sessions?**', '**/limits'])
      await client.route(path, (route) => route.abort())
    await client.goto(`${server.origin}/dashboard`)
    await expect(client.getByRole('button', { name: 'Try again' }).first()).toBeVisible()
    await inspect(client, 'client-no-answers')
  },
}

for (const [what, look] of sample(Object.entries(LOOKS), 2, 'looks')) test(what, look)

test('a client’s history has sessions and top-ups, each with its receipt, and goes on to its end', async ({
  browser,
  seeded,
}) => {
  const client = await logIn(browser, seeded, CLIENT)
  await client.goto(`${seeded.origin}/history`)
  const more = client.getByRole('button', { name: 'Show earlier' })
  const rows = client.getByRole('row')
  await expect(rows.nth(1)).toBeVisible()
  while (await more.isVisible()) {
    const before = await rows.count()
    await more.click()
    await expect.poll(async () => (await rows.count()) > before || !(await more.isVisible())).toBe(true)
  }
  const amounts = await rows.locator('td:last-child').allTextContents()
  const sum = amounts.reduce((cents, text) => cents + centsOf(text), 0)
  await client.getByRole('link', { name: 'Funds added' }).first().click()
  await expect(client.getByRole('heading', { name: 'Top-up receipt' })).toBeVisible()
  await expect(client.locator('.receipt')).toContainText('Visa ending in 4242')
  await inspect(client, 'client-top-up-receipt')
  await client.getByRole('link', { name: 'Dashboard', exact: true }).click()
  const balance = async () => centsOf((await client.getByTestId('balance').textContent()) ?? '')
  await expect.poll(balance).toBe(sum)
})

test('a receipt of many charges prints on one page, with the same lines for both people', async ({
  browser,
  seeded,
}) => {
  const told: string[][] = []
  for (const email of [READER, CLIENT]) {
    const page = await logIn(browser, seeded, email)
    await page.route('**/session/*', async (route) => {
      if (route.request().resourceType() !== 'fetch') return route.fallback()
      const response = await route.fetch()
      const { session, ...rest } = await response.json()
      await route.fulfill({ response, json: { ...rest, session: longer(session) } })
    })
    await page.goto(`${seeded.origin}/history`)
    await openReceipt(page)
    const rows = page.getByRole('table', { name: 'Charges' }).getByRole('row')
    told.push(await rows.allTextContents())
    const charged = await rows.locator('td:nth-child(3)').allTextContents()
    expect(charged.reduce((cents, text) => cents + centsOf(text), 0)).toBe(LONG_MINUTES * 250)
    await page.getByRole('button', { name: 'Show each minute' }).first().click()
    await expect(rows).toHaveCount((told[0]?.length ?? 0) + LONG_MINUTES)
    await inspect(page, `long-receipt-${email === READER ? 'reader' : 'client'}`)
    const printed = (await page.pdf({ format: 'A4' })).toString('latin1')
    expect(printed.match(/\/Type\s*\/Page\b/g)).toHaveLength(1)
  }
  expect(told[0]).toEqual(told[1])
  expect(told[0]?.length).toBeLessThan(10)
})

const LONG_MINUTES = 130

/** Returns the session after so many minutes at $2.50, one of them cut in two by a pause. */
function longer(session: SessionView): SessionView {
  const charges = Array.from({ length: LONG_MINUTES }, (_, index) => {
    const whole = { minute: index + 1, billedMs: (index + 1) * 60_000, cents: 250, at: session.requestedAt }
    if (index !== 40) return [whole]
    return [
      { ...whole, billedMs: index * 60_000 + 30_000, cents: 125 },
      { ...whole, cents: 125 },
    ]
  }).flat()
  const cents = LONG_MINUTES * 250
  return {
    ...session,
    rateCents: 250,
    charges,
    chargedCents: cents,
    earnedCents: cents,
    billedMs: LONG_MINUTES * 60_000,
    durationSeconds: LONG_MINUTES * 60,
  }
}

/** Returns the cents of an amount: `"−$2.50"` is less than nothing. */
function centsOf(text: string): number {
  const cents = Math.round(Number(text.replace(/[^\d.]/g, '')) * 100)
  return text.startsWith('−') ? -cents : cents
}

/** Opens from the history the newest session that cost something. */
async function openReceipt(page: Page): Promise<void> {
  const paid = page
    .getByRole('row')
    .filter({ has: page.locator('a[href^="/session/"]') })
    .filter({ hasNotText: '$0.00' })
  await paid.first().getByRole('link').click()
  await expect(page.getByRole('heading', { name: 'Receipt' })).toBeVisible()
}

async function lookBack(page: Page, origin: string, who: string): Promise<void> {
  await page.goto(`${origin}/history`)
  await expect(page.getByRole('table')).toBeVisible()
  await inspect(page, `${who}-history`)
  await openReceipt(page)
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

/**
 * Checks that the meter and "End session" are in view on the smallest window, on its side, and with
 * text twice as large.
 */
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
