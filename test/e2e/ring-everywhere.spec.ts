/** Tests that a reader is rung on every page. */
import { expect, type Page } from '@playwright/test'
import { holdRequests } from '../support/e2e/late.ts'
import { answer, arrive, becomeAvailable, readerLine, ring } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

const GRACE_MS = 5_000 // a busy machine takes seconds from one page to the next
test.use({ settings: { PRESENCE_GRACE_MS: String(GRACE_MS) } })

/** Counts the bells that the pages of this context strike. */
async function countBells(page: Page): Promise<() => Promise<number>> {
  await page.context().addInitScript(() => {
    const { createOscillator } = AudioContext.prototype
    const counted = window as unknown as { bells: number }
    counted.bells = 0
    AudioContext.prototype.createOscillator = function () {
      counted.bells += 1
      return createOscillator.call(this)
    }
  })
  return () => page.evaluate(() => (window as unknown as { bells: number }).bells)
}

/** Checks that both are in the session, and ends it as the client. */
async function meetAndEnd(reader: Page, client: Page): Promise<void> {
  for (const page of [reader, client]) {
    await expect(page.getByTestId('connection-state')).toHaveText('Connected')
  }
  await client.getByRole('button', { name: 'End session' }).click()
  await client.getByRole('link', { name: 'Return to dashboard' }).click()
  await expect(reader.getByRole('heading', { name: 'Session summary' })).toBeVisible()
}

test('a reader is rung on History, on Account and on the summary of a session, and accepts there', async ({
  browser,
  server,
}) => {
  const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '1.00' })
  const bells = await countBells(reader)
  await becomeAvailable(reader)
  const client = await arrive(browser, server.origin, {
    role: 'client',
    name: 'Ana Reyes',
    fundsCents: 1_000,
  })

  await reader.getByRole('link', { name: 'History' }).click()
  await expect(reader.getByRole('heading', { name: 'History' })).toBeVisible()
  // Longer than a reader without a page stays available.
  await reader.waitForTimeout(GRACE_MS + 1_000)
  await ring(client, 'Mara Lind', 'Chat')
  await expect(reader.getByRole('dialog', { name: 'Incoming request' })).toBeVisible()
  await expect(reader).toHaveTitle(/Ana Reyes is calling/)
  await expect.poll(bells, 'the tap on the page before lets this one sound').toBeGreaterThan(0)
  await answer(reader, 'Accept')
  await meetAndEnd(reader, client)

  await ring(client, 'Mara Lind', 'Chat')
  await answer(reader, 'Accept')
  await meetAndEnd(reader, client)

  await reader.goto(`${server.origin}/account`)
  await expect(reader.getByRole('heading', { name: 'Account', exact: true })).toBeVisible()
  await ring(client, 'Mara Lind', 'Chat')
  await answer(reader, 'Accept')
  await meetAndEnd(reader, client)
})

test('a request accepted while the page still loads opens its session for good', async ({
  browser,
  server,
}) => {
  const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '1.00' })
  await becomeAvailable(reader)
  const client = await arrive(browser, server.origin, {
    role: 'client',
    name: 'Ana Reyes',
    fundsCents: 1_000,
  })
  const release = await holdRequests(reader, '**/sessions*')
  await ring(client, 'Mara Lind', 'Chat')
  await reader.reload()
  await answer(reader, 'Accept')
  await expect(reader.getByTestId('connection-state')).toBeVisible()
  release()
  await meetAndEnd(reader, client)
})

test('availability that lapsed is announced on the next page, with a button to return', async ({
  browser,
  server,
}) => {
  const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '1.00' })
  await becomeAvailable(reader)
  const client = await arrive(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
  const line = readerLine(client, 'Mara Lind')
  await expect(line).toContainText('Available')
  await reader.goto('about:blank')
  await expect(line).toContainText('Offline')

  await reader.goto(`${server.origin}/history`)
  await expect(reader.getByText('You are no longer available')).toBeVisible()
  await reader.getByRole('button', { name: 'Go available again' }).click()
  await expect(reader.getByText('You are no longer available')).toHaveCount(0)
  await expect(line).toContainText('Available')
})
