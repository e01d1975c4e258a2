/** Tests the dashboard of a client with thousands of readers. */
import { expect } from '@playwright/test'
import type { ReaderView } from '../../shared/protocol/views.ts'
import { arrive } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

const MANY = 3_000

const readers: ReaderView[] = Array.from({ length: MANY }, (_, at) => ({
  id: `r${at}`,
  name: `Reader ${at}`,
  rateCents: 250,
  // The server sends the available ones last.
  status: at < MANY - 3 ? 'offline' : 'available',
}))

test('who is available is drawn first, a screenful at once, and more on scrolling', async ({
  browser,
  server,
}) => {
  const client = await arrive(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
  await client.route('**/readers', (route) => route.fulfill({ json: { readers } }))
  await client.reload()
  const rows = client.locator('.reader-list > li')
  await expect(rows.first()).toContainText('Available')
  await expect(client.locator('.reader.available')).toHaveCount(3)
  const drawn = await rows.count()
  expect(drawn).toBeLessThan(100)

  await rows.last().scrollIntoViewIfNeeded()
  await expect.poll(() => rows.count()).toBeGreaterThan(drawn)
  expect(await rows.count()).toBeLessThan(300)

  await client.getByRole('searchbox').fill('reader 29')
  await expect(client.getByText('159 readers match.')).toBeAttached()
  await expect(rows.first()).toContainText('Reader 2997')
  expect(await rows.count()).toBeLessThan(100)
})
