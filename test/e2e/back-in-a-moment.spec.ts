/** Tests the page that is shown while the server is away. */
import { expect } from '@playwright/test'
import { arrive } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

test.use({ serviceWorkers: 'allow' })

test('while the server is away a page says so, and comes back automatically', async ({ browser, server }) => {
  const client = await arrive(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
  await client.evaluate(async () => void (await navigator.serviceWorker.ready))
  await server.end('SIGKILL')
  await client.goto(`${server.origin}/account`)
  await expect(client.getByRole('heading', { name: 'Back in a moment' })).toBeVisible()
  await server.startAgain()
  await expect(client.getByRole('heading', { name: 'Account', exact: true })).toBeVisible()
})
