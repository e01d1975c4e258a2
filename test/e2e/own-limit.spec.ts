/** Tests a client's own limit for a session. */
import { expect } from '@playwright/test'
import { meet } from '../support/e2e/calls.ts'
import { answer, centsIn, ring } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

test.use({ settings: { BILLING_INTERVAL_MS: '3000', LOW_FUNDS_CENTS: '0' } })

test('a session stops at the limit that its client set on the dashboard and changed while talking', async ({
  browser,
  server,
}) => {
  const { client, reader } = await meet({ client: browser, reader: browser }, server.origin, { rate: '1.50' })
  await client.getByRole('button', { name: 'Set a limit for each session' }).click()
  await client.getByLabel('Stop each session at ($)').fill('9')
  await client.getByRole('button', { name: 'Save limit' }).click()
  await expect(client.getByText('Each session stops at $9.00')).toBeVisible()

  await ring(client, 'Mara Lind', 'Chat')
  await answer(reader, 'Accept')
  await expect(client.getByTestId('connection-state')).toHaveText('Connected')
  await client.getByRole('button', { name: 'Options' }).click()
  await expect(client.getByText('This session stops automatically at $9.00.')).toBeVisible()
  await client.getByLabel('Stop this session at ($)').fill('7') // seconds away still
  await client.getByRole('button', { name: 'Save limit' }).click()

  await expect(client.getByText('The limit you set was reached')).toBeVisible()
  expect(await centsIn(client, 'summary-charged')).toBe(700)
  await expect(client.getByText('Balance after')).toBeVisible()
  await expect(reader.getByText('Balance after')).toHaveCount(0)
  await client.getByRole('link', { name: 'Return to dashboard' }).click()
  await expect(client.getByTestId('balance')).toHaveText('$3.00')
  await expect(client.getByText('$7.00 spent today')).toBeVisible()
})
