/** Tests pages whose scripts come in parts: late, missing, and of an earlier build. */
import { expect } from '@playwright/test'
import { holdRequests } from '../support/e2e/late.ts'
import { arrive, becomeAvailable, readerLine } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

const SESSION = '**/chunks/main-session-*.js'

test('a page whose part is missing reloads once, then says so, and "Try again" helps', async ({
  browser,
  shared,
}) => {
  const client = await arrive(browser, shared.origin, { role: 'client', name: 'Ana Reyes' })
  let asked = 0
  await client.route('**/account.*.js', (route) => {
    asked += 1
    return route.fulfill({ status: 404, contentType: 'application/json', body: '{}' })
  })
  await client.goto(`${shared.origin}/account`)
  await expect(client.getByRole('alert')).toContainText('This page could not be loaded.')
  expect(asked).toBe(2)
  await client.unroute('**/account.*.js')
  await client.getByRole('button', { name: 'Try again' }).click()
  await expect(client.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible()
})

test('a session that is opened before its script is here goes on when it comes', async ({
  browser,
  server,
}) => {
  const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '2.00' })
  await becomeAvailable(reader)
  const client = await arrive(browser, server.origin, {
    role: 'client',
    name: 'Ana Reyes',
    fundsCents: 1_000,
  })
  const release = await holdRequests(client, SESSION)
  await client.reload()
  await readerLine(client, 'Mara Lind').getByRole('button', { name: 'Chat' }).click()
  await client.waitForURL('**/session/*')
  await expect(client.getByText('Loading…')).toBeVisible()
  // The page hears of this once it listens.
  await reader
    .getByRole('dialog', { name: 'Incoming request' })
    .getByRole('button', { name: 'Accept' })
    .click()
  await expect(reader.getByRole('textbox', { name: 'Message' })).toBeVisible()
  release()
  await expect(client.getByRole('textbox', { name: 'Message' })).toBeVisible()
})

test('a session whose script is gone opens on its own page', async ({ browser, server }) => {
  const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '2.00' })
  await becomeAvailable(reader)
  const client = await arrive(browser, server.origin, {
    role: 'client',
    name: 'Ana Reyes',
    fundsCents: 1_000,
  })
  await client.route(SESSION, (route) => route.abort())
  const failed = client.waitForEvent('requestfailed', (request) => request.url().includes('main-session'))
  await client.goto(`${server.origin}/dashboard`)
  await failed
  await client.unroute(SESSION)
  await readerLine(client, 'Mara Lind').getByRole('button', { name: 'Chat' }).click()
  await expect(client.getByRole('button', { name: 'Cancel' })).toBeVisible()
})
