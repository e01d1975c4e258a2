/** Tests passkeys in a browser with an authenticator of Chromium's own. */
import { type Browser, expect, type Page } from '@playwright/test'
import { giveAuthenticator, named } from '../support/e2e/authenticator.ts'
import { linkTo } from '../support/e2e/mailbox.ts'
import { inspect, test } from '../support/e2e/pages.ts'
import { arrive } from '../support/e2e/people.ts'
import { sample } from '../support/sample.ts'

const PASSWORD = 'a long enough one'
const WIDTHS = [390, 1280]

async function arriveAt(browser: Browser, origin: string, path: string, width = 1280) {
  const page = await arrive(browser, named(origin), { role: 'reader', name: 'Mara Lind', rate: '2.00' })
  await page.setViewportSize({ width, height: 844 })
  const device = await giveAuthenticator(page)
  await page.goto(named(origin) + path)
  return { page, device }
}

const proof = (page: Page) => page.getByRole('dialog', { name: 'Confirm that it is you' })

async function giveProof(page: Page): Promise<void> {
  await proof(page).getByLabel('Your password').fill(PASSWORD)
  await proof(page).getByRole('button', { name: 'Confirm' }).click()
  await expect(proof(page)).toBeHidden()
}

async function addPasskey(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByLabel('Name of the passkey').fill('My phone')
  await page.getByRole('button', { name: 'Continue' }).click()
  await giveProof(page)
  await expect(page.getByRole('button', { name: 'Remove My phone' })).toBeVisible()
}

const logInButton = (page: Page) => page.getByRole('button', { name: 'Log in with a passkey' })

/** Keeps the browser from offering passkeys at the email field, where the device would take them at once. */
const offerNone = (page: Page) =>
  page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false
  })

async function logOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Log out', exact: true }).click()
  await expect(logInButton(page)).toBeVisible()
}

for (const width of sample(WIDTHS, 1)) {
  test(`a passkey is added, logs in, gives proof and is removed, at ${width}`, async ({
    browser,
    shared,
  }) => {
    const { page, device } = await arriveAt(browser, shared.origin, '/account', width)
    await offerNone(page)
    await addPasskey(page)
    const { credentials } = await device.cdp.send('WebAuthn.getCredentials', device)
    expect(credentials).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }])

    await logOut(page)
    await logInButton(page).click()
    await page.waitForURL('**/dashboard')
    await page.goto(`${named(shared.origin)}/account`)
    await expect(page.getByText(/Last used/)).toBeVisible()

    await page.getByRole('button', { name: 'Remove My phone' }).click()
    await proof(page).getByRole('button', { name: 'Use a passkey' }).click()
    await expect(proof(page)).toBeHidden()
    await expect(page.getByRole('button', { name: 'Remove My phone' })).toBeHidden()

    await logOut(page)
    await logInButton(page).click()
    await expect(page.getByRole('alert')).toContainText('This passkey is not known here')
    await expect(page).toHaveURL(`${named(shared.origin)}/`)
  })
}

test('the browser offers passkeys at the email field, where one that is chosen logs in', async ({
  browser,
  shared,
}) => {
  const { page } = await arriveAt(browser, shared.origin, '/account')
  await addPasskey(page)
  await page.getByRole('button', { name: 'Log out', exact: true }).click()
  // Past the first page, which the browser leaves again while it is still loading.
  await expect(page).toHaveURL(/\/dashboard$/)
  await expect(page.getByRole('switch', { name: 'Available for sessions' })).toBeVisible()
})

test('a device that refuses is said so, and the password still works', async ({ browser, shared }) => {
  const { page, device } = await arriveAt(browser, shared.origin, '/account')
  await device.cdp.send('WebAuthn.setUserVerified', { ...device, isUserVerified: false })
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await giveProof(page)
  await expect(page.getByRole('alert')).toContainText('No passkey was used')
  await device.cdp.send('WebAuthn.setUserVerified', { ...device, isUserVerified: true })
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByRole('button', { name: /^Remove/ })).toBeVisible()
})

test('other logins end with proof alone, and what is declined changes nothing', async ({
  browser,
  shared,
}) => {
  const { page } = await arriveAt(browser, shared.origin, '/account')
  const { user } = await (await page.request.get(`${named(shared.origin)}/me`)).json()
  const other = await browser.newContext()
  await other.request.post(`${named(shared.origin)}/login`, {
    data: { email: user.email, password: PASSWORD },
  })
  await page.reload()
  const ends = page.getByRole('button', { name: 'Log out everywhere else' })
  await expect(page.getByText('on the network you are on now')).toBeVisible()
  await ends.click()
  await expect(proof(page).getByRole('heading')).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(proof(page)).toBeHidden()
  await expect(ends).toBeFocused()
  await expect(page.getByRole('alert')).toContainText('Nothing was changed')
  await ends.click()
  await expect(proof(page).getByRole('heading')).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.type('wrong')
  await page.keyboard.press('Enter')
  await expect(proof(page).getByText('Your current password is wrong.')).toBeVisible()
  await giveProof(page)
  await expect(ends).toBeHidden()
  expect((await other.request.get(`${named(shared.origin)}/me`)).status()).toBe(401)
})

test('a reader is asked once to add a passkey', async ({ browser, shared }) => {
  const { page } = await arriveAt(browser, shared.origin, '/dashboard')
  const suggestion = page.getByRole('region', { name: 'Protect your earnings with a passkey' })
  await inspect(page, 'passkey-suggestion')
  await suggestion.getByRole('button', { name: 'Not now' }).click()
  await page.reload()
  await expect(page.getByRole('switch')).toBeVisible()
  await expect(suggestion).toBeHidden()
})

test('a squatter’s passkey is gone once the owner of the address has reset the password', async ({
  browser,
  shared,
}) => {
  const { page: squatter } = await arriveAt(browser, shared.origin, '/account')
  await offerNone(squatter)
  const address = squatter.getByRole('region', { name: 'Email' }).locator('b').first()
  const email = (await address.textContent()) ?? ''
  await addPasskey(squatter)
  await logOut(squatter)
  await logInButton(squatter).click()
  await squatter.waitForURL('**/dashboard')

  const owner = await (await browser.newContext()).newPage()
  await owner.request.post(`${shared.origin}/password/forgot`, { data: { email } })
  await owner.goto(await linkTo(shared, email, '/reset'))
  await owner.getByLabel('New password').fill('another long one')
  await owner.getByRole('button', { name: 'Save new password' }).click()
  await expect(owner.getByRole('heading', { name: 'Your new password is saved' })).toBeVisible()

  await squatter.waitForURL(`${named(shared.origin)}/`)
  await logInButton(squatter).click()
  await expect(squatter.getByRole('alert')).toBeVisible()
  expect((await squatter.request.get(`${named(shared.origin)}/me`)).status()).toBe(401)
})

test('what passkeys look like, at every width and in both themes', async ({ browser, shared }) => {
  const { page } = await arriveAt(browser, shared.origin, '/account')
  await offerNone(page)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await inspect(page, 'passkey-naming')
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(proof(page)).toBeVisible()
  await inspect(page, 'proof-by-password')
  await giveProof(page)
  await expect(page.getByRole('button', { name: /^Remove/ })).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Passkeys' })).toBeFocused()
  await inspect(page, 'passkeys')
  await page.getByRole('button', { name: 'Delete my account' }).click()
  await page.getByLabel('Type “delete” to confirm').fill('delete')
  await page.keyboard.press('Enter')
  await expect(proof(page).getByRole('button', { name: 'Use a passkey' })).toBeVisible()
  await inspect(page, 'proof-by-passkey')
  for (const dialog of [proof(page), page.getByRole('dialog', { name: 'Delete your account?' })]) {
    await page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
  }
  await logOut(page)
  await inspect(page, 'log-in-with-passkey')
})
