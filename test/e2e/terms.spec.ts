/** Tests that everybody accepts the terms: at registering, and again once they have changed. */
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import { nodeDisk } from '../../adapters/store/disk/disk.ts'
import { openStore } from '../../adapters/store/store.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { createDataKey } from '../../adapters/system/data-key.ts'
import { UNWATCHED } from '../../adapters/system/disk-space.ts'
import { keptDataKey } from '../../adapters/system/kept-secret.ts'
import { inspect } from '../support/e2e/pages.ts'
import { ACCEPT, arrive, becomeAvailable, readerLine } from '../support/e2e/people.ts'
import type { RunningServer } from '../support/e2e/server.ts'
import { test } from '../support/e2e/test.ts'

const asked = (page: Page) => page.getByRole('dialog', { name: 'Our terms have changed' })
const box = (page: Page) => page.getByRole('checkbox', { name: ACCEPT, exact: true })

/** Starts the server over its folder as an earlier build left it, which asked for no consent. */
async function forgetConsent(server: RunningServer): Promise<void> {
  await server.end('SIGTERM')
  const dataDir = join(server.dataDir, 'data')
  const store = await openStore({
    disk: nodeDisk(dataDir),
    dataKey: createDataKey([keptDataKey(dataDir)]),
    clock: systemClock(),
    log: { info: () => undefined, warn: console.error, error: console.error },
    onFatal: (error) => {
      throw error
    },
    space: UNWATCHED,
  })
  await store.commit((tx) => {
    for (const { agreed: _, ...user } of [...tx.users()]) tx.putUser(user)
  })
  await store.close()
  await server.startAgain()
}

test('nobody registers without a tick, and the links beside it cost neither tick nor typing', async ({
  browser,
  server,
}) => {
  const page = await (await browser.newContext()).newPage()
  await page.goto(server.origin)
  await page.getByLabel('Display name').fill('Ana Reyes')
  await page.getByLabel('Email').fill('ana@example.com')
  await page.getByLabel('Password').fill('a long enough one')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('alert')).toContainText('Tick the box to accept')
  await expect(box(page)).toBeFocused()
  await inspect(page, 'register-unticked')

  const beside = page.context().waitForEvent('page')
  await page.getByRole('link', { name: 'privacy policy' }).first().click()
  expect(new URL((await beside).url()).pathname).toBe('/privacy')
  await expect(box(page)).not.toBeChecked()
  await expect(page.getByLabel('Email')).toHaveValue('ana@example.com')
  await box(page).check()
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL('**/dashboard')
  await expect(page.getByTestId('balance')).toBeVisible()
  await expect(asked(page)).toHaveCount(0)
})

test('once the terms have changed, a dialog asks at the next visit, by keyboard alone', async ({
  browser,
  server,
}) => {
  const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '2.50' })
  const client = await arrive(browser, server.origin, {
    role: 'client',
    name: 'Ana Reyes',
    fundsCents: 1_000,
  })
  await forgetConsent(server)

  await client.reload()
  await expect(asked(client)).toBeVisible()
  await inspect(client, 'terms-changed')
  await client.keyboard.press('Escape')
  await client.getByRole('button', { name: 'Continue' }).focus()
  await client.keyboard.press('Enter')
  await expect(asked(client)).toContainText('Tick the box to accept')
  await expect(box(client)).toBeFocused()
  await inspect(client, 'terms-changed-unticked')

  await client.getByRole('link', { name: 'Your account' }).click()
  await client.waitForURL('**/account')
  await expect(client.getByRole('heading', { name: 'Delete my account' })).toBeVisible()
  await expect(asked(client)).toHaveCount(0)

  await client.goto(`${server.origin}/dashboard`)
  await box(client).focus()
  await client.keyboard.press('Space')
  await client.keyboard.press('Enter')
  await expect(asked(client)).toHaveCount(0)
  await client.reload()
  await expect(client.getByTestId('balance')).toHaveText('$10.00')
  await expect(asked(client)).toHaveCount(0)

  await reader.reload()
  await box(reader).check()
  await reader.getByRole('button', { name: 'Continue' }).click()
  await becomeAvailable(reader)
  await readerLine(client, 'Mara Lind').getByRole('button', { name: 'Chat' }).click()
  await client.waitForURL('**/session/*')
})

test('whoever does not accept can log out', async ({ browser, server }) => {
  const client = await arrive(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
  await forgetConsent(server)
  await client.reload()
  await asked(client).getByRole('button', { name: 'Log out' }).click()
  // The response and the socket each lead home, and the second navigation cuts off the first.
  await expect(client).toHaveURL(`${server.origin}/`)
  expect((await client.request.get(`${server.origin}/me`)).status()).toBe(401)
})
