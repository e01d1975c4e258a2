/** Tests the first page: for a person who is logged in, and on phones. */
import { expect } from '@playwright/test'
import { inspect, test } from '../support/e2e/pages.ts'
import { arrive } from '../support/e2e/people.ts'
import { openState, stateOf } from '../support/e2e/states.ts'

test('the first page greets a person who is logged in, and asks for nothing', async ({ browser, shared }) => {
  const client = await arrive(browser, shared.origin, { role: 'client', name: 'Ana Reyes' })
  // The cookie decides, not what this browser remembers.
  await client.evaluate(() => localStorage.clear())
  await client.goto(shared.origin)
  await expect(client.getByRole('heading', { name: 'Welcome back, Ana Reyes' })).toBeVisible()
  await expect(client.getByRole('textbox')).toHaveCount(0)
  await inspect(client, 'home-logged-in')
  await client.goto(`${shared.origin}/?next=%2Fhistory`)
  await expect(client.getByRole('link', { name: 'Continue' })).toHaveAttribute('href', '/history')
  await client.goto(shared.origin)
  await client.getByRole('link', { name: 'Go to your dashboard' }).click()
  await client.waitForURL('**/dashboard')

  await client.goto(shared.origin)
  await client.getByRole('button', { name: 'Log out' }).click()
  await expect(client.getByLabel('Email')).toBeVisible()
  expect((await client.request.get(`${shared.origin}/me`)).status()).toBe(401)
  await client.reload()
  await expect(client.getByLabel('Email')).toBeVisible()
})

for (const [width, height] of [
  [390, 844],
  [360, 640],
] as const) {
  test(`the log-in is in view on a phone of ${width} × ${height}`, async ({ browser, shared }) => {
    const page = await (await browser.newContext({ viewport: { width, height } })).newPage()
    await page.goto(shared.origin)
    const way = page.getByRole('link', { name: 'Log in' })
    await expect(way).toBeInViewport({ ratio: 1 })
    await way.click()
    await expect(page.getByLabel('Email')).toBeFocused()

    await page.goto('about:blank')
    await page.goto(`${shared.origin}/#log-in`)
    const entry = page.getByRole('tabpanel')
    for (const part of [
      entry.getByLabel('Email'),
      entry.getByLabel('Password'),
      entry.getByRole('button', { name: 'Log in', exact: true }),
    ])
      await expect(part).toBeInViewport({ ratio: 1 })
  })
}

test('a log-in that is scrolled to shows the edge of its card', async ({ browser, shared }) => {
  for (const viewport of [
    { width: 390, height: 600 },
    { width: 768, height: 700 },
    { width: 844, height: 390 },
  ]) {
    const page = await browser.newPage({ viewport })
    await openState(page, shared.origin, stateOf('home-log-in'))
    const top = await page.locator('#entry').evaluate((card) => card.getBoundingClientRect().top)
    expect(top, `${viewport.width} px`).toBeGreaterThanOrEqual(8)
  }
})

for (const [width, height] of [
  [320, 568],
  [844, 390],
] as const) {
  test(`an address that names a form shows it at ${width} × ${height}`, async ({ browser, shared }) => {
    const page = await (await browser.newContext({ viewport: { width, height } })).newPage()
    for (const [path, button] of [
      ['#log-in', 'Log in'],
      ['#forgot', 'Send me a link'],
      ['?next=%2Fhistory', 'Log in'],
    ] as const) {
      await page.goto('about:blank')
      await page.goto(`${shared.origin}/${path}`)
      const form = page
        .locator('form')
        .filter({ has: page.getByRole('button', { name: button, exact: true }) })
      await expect(form.getByLabel('Email')).toBeInViewport({ ratio: 1 })
    }
    await expect(page.getByText('Log in to continue to that page.')).toBeInViewport({ ratio: 1 })
    await page.goto(shared.origin)
    await expect(page.getByRole('heading', { level: 1 })).toBeInViewport({ ratio: 1 })
  })
}
