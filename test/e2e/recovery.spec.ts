/** Tests forgotten passwords, and confirming, changing and taking back an address, with real mails. */
import { join } from 'node:path'
import { type Browser, expect, type Page } from '@playwright/test'
import { createDataKey } from '../../adapters/system/data-key.ts'
import { keptDataKey } from '../../adapters/system/kept-secret.ts'
import { switchToken } from '../../engine/mail/tokens.ts'
import { linkTo, mailsTo } from '../support/e2e/mailbox.ts'
import { inspect } from '../support/e2e/pages.ts'
import { nextEmail } from '../support/e2e/people.ts'
import type { RunningServer } from '../support/e2e/server.ts'
import { test } from '../support/e2e/test.ts'

const OLD = 'a long enough one'
const NEW = 'another long one'
/** Ana's address, and the one that she moves to: others than in any test before. */
let email = ''
let next = ''
test.beforeEach(() => {
  email = nextEmail()
  next = nextEmail()
})

/** Registers Ana in a browser of her own, and leaves her on her dashboard. */
async function ana(browser: Browser, { origin }: RunningServer): Promise<Page> {
  const context = await browser.newContext()
  const data = { role: 'client', name: 'Ana', email, password: OLD, acceptTerms: true }
  expect((await context.request.post(`${origin}/register`, { data })).status()).toBe(201)
  const page = await context.newPage()
  await page.goto(`${origin}/dashboard`)
  return page
}

async function newPage(browser: Browser): Promise<Page> {
  return (await browser.newContext()).newPage()
}

async function logIn(page: Page, origin: string, email: string, password: string): Promise<void> {
  await page.goto(`${origin}/#log-in`)
  await page.getByRole('tab', { name: 'Log in' }).click()
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
}

test('[A-14] who has forgotten the password sets a new one by mail, and every old login is gone', async ({
  browser,
  shared,
}) => {
  const old = await ana(browser, shared)
  await expect(old.getByTestId('balance')).toBeVisible()

  const page = await newPage(browser)
  await page.goto(shared.origin)
  await page.getByRole('tab', { name: 'Log in' }).click()
  await page.getByLabel('Email').fill(email)
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await expect(page.getByRole('heading', { name: 'Forgot your password?' })).toBeFocused()
  await expect(page.getByLabel('Email')).toHaveValue(email)
  await inspect(page, 'forgot')
  await page.getByRole('button', { name: 'Send me a link' }).click()
  await expect(page.getByRole('heading', { name: 'Check your email' })).toBeFocused()
  await inspect(page, 'forgot-sent')

  const link = await linkTo(shared, email, '/reset')
  const asked: string[] = []
  page.on('request', (request) => asked.push(`${request.url()} ${request.headers().referer ?? ''}`))
  await page.goto(link)
  await expect(page.getByRole('heading', { name: 'Set a new password' })).toBeFocused()
  expect(page.url()).toBe(`${shared.origin}/reset`)
  expect(asked.join('\n')).not.toContain(new URL(link).hash.slice(1))
  await inspect(page, 'reset')
  await page.getByRole('button', { name: 'Save new password' }).click()
  await expect(page.getByText('Enter a new password.')).toBeVisible()
  await page.getByLabel('New password').fill('password')
  await page.getByRole('button', { name: 'Save new password' }).click()
  await expect(page.getByText('That password is too common.')).toBeVisible()
  await inspect(page, 'reset-errors')
  await page.getByLabel('New password').fill(NEW)
  await page.getByLabel('New password').press('Enter')
  await expect(page.getByRole('heading', { name: 'Your new password is saved' })).toBeFocused()
  await inspect(page, 'reset-done')
  await old.waitForURL(`${shared.origin}/`)

  await page.getByRole('link', { name: 'Log in' }).click()
  await logIn(page, shared.origin, email, OLD)
  await expect(page.getByRole('alert')).toContainText('Wrong email or password')
  await logIn(page, shared.origin, email, NEW)
  await page.waitForURL('**/dashboard')

  await page.goto(link)
  await page.getByLabel('New password').fill('a third long one')
  await page.getByRole('button', { name: 'Save new password' }).click()
  await expect(page.getByRole('heading', { name: 'This link no longer works' })).toBeFocused()
  await expect(page.getByRole('alert')).toContainText('used before')
  await inspect(page, 'reset-used')
  await page.getByRole('link', { name: 'Ask for a new link' }).click()
  await expect(page.getByRole('heading', { name: 'Forgot your password?' })).toBeFocused()
  await page.goto(`${shared.origin}/reset`)
  await expect(page.getByRole('heading', { name: 'Open the link in your email again' })).toBeVisible()
  await inspect(page, 'link-gone')
  expect(mailsTo(shared, email).map(({ subject }) => subject)).toContain('Your password was changed')
})

test('an address is confirmed by its link, which the dashboard asks for until then', async ({
  browser,
  shared,
}) => {
  const page = await ana(browser, shared)
  await expect(page.getByText('is not confirmed yet')).toBeVisible()
  await inspect(page, 'client-unconfirmed')
  await page.getByRole('button', { name: 'Send again' }).click()
  await expect(page.getByText('Sent. Check your spam folder, too.').first()).toBeVisible()
  const link = await linkTo(shared, email, '/confirm')
  const mail = await page.context().newPage()
  await mail.goto(link)
  await expect(mail.getByRole('heading', { name: 'Your address is confirmed' })).toBeFocused()
  expect(mail.url()).toBe(`${shared.origin}/confirm`)
  await inspect(mail, 'confirm-done')
  await mail.goto(`${link}x`) // in the same tab, which loads nothing
  await expect(mail.getByRole('alert')).toContainText('used before')
  expect(mail.url()).toBe(`${shared.origin}/confirm`)
  await mail.goto('about:blank')
  await mail.goto(link)
  await expect(mail.getByRole('alert')).toContainText('used before')
  // The address is confirmed: the page must not say that it is not.
  await expect(mail.getByRole('heading', { name: 'This link no longer works' })).toBeFocused()
  await inspect(mail, 'confirm-used')
  await page.reload()
  await expect(page.getByTestId('balance')).toBeVisible()
  await expect(page.getByText('is not confirmed yet')).toHaveCount(0)
})

test('a changed address is in force once it confirms, and the former one can take it back', async ({
  browser,
  shared,
}) => {
  const page = await ana(browser, shared)
  await page.goto(await linkTo(shared, email, '/confirm'))
  await page.getByRole('link', { name: 'Go to your dashboard' }).click()
  await page.goto(`${shared.origin}/account`)
  const card = page.getByRole('region', { name: 'Email', exact: true })
  await card.getByLabel('New email').fill(next)
  await card.getByLabel('Account password').fill(OLD)
  await card.getByRole('button', { name: 'Change email' }).click()
  await expect(card.getByText(`Waiting for ${next} to be confirmed`)).toBeVisible()
  await inspect(page, 'client-account-pending-email')
  await card.getByRole('button', { name: `Keep ${email}` }).click()
  await expect(card.getByText('Waiting for')).toHaveCount(0)
  await card.getByLabel('New email').fill(next)
  await card.getByLabel('Account password').fill(OLD)
  await card.getByRole('button', { name: 'Change email' }).click()
  await expect(card.getByText(`Waiting for ${next} to be confirmed`)).toBeVisible()

  const confirmation = await linkTo(shared, next, '/confirm')
  const undo = await linkTo(shared, email, '/undo-email')
  // Two links are in that mailbox; the one that is pending now was sent last.
  await expect.poll(() => mailsTo(shared, next).length).toBe(2)
  await page.goto((await linkTo(shared, next, '/confirm')) || confirmation)
  await expect(page.getByText(`Emails about your account go to ${next}.`)).toBeVisible()

  const owner = await newPage(browser)
  await owner.goto(undo)
  await expect(owner.getByRole('heading', { name: 'Undo the change of your address' })).toBeFocused()
  expect(owner.url()).toBe(`${shared.origin}/undo-email`)
  await inspect(owner, 'undo-email')
  await owner.getByLabel('New password').fill(NEW)
  await owner.getByRole('button', { name: 'Undo the change' }).click()
  await expect(owner.getByRole('heading', { name: 'The change is undone' })).toBeFocused()
  await inspect(owner, 'undo-email-done')

  await page.goto(`${shared.origin}/dashboard`)
  await page.waitForURL(`${shared.origin}/`)
  await logIn(page, shared.origin, next, OLD)
  await expect(page.getByRole('alert')).toContainText('Wrong email or password')
  await logIn(owner, shared.origin, email, NEW)
  await owner.waitForURL('**/dashboard')
})

/** Changes the responses that a page gets from `path`. */
async function alter(page: Page, path: string, change: (body: object) => object): Promise<void> {
  await page.route(path, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: change(await response.json()) })
  })
}

test('receipts of sessions are stopped by the link in one, and come again by the box on the account page', async ({
  browser,
  shared,
}) => {
  const page = await ana(browser, shared)
  const { user } = await (await page.request.get(`${shared.origin}/me`)).json()
  const dataKey = createDataKey([keptDataKey(join(shared.dataDir, 'data'))])
  const link = `${shared.origin}/unsubscribe#${switchToken(dataKey, user.id, 'session_receipt')}`
  const mail = await newPage(browser)
  await mail.goto(link)
  await expect(mail.getByRole('heading', { name: 'Stop session receipts?' })).toBeFocused()
  expect(mail.url()).toBe(`${shared.origin}/unsubscribe`)
  await inspect(mail, 'unsubscribe')
  await mail.keyboard.press('Tab')
  await expect(mail.getByRole('button', { name: 'Stop session receipts' })).toBeFocused()
  await mail.keyboard.press('Enter')
  await expect(mail.getByRole('heading', { name: 'Receipts are off' })).toBeFocused()
  await inspect(mail, 'unsubscribe-done')
  await mail.goto(`${link}x`) // in the same tab, which loads nothing
  await mail.getByRole('button', { name: 'Stop session receipts' }).click()
  await expect(mail.getByRole('heading', { name: 'This link no longer works' })).toBeFocused()
  await expect(mail.getByRole('link', { name: 'account page' })).toBeVisible()
  await inspect(mail, 'unsubscribe-bad-link')

  await page.goto(`${shared.origin}/account`)
  const box = page.getByRole('checkbox', { name: 'Email me a receipt after each session' })
  await expect(box).not.toBeChecked()
  await box.check()
  await page.getByRole('button', { name: 'Save email settings' }).click()
  await expect(page.getByText('Saved.', { exact: true }).first()).toBeVisible()
  await page.reload()
  await expect(box).toBeChecked()
})

test('a developer finds every mail, with links to press', async ({ browser, server }) => {
  const page = await ana(browser, server)
  await linkTo(server, email, '/confirm')
  await page.goto(`${server.origin}/dev/mailbox`)
  await inspect(page, 'mailbox')
  await page.getByRole('link', { name: 'Confirm your email address' }).click()
  await expect(page.getByRole('link', { name: 'Confirm address' })).toBeVisible()
  await page.goBack()
  await page.getByRole('link', { name: `${server.origin}/confirm#` }).click()
  await expect(page.getByRole('heading', { name: 'Your address is confirmed' })).toBeVisible()
})

test('where no mail leaves, or an address takes none, the pages say what to do instead', async ({
  browser,
  shared,
}) => {
  const stranger = await newPage(browser)
  await alter(stranger, '**/settings', (settings) => ({ ...settings, mail: 'none' }))
  await stranger.goto(`${shared.origin}/#forgot`)
  await expect(stranger.getByRole('link', { name: 'support@soulseer.app' })).toBeVisible()
  await inspect(stranger, 'forgot-no-mail')

  const page = await ana(browser, shared)
  await alter(page, '**/me', (body) => {
    const { user } = body as { user: object }
    return { ...body, user: { ...user, emailRefused: true } }
  })
  await page.reload()
  await expect(page.getByText(/Our emails to .+ bounce/)).toBeVisible()
  await inspect(page, 'client-refused-address')
  await page.getByRole('link', { name: 'Enter another address' }).click()
  await expect(page.getByRole('alert')).toContainText('bounce')
  await expect(page.getByRole('region', { name: 'Email', exact: true })).toBeInViewport()
  await inspect(page, 'client-account-refused-address')
})
