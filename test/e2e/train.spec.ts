/** Tests pages on a network where a response is late, or never comes. */
import { type Browser, expect, type Page, type Route } from '@playwright/test'
import { holdResponses } from '../support/e2e/late.ts'
import { answer, arrive, becomeAvailable, readerLine, ring } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

/** Holds the requests to an address on their way; each goes on with `release`. */
async function hold(page: Page, address: string) {
  const held: Route[] = []
  await page.route(address, (route) => void held.push(route))
  return {
    count: () => held.length,
    release: (how: (route: Route) => Promise<void> = (route) => route.continue()) =>
      Promise.all(held.splice(0).map(how)),
  }
}

/** Opens the pages of a client with money, and of a reader who is available. */
async function pair(browser: Browser, origin: string, name: string) {
  const reader = await arrive(browser, origin, { role: 'reader', name, rate: '0.50' })
  const client = await arrive(browser, origin, { role: 'client', name: 'Ana Reyes', fundsCents: 1_000 })
  await becomeAvailable(reader)
  return { client, reader }
}

test('a page that gets no first connection says so, and is right once it has one', async ({
  browser,
  shared,
}) => {
  const client = await arrive(browser, shared.origin, { role: 'client', name: 'Ana Reyes' })
  const reader = await arrive(browser, shared.origin, { role: 'reader', name: 'Rosa Berg', rate: '1.00' })
  await becomeAvailable(reader)
  for (const page of [client, reader]) {
    await page.route('**/socket.io/**', (route) => route.abort())
    await page.goto(`${shared.origin}${page === client ? '/history' : '/dashboard'}`)
  }
  await expect(client.getByText('What you see may be out of date.')).toBeVisible()
  await expect(reader.getByText('Clients cannot call you until the connection is back.')).toBeVisible()
  await expect(reader.getByText('Waiting for your connection to come back.')).toBeVisible()
  for (const page of [client, reader]) {
    await page.unroute('**/socket.io/**')
    await expect(page.getByText('We can’t reach SoulSeer.')).toHaveCount(0)
  }
  await expect(reader.getByText('Clients can call you while any page')).toBeVisible()
})

test('a call that was accepted before its response came is entered', async ({ browser, shared }) => {
  const { client, reader } = await pair(browser, shared.origin, 'Mara Lind')
  const release = await holdResponses(client, '**/session/start')
  await readerLine(client, 'Mara Lind').getByRole('button', { name: 'Chat' }).click()
  await answer(reader, 'Accept')
  await expect(client.getByText('Your session is still open.')).toBeVisible()
  release()
  for (const page of [client, reader]) {
    await expect(page.getByTestId('connection-state')).toHaveText('Connected')
  }
  await reader.getByRole('button', { name: 'End session' }).click()
  await expect(client.getByRole('heading', { name: 'Session summary' })).toBeVisible()
})

test('a request rings above a window that opens by itself, which has the focus after it', async ({
  browser,
  shared,
}) => {
  const { client, reader } = await pair(browser, shared.origin, 'Theo Brandt')
  await reader.goto(`${shared.origin}/account`)
  const password = await hold(reader, '**/password')
  await reader.getByLabel('Current password').fill('a long enough one')
  await reader.getByLabel('New password').fill('another long enough one')
  await reader.getByRole('button', { name: 'Change password' }).click()
  await expect.poll(password.count).toBe(1)
  await ring(client, 'Theo Brandt', 'Chat')
  await expect(reader.getByRole('dialog', { name: 'Incoming request' })).toBeVisible()
  await password.release((route) =>
    route.fulfill({ status: 403, contentType: 'application/problem+json', body: '{"code":"proof_needed"}' }),
  )
  const proof = reader.getByRole('dialog', { name: 'Confirm that it is you' })
  await expect(proof).toHaveCount(1)
  await answer(reader, 'Decline')
  await expect(reader.getByRole('dialog', { name: 'Incoming request' })).toHaveCount(0)
  await expect(proof.getByRole('heading')).toBeFocused()
})

test('a form that is pressed twice sends once, and one that was opened again keeps what is typed', async ({
  browser,
  shared,
}) => {
  const reader = await arrive(browser, shared.origin, { role: 'reader', name: 'Mara Lind', rate: '1.00' })
  const saved = await hold(reader, '**/me')
  await reader.getByRole('button', { name: 'Edit profile' }).click()
  const save = reader.getByRole('button', { name: 'Save profile' })
  await reader.getByLabel('Speciality').fill('Tarot')
  await save.click()
  await save.click({ force: true })
  await reader.getByRole('button', { name: 'Cancel' }).click()
  await reader.getByRole('button', { name: 'Edit profile' }).click()
  await reader.getByLabel('Speciality').fill('Tarot and love')
  expect(saved.count()).toBe(1)
  const arrived = reader.waitForResponse('**/me')
  await saved.release()
  await arrived
  await reader.evaluate(() => new Promise(requestAnimationFrame))
  await expect(reader.getByLabel('Speciality')).toHaveValue('Tarot and love')
  await save.click()
  await saved.release()
})

test('a list that is asked for again says so at once, and leaves the focus at its heading', async ({
  browser,
  shared,
}) => {
  const reader = await arrive(browser, shared.origin, { role: 'reader', name: 'Mara Lind', rate: '1.00' })
  const sessions = await hold(reader, '**/sessions')
  await reader.goto(`${shared.origin}/history`)
  await expect.poll(sessions.count).toBe(1)
  await sessions.release((route) => route.abort())
  await reader.getByRole('button', { name: 'Try again' }).click()
  await expect(reader.getByText('Loading…')).toBeVisible()
  await expect(reader.getByRole('alert')).toHaveCount(0)
  await expect(reader.getByRole('heading', { name: 'Sessions' })).toBeFocused()
  await expect.poll(sessions.count).toBe(1)
  await sessions.release()
  await expect(reader.getByText('No sessions yet.')).toBeVisible()
  await expect(reader.getByRole('heading', { name: 'Sessions' })).toBeFocused()
})
