/** Tests that the foot of a page waits for the page, so that it does not jump. */
import { expect } from '@playwright/test'
import { arrive } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

test('the foot appears below what a page loads, not before it', async ({ browser, shared }) => {
  const client = await arrive(browser, shared.origin, { role: 'client', name: 'Ana Reyes' })
  const foot = client.getByRole('contentinfo')
  for (const path of ['/dashboard', '/history', '/account']) {
    let letThrough = () => {}
    const held = new Promise<void>((resolve) => {
      letThrough = resolve
    })
    await client.route('**/me', async (route) => {
      await held
      await route.continue()
    })
    await client.goto(`${shared.origin}${path}`)
    await expect(client.getByRole('main')).toBeAttached()
    await expect(foot, path).toBeHidden()
    letThrough()
    await expect(foot, path).toBeVisible()
    await client.unroute('**/me')
  }
})
