/** Tests payments beside a live session. */
import { type Browser, expect, type Locator, type Page } from '@playwright/test'
import { expectGrowing } from '../support/e2e/media.ts'
import { answer, arrive, becomeAvailable, centsIn, readerLine, ring } from '../support/e2e/people.ts'
import type { RunningServer } from '../support/e2e/server.ts'
import { test } from '../support/e2e/test.ts'

// Half a dollar goes in three seconds: ten dollars are low funds from the start, and twenty last
// for two minutes.
const CHARGE_CENTS = 50
const LOW_FUNDS_CENTS = 1_000
const READER = 'Mara Lind'
const DECLINED = '4000 0000 0000 0002'
const ASKS_FIRST = '4000 0027 6000 3184'

const payTen = (page: Page) => page.getByRole('button', { name: 'Pay $10.00' })

/** Opens the payment form with ten dollars chosen, by the button in `place`. */
async function chooseTen(client: Page, place: Page | Locator = client): Promise<void> {
  await place.getByRole('button', { name: 'Add funds', exact: true }).click()
  await client.getByRole('radio', { name: '$10', exact: true }).check()
}

/** Waits until what was charged and what is left together have risen by ten dollars. */
async function expectTenMore(client: Page, pay: () => Promise<void>): Promise<void> {
  const worth = async () => (await centsIn(client, 'balance')) + (await centsIn(client, 'charged'))
  const before = await worth()
  await pay()
  // A charge may fall between the two readings.
  await expect.poll(worth).toBeGreaterThanOrEqual(before + 1_000 - CHARGE_CENTS)
}

test.describe('in the middle of a live session', () => {
  test.use({
    settings: { BILLING_INTERVAL_MS: '3000', LOW_FUNDS_CENTS: String(LOW_FUNDS_CENTS) },
  })

  test('a saved card, a declined one and one that the bank asks about all leave the picture running', async ({
    browser,
    server,
  }) => {
    const { client } = await liveWithSavedCard(browser, server)

    const prompt = client.getByRole('dialog', { name: 'Low funds' })
    await expect(prompt).toBeVisible()
    await expect(client).toHaveTitle(/^⏳ \d+ min left · /)
    await chooseTen(client, prompt)
    await expect(client.getByRole('radio', { name: 'Visa ending in 4242' })).toBeChecked()
    await expectTenMore(client, () => payTen(client).click())
    const added = client.getByRole('status').filter({ hasText: '$10.00 added, about 20 more minutes' })
    await expect(added.getByRole('link', { name: 'Receipt' })).toHaveAttribute('target', '_blank')
    await expectGrowing(client, 'framesDecoded')

    await chooseTen(client)
    await client.getByRole('radio', { name: 'Another card' }).check()
    await client.getByLabel('Card number').fill(DECLINED)
    await payTen(client).click()
    await expect(client.getByRole('alert')).toContainText('Your bank declined this card. Nothing was taken.')
    await expectGrowing(client, 'framesDecoded')

    await client.getByLabel('Card number').fill(ASKS_FIRST)
    await expectTenMore(client, async () => {
      await payTen(client).click()
      const bank = client.getByRole('dialog', { name: 'Your bank asks' })
      await expect(bank).toBeVisible()
      await expectGrowing(client, 'framesDecoded')
      await bank.getByRole('button', { name: 'Complete authentication' }).click()
    })
    await expect(client.getByRole('dialog')).toHaveCount(0)
    await expectGrowing(client, 'framesDecoded')
    await client.getByRole('button', { name: 'End session' }).click()
    await expect(client.getByRole('heading', { name: 'Session summary' })).toBeVisible()
  })
})

/** Starts a live video session of a client whose first card is saved because the box was ticked. */
async function liveWithSavedCard(browser: Browser, server: RunningServer): Promise<{ client: Page }> {
  const reader = await arrive(browser, server.origin, { role: 'reader', name: READER, rate: '0.50' })
  const client = await arrive(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
  await chooseTen(client)
  const save = client.getByRole('checkbox', { name: /^Save this card/ })
  await expect(save).not.toBeChecked()
  await save.check()
  await payTen(client).click()
  await expect(client.getByTestId('balance')).toHaveText('$10.00')
  await becomeAvailable(reader)
  await ring(client, READER, 'Video')
  await answer(reader, 'Accept')
  await expectGrowing(client, 'framesDecoded')
  return { client }
}

test('a reader who costs more than the balance has a link beside them to add funds for the first minutes', async ({
  browser,
  server,
}) => {
  const reader = await arrive(browser, server.origin, { role: 'reader', name: READER, rate: '3.00' })
  await becomeAvailable(reader)
  const client = await arrive(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
  const line = readerLine(client, READER)
  await expect(line).toContainText('Needs $3.00 for the first minute. You have $0.00.')
  let letThrough = () => {}
  const held = new Promise<void>((resolve) => {
    letThrough = resolve
  })
  await client.route('**/stripe-standin.js', async (route) => {
    await held
    await route.continue()
  })
  // Each way to call leads to adding the money, and from there to the call.
  await line.getByRole('button', { name: 'Chat' }).click()
  const window = client.getByRole('dialog', { name: 'Add funds' })
  await expect(window).toContainText('about 3 more minutes with Mara Lind')
  const before = await placeOf(window)
  await expect(window.getByLabel('Card number')).toHaveCount(0)
  letThrough()
  await expect(window.getByLabel('Card number')).toBeVisible()
  expect(await placeOf(window), 'the amounts stay where they are when the card form comes').toBe(before)
  await window.getByRole('radio', { name: '$10', exact: true }).check()
  await client.getByLabel('Card number').fill(DECLINED)
  for (const [width, height] of [
    [390, 844],
    [844, 390],
    [1280, 640],
  ] as const) {
    await client.setViewportSize({ width, height })
    await payTen(client).click()
    const alert = window.getByRole('alert')
    await expect(alert).toContainText('Nothing was taken.')
    await expect(alert, 'what went wrong is in view').toBeInViewport({ ratio: 1 })
    await expect(payTen(client)).toBeInViewport({ ratio: 1 })
    expect(await window.evaluate((box) => box.getBoundingClientRect().top)).toBeGreaterThanOrEqual(0)
    expect(await window.evaluate((box) => box.contains(document.activeElement))).toBe(true)
  }
  await client.getByLabel('Card number').fill('4242 4242 4242 4242')
  await payTen(client).click()
  await expect(client.getByRole('dialog')).toHaveCount(0)
  await expect(line).not.toContainText('Needs')
  const note = client.getByRole('status').filter({ hasText: '$10.00 added' })
  await expect(note.getByRole('link', { name: 'Receipt' })).toHaveAttribute('href', /^\/payments\/pi_/)
  await note.getByRole('button', { name: `Call ${READER} now` }).click()
  await client.waitForURL('**/session/*')
})

test('what was added has its receipt at once', async ({ browser, shared }) => {
  const client = await arrive(browser, shared.origin, { role: 'client', name: 'Ana Reyes' })
  await chooseTen(client)
  await payTen(client).click()
  await client.getByRole('status').getByRole('link', { name: 'Receipt' }).click()
  await expect(client.getByRole('heading', { name: 'Top-up receipt' })).toBeVisible()
})

/** Returns the left edge of a window, without movements that are only shown. */
const placeOf = (window: Locator) => window.evaluate((box) => (box as HTMLElement).offsetTop)

test('a tab that is closed right after paying is credited anyway, once', async ({ browser, server }) => {
  const client = await arrive(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
  await chooseTen(client)
  // The card is charged, and the page is gone before it can report this to our server.
  const charged = client.waitForRequest('**/add-funds/confirm')
  await client.route('**/add-funds/confirm', () => undefined)
  await payTen(client).click()
  await charged
  await client.close()
  const inFile = () => server.files().users.map(({ balanceCents }) => balanceCents)
  await expect.poll(inFile).toEqual([1_000])
})

test('the account page shows what was paid and with which card, and keeps cards and automatic top-ups', async ({
  browser,
  shared,
}) => {
  const client = await arrive(browser, shared.origin, { role: 'client', name: 'Ana Reyes' })
  await chooseTen(client)
  await client.getByRole('checkbox', { name: /^Save this card/ }).check()
  await payTen(client).click()
  await expect(client.getByTestId('balance')).toHaveText('$10.00')

  await client.goto(`${shared.origin}/account`)
  const payments = client.getByRole('region', { name: 'Payments' })
  const line = payments.getByRole('row', { name: /Visa ending in 4242/ })
  await expect(line).toContainText('$10.00')
  await expect(line).toContainText('Added')
  await expect(line.getByRole('link', { name: 'Receipt' })).toHaveAttribute('href', /^https:/)

  await payments.getByLabel('Daily maximum').fill('')
  await expect(payments.getByRole('checkbox', { name: /^Enter the three amounts/ })).toBeDisabled()
  await payments.getByLabel('Daily maximum').fill('60')
  await payments.getByRole('checkbox', { name: /^Charge \$20\.00 to my .+ up to \$60\.00 a day/ }).check()
  await payments.getByLabel('Daily maximum').fill('80')
  await expect(payments.getByRole('checkbox', { name: /up to \$80\.00 a day/ })).not.toBeChecked()
  await payments.getByRole('checkbox', { name: /up to \$80\.00 a day/ }).check()
  await payments.getByRole('button', { name: 'Turn on' }).click()
  await expect(payments).toContainText('$20.00 is added when your balance is at $5.00 or below')
  await payments.getByRole('button', { name: 'Remove Visa ending in 4242' }).click()
  await expect(payments).toContainText('A card is saved only when you tick the box')
  await expect(payments).toContainText('Off. It needs a saved card.')
})
