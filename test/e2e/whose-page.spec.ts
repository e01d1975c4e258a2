/**
 * Tests pages that are no longer what they show: their login has changed in another tab, or the
 * server has set them aside.
 */
import { expect, type Page, type WebSocketRoute } from '@playwright/test'
import { arrive, nextEmail } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

const logOutElsewhere = (page: Page) =>
  page.evaluate(() =>
    fetch('/logout', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
  )

test('a page whose person has logged out shows no account', async ({ browser, shared }) => {
  const client = await arrive(browser, shared.origin, { role: 'client', name: 'Ana Reyes' })
  const other = await client.context().newPage()
  await other.goto(`${shared.origin}/account`)
  await expect(other.getByText('Ana Reyes').first()).toBeVisible()

  // As the browser does when it keeps a page for Back, and shows it again.
  await other.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })))
  await expect(other.getByText('Ana Reyes').first()).toBeHidden()
  await other.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
  await expect(other.getByText('Ana Reyes').first()).toBeVisible()

  await logOutElsewhere(other)
  await client.waitForURL(`${shared.origin}/`)
  await expect(client.getByText('Ana Reyes')).toHaveCount(0)
  await other.waitForURL(`${shared.origin}/?next=%2Faccount`)
})

test('a page does not go on as another person who logs in beside it', async ({ browser, shared }) => {
  const client = await arrive(browser, shared.origin, { role: 'client', name: 'Ana Reyes' })
  await client.goto(`${shared.origin}/account`)
  await client.evaluate(async (email) => {
    const person = { role: 'client', name: 'Bo Lund', email }
    const body = { ...person, password: 'violet lantern 92', acceptTerms: true }
    const headers = { 'content-type': 'application/json' }
    await fetch('/register', { method: 'POST', headers, body: JSON.stringify(body) })
  }, nextEmail())
  // The end of the old login may arrive before the new one's cookie: then the page has gone to the log-in.
  await client.waitForURL(new RegExp(`^${shared.origin}/(dashboard|[?]next=%2Faccount)$`))
  await expect(client.getByText('Ana Reyes')).toHaveCount(0)
  await client.goto(`${shared.origin}/dashboard`)
  await expect(client.getByText('Bo Lund').first()).toBeVisible()
})

test('boxes that were filled without typing are sent as they are seen', async ({ browser, shared }) => {
  const page = await (await browser.newContext()).newPage()
  await page.goto(shared.origin)
  const values = { email: nextEmail(), password: 'violet lantern 92' }
  await page.evaluate((wanted) => {
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set
    for (const [name, value] of Object.entries(wanted)) {
      set?.call(document.querySelector(`input[name=${name}]`), value)
    }
  }, values)
  // Another change in the form does not empty them.
  await page.getByLabel('Display name').fill('Ana Reyes')
  await expect(page.getByLabel('Email')).toHaveValue(values.email)
  await page.getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Create account' }).last().click()
  await page.waitForURL('**/dashboard')
  await expect(page.getByText('Ana Reyes').first()).toBeVisible()
})

/**
 * Returns a function that sets the page aside, as the server does where its person opens too many
 * others. Call it before the page opens.
 */
async function settingAside(page: Page): Promise<() => Promise<void>> {
  let open: (route: WebSocketRoute) => void = () => {}
  const opened = new Promise<WebSocketRoute>((resolve) => {
    open = resolve
  })
  await page.routeWebSocket('**/socket.io/**', (route) => {
    const server = route.connectToServer()
    route.onMessage((message) => {
      server.send(message)
      if (message === '5') open(route) // the connection has moved over to this socket
    })
  })
  return async () => {
    const route = await opened
    route.send('42["page:set-aside",{}]')
    route.send('41')
  }
}

test('a page that was set aside says so and nothing of reconnecting', async ({ browser, server }) => {
  const client = await arrive(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
  for (const path of ['/dashboard', '/account', '/history']) {
    const page = await client.context().newPage()
    const setAside = await settingAside(page)
    await page.goto(server.origin + path)
    await expect(page.getByRole('heading').first()).toBeVisible()
    await setAside()
    await expect(page.getByText('so this one was paused')).toBeVisible()
    await expect(page.locator('main')).not.toContainText(/reconnect|offline|can’t reach/i)
    await page.getByRole('button', { name: 'Continue here' }).click()
    await expect(page.getByText('so this one was paused')).toHaveCount(0)
    await page.close()
  }
})

test('a page that was set aside while it was loading does not appear afterwards', async ({
  browser,
  server,
}) => {
  const client = await arrive(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
  const page = await client.context().newPage()
  const setAside = await settingAside(page)
  let load = () => {}
  const loaded = new Promise<void>((resolve) => {
    load = resolve
  })
  await page.route('**/readers', async (route) => {
    await loaded
    await route.continue()
  })
  await page.goto(`${server.origin}/dashboard`)
  await setAside()
  await expect(page.getByText('so this one was paused')).toBeVisible()
  load()
  await expect.poll(() => page.evaluate(hasReaders)).toBe(true)
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  await expect(page.getByText('so this one was paused')).toBeVisible()
  await expect(page.getByTestId('balance')).toHaveCount(0)
})

/** Says whether the list of readers has arrived whole. */
const hasReaders = () =>
  performance.getEntriesByType('resource').some(({ name }) => new URL(name).pathname === '/readers')
