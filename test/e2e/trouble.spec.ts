/** Tests what pages say when a part of them cannot be loaded. */
import { expect } from '@playwright/test'
import { ended } from '../browser/page-fakes.ts'
import { openState, stateOf } from '../support/e2e/states.ts'
import { test } from '../support/e2e/test.ts'

test('lists that cannot be loaded are named, and nothing is said of a charge', async ({
  browser,
  shared,
}) => {
  const page = await browser.newPage()
  for (const [name, missing] of [
    ['client-lists-failed', ['The list of readers', 'Your sessions', 'Your spending limits']],
    ['reader-lists-failed', ['Your earnings', 'Your sessions']],
    ['history-failed', ['Your sessions and top-ups']],
    [
      'account-lists-failed',
      [
        'The list of your logins',
        'Your passkeys',
        'Your payments',
        'Your saved cards',
        'Your spending limits',
      ],
    ],
  ] as const) {
    await openState(page, shared.origin, stateOf(name))
    const alerts = page.getByRole('alert')
    for (const what of missing) {
      const words = `${what} could not be loaded. Check your connection and try again.`
      await expect(alerts.filter({ hasText: words }), name).toHaveCount(1)
    }
    await expect(alerts.filter({ hasText: 'charge' }), name).toHaveCount(0)
  }
})

test('earlier sessions that cannot be loaded leave a sentence and the button, and get the focus when they come', async ({
  browser,
  shared,
}) => {
  const page = await browser.newPage()
  await openState(page, shared.origin, stateOf('history-reader'))
  await page.evaluate(() => {
    window.fetch = () => Promise.reject(new TypeError('Failed to fetch'))
  })
  const earlier = page.getByRole('button', { name: 'Show earlier sessions' })
  await earlier.click()
  await expect(page.getByRole('alert')).toContainText('Earlier sessions could not be loaded.')
  await expect(earlier).toBeVisible()
  await page.evaluate((session) => {
    window.fetch = async () => Response.json({ sessions: [session] })
  }, ended)
  await earlier.click()
  await expect(earlier).toHaveCount(0)
  await expect(page.getByRole('row').last().getByRole('link')).toBeFocused()
})

test('a session that could not be ended is said to be open, and not to cost nothing', async ({
  browser,
  shared,
}) => {
  const page = await browser.newPage()
  await openState(page, shared.origin, stateOf('video'))
  await page.evaluate(() => {
    window.fetch = async () => new Response(JSON.stringify({ code: 'storage_full' }), { status: 503 })
  })
  await page.getByRole('button', { name: 'End session' }).click()
  const alert = page.getByRole('alert')
  await expect(alert).toContainText('The session is still open. We cannot save anything right now.')
  await expect(alert).not.toContainText('charged')
})
