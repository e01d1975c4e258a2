/** Tests that a client continues with the same reader after paying. */
import { expect } from '@playwright/test'
import { meet } from '../support/e2e/calls.ts'
import { holdRequests } from '../support/e2e/late.ts'
import { answer, ring } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

test.use({ settings: { BILLING_INTERVAL_MS: '1000' } })

test('a client whose money ran out pays and goes on with the same reader, from the summary', async ({
  browser,
  server,
}) => {
  const { client, reader } = await meet({ client: browser, reader: browser }, server.origin, { rate: '5.00' })
  const first = await ring(client, 'Mara Lind', 'Chat')
  await answer(reader, 'Accept')
  for (const page of [client, reader]) {
    await expect(page.getByRole('heading', { name: 'Session summary' })).toBeVisible()
  }
  await expect(reader.getByRole('button', { name: /^Continue with/ })).toHaveCount(0)
  await reader.getByRole('link', { name: 'Return to dashboard' }).click()
  await expect(reader.getByRole('switch', { name: 'Available for sessions' })).toBeChecked()

  await client.getByRole('button', { name: 'Continue with Mara Lind' }).click()
  await expect(client.getByText('Your balance does not cover the first minute.')).toBeVisible()
  await client.getByRole('button', { name: 'Pay $20.00' }).click()
  await expect(client.getByRole('heading', { name: /^Calling/ })).toBeVisible()
  expect(client.url()).not.toContain(first)
  await expect(reader.getByRole('dialog', { name: 'Incoming request' })).toContainText(
    'chat session at $5.00/min',
  )
})

test('a client who closes the payment while it is under way gets the money, and no call', async ({
  browser,
  server,
}) => {
  const { client, reader } = await meet({ client: browser, reader: browser }, server.origin, { rate: '5.00' })
  await ring(client, 'Mara Lind', 'Chat')
  await answer(reader, 'Accept')
  await expect(client.getByRole('heading', { name: 'Session summary' })).toBeVisible()
  const paying = client.waitForRequest('**/add-funds/confirm')
  const release = await holdRequests(client, '**/add-funds/confirm')
  await client.getByRole('button', { name: 'Continue with Mara Lind' }).click()
  await client.getByRole('button', { name: 'Pay $20.00' }).click()
  await paying
  await client.getByRole('button', { name: 'Not now' }).click()
  release()
  await expect(client.getByText('$20.00 added').first()).toBeVisible()
  await expect(client.getByRole('heading', { name: 'Session summary' })).toBeVisible()
  await client.getByRole('button', { name: 'Continue with Mara Lind' }).click()
  await expect(client.getByRole('heading', { name: /^Calling/ })).toBeVisible()
})
