/** Registers people in browsers, and reads what their pages show. */
import { type Browser, type BrowserContext, expect, type Locator, type Page } from '@playwright/test'
import type { UserView } from '../../../shared/protocol/views.ts'
import { pay } from '../people.ts'
import { openStage } from './media.ts'

const PASSWORD = 'a long enough one'
/** The label of the box that everybody ticks to register. */
export const ACCEPT = 'I am 18 or older and accept the terms and the privacy policy'
let people = 0

interface Newcomer {
  role: 'client' | 'reader'
  name: string
  /** Dollars a minute, as a reader types them. */
  rate?: string
  fundsCents?: number
}

/**
 * Opens a browser context for a person, registered over HTTP, with money if wanted, and on the
 * dashboard.
 */
export async function arrive(
  browser: Browser,
  origin: string,
  { role, name, rate, fundsCents = 0 }: Newcomer,
): Promise<Page> {
  const context = await browser.newContext()
  const data = {
    role,
    name,
    email: nextEmail(),
    password: PASSWORD,
    acceptTerms: true,
    ...(rate && { rateCents: Math.round(Number(rate) * 100) }),
  }
  const { user } = await post<{ user: UserView }>(context, `${origin}/register`, data)
  if (fundsCents > 0) await topUp(context, origin, { userId: user.id, amountCents: fundsCents })
  const page = await context.newPage()
  await openStage(page)
  await page.goto(`${origin}/dashboard`)
  return page
}

/** Returns an address that no test of this worker has used. */
export function nextEmail(): string {
  people += 1
  return `person-${people}@example.com`
}

async function post<T>(context: BrowserContext, address: string, data: object): Promise<T> {
  const answer = await context.request.post(address, { data })
  expect(answer.ok(), `${address}: ${await answer.text()}`).toBe(true)
  return answer.json()
}

async function topUp(
  context: BrowserContext,
  origin: string,
  wish: { userId: string; amountCents: number },
): Promise<void> {
  const payment = await post<{ paymentIntentId: string; clientSecret: string }>(
    context,
    `${origin}/add-funds`,
    wish,
  )
  await pay(origin, payment)
  const { paymentIntentId } = payment
  await post(context, `${origin}/add-funds/confirm`, { userId: wish.userId, paymentIntentId })
}

/** Registers a person through the form. */
export async function arriveByForm(
  browser: Browser,
  origin: string,
  { role, name, rate }: Newcomer,
): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  await openStage(page)
  await page.goto(origin)
  await page.getByRole('tab', { name: 'Create account' }).click()
  await page.getByRole('radio', { name: role === 'reader' ? 'I give readings' : 'I want a reading' }).check()
  await page.getByLabel('Display name').fill(name)
  await page.getByLabel('Email').fill(nextEmail())
  await page.getByLabel('Password').fill(PASSWORD)
  if (rate) await page.getByLabel('Rate per minute ($)').fill(rate)
  await page.getByRole('checkbox', { name: ACCEPT }).check()
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL('**/dashboard')
  return page
}

export async function becomeAvailable(reader: Page): Promise<void> {
  const toggle = reader.getByRole('switch', { name: 'Available for sessions' })
  await toggle.click()
  await expect(toggle).toBeChecked()
}

/** Adds ten dollars from the dashboard, through the form. */
export async function addTenDollars(client: Page): Promise<void> {
  await client.getByRole('button', { name: 'Add funds', exact: true }).click()
  await payTenDollars(client)
}

/** Fills in and sends the payment form that is open. */
export async function payTenDollars(client: Page): Promise<void> {
  await client.getByRole('radio', { name: '$10', exact: true }).check()
  await client.getByRole('button', { name: 'Pay $10.00' }).click()
}

/** Returns the line of a reader in a client's list. */
export function readerLine(client: Page, name: string): Locator {
  return client.getByRole('listitem').filter({ has: client.getByRole('heading', { name }) })
}

/** Presses the button of that name at a reader, and waits until it rings. */
export async function ring(client: Page, reader: string, kind: 'Video' | 'Voice' | 'Chat'): Promise<string> {
  await readerLine(client, reader).getByRole('button', { name: kind }).click()
  await client.waitForURL('**/session/*')
  return client.url().split('/').at(-1) ?? ''
}

export async function answer(reader: Page, choice: 'Accept' | 'Decline'): Promise<void> {
  await reader.getByRole('dialog', { name: 'Incoming request' }).getByRole('button', { name: choice }).click()
}

/** Returns the cents of an amount on a page. */
export async function centsIn(page: Page, testId: string): Promise<number> {
  const text = await page.getByTestId(testId).textContent()
  return Math.round(Number(text?.replace(/[^\d.]/g, '')) * 100)
}

/** Returns the seconds of a clock on a page. */
export async function secondsIn(page: Page, testId: string): Promise<number> {
  const text = await page.getByTestId(testId).textContent()
  const [minutes, seconds] = text?.split(':') ?? []
  return Number(minutes) * 60 + Number(seconds)
}
