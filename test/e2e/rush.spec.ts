/** Tests the form while more people log in than there are turns. */
import { expect, type Page } from '@playwright/test'
import { inspect } from '../support/e2e/pages.ts'
import { ACCEPT, arrive, nextEmail } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

const BUSY = {
  status: 503,
  headers: { 'content-type': 'application/problem+json', 'retry-after': '2' },
  body: JSON.stringify({ code: 'busy', status: 503, title: 'Service Unavailable', detail: 'Many people' }),
}

/** Refuses the first `times` requests to `path`, as the server does in a rush. */
async function beBusy(page: Page, path: string, times: number): Promise<void> {
  let left = times
  await page.route(`**${path}`, (route) => {
    left -= 1
    return left < 0 ? route.continue() : route.fulfill(BUSY)
  })
}

const moment = (page: Page) => page.getByRole('status').filter({ hasText: 'One moment: many people' })

test('who registers in a rush is told to wait, loses no typing, and gets in without a press', async ({
  browser,
  shared,
}) => {
  const page = await (await browser.newContext()).newPage()
  await beBusy(page, '/register', 2)
  await page.goto(shared.origin)
  await page.getByLabel('Display name').fill('Ana Reyes')
  const email = nextEmail()
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill('a long enough one')
  await page.getByRole('checkbox', { name: ACCEPT }).check()
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(moment(page)).toContainText('in about 2 seconds')
  await expect(page.getByRole('button', { name: 'Create account' }), 'where it was').toBeFocused()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect(page.getByLabel('Email')).toHaveValue(email)
  await page.waitForURL('**/dashboard')
})

test('who logs in in a rush gets in too, and can turn to the other form meanwhile', async ({
  browser,
  shared,
}) => {
  const client = await arrive(browser, shared.origin, { role: 'client', name: 'Ana Reyes' })
  const { email } = (await (await client.request.get(`${shared.origin}/me`)).json()).user
  const page = await (await browser.newContext()).newPage()
  await beBusy(page, '/login', 1_000)
  await page.goto(shared.origin)
  await page.getByRole('tab', { name: 'Log in' }).click()
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill('a long enough one')
  await page.keyboard.press('Enter')
  await expect(moment(page)).toBeVisible()
  await inspect(page, 'one-moment')
  await page.getByRole('tab', { name: 'Create account' }).click()
  await expect(moment(page)).toHaveCount(0)
  await page.unroute('**/login')
  await page.getByRole('tab', { name: 'Log in' }).click()
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.waitForURL('**/dashboard')
})
