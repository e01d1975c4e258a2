/** Tests a paid session from the ring to the receipt. */
import { expect, type Page } from '@playwright/test'
import { expectGrowing, expectPicture, received } from '../support/e2e/media.ts'
import {
  addTenDollars,
  answer,
  arriveByForm,
  becomeAvailable,
  centsIn,
  payTenDollars,
  ring,
  secondsIn,
} from '../support/e2e/people.ts'
import type { RunningServer } from '../support/e2e/server.ts'
import { test } from '../support/e2e/test.ts'

// At these figures ten dollars last 20 s, and a prompt comes 16 s before the end.
const INTERVAL_MS = 3_000
const RATE = '1.50'
const RATE_CENTS = 150
const LOW_FUNDS_CENTS = 800
const SPENT_CENTS = 2_000

test.use({
  settings: { BILLING_INTERVAL_MS: String(INTERVAL_MS), LOW_FUNDS_CENTS: String(LOW_FUNDS_CENTS) },
})

interface Pair {
  client: Page
  reader: Page
}

const both = ({ client, reader }: Pair) => [client, reader]

const FLOWS = {
  Video: async (pair: Pair) => {
    for (const page of both(pair)) {
      await expectGrowing(page, 'framesDecoded')
      await expectGrowing(page, 'totalAudioEnergy')
      await expectPicture(page, '#remote-video')
      await expectPicture(page, '#local-video')
    }
  },
  Voice: async (pair: Pair) => {
    for (const page of both(pair)) {
      await expectGrowing(page, 'totalSamplesReceived')
      await expectGrowing(page, 'totalAudioEnergy')
      await expect(page.getByRole('button', { name: 'Camera off' })).toHaveCount(0)
    }
  },
  Chat: async (pair: Pair) => {
    for (const page of both(pair)) expect(await received(page, 'totalSamplesReceived')).toBe(0)
  },
}

for (const kind of ['Video', 'Voice', 'Chat'] as const) {
  const tag = kind === 'Video' ? [] : '@long' // the same meter, which the other tests run in every kind
  test(`a paid ${kind.toLowerCase()} session, from registering to the last cent`, { tag }, async ({
    browser,
    server,
  }) => {
    const reader = await arriveByForm(browser, server.origin, {
      role: 'reader',
      name: 'Mara Lind',
      rate: RATE,
    })
    const client = await arriveByForm(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
    const pair = { client, reader }

    await addTenDollars(client)
    await expect(client.getByTestId('balance')).toHaveText('$10.00')
    await becomeAvailable(reader)
    const sessionId = await ring(client, 'Mara Lind', kind)
    await answer(reader, 'Accept')
    await reader.waitForURL(`**/session/${sessionId}`)

    await topUpWhenLow(client)
    await FLOWS[kind](pair)
    await chatCrosses(pair)
    await minutesTick(pair)

    await expect(client.getByRole('dialog', { name: 'Low funds' })).toBeVisible({ timeout: 30_000 })
    expect(await centsIn(client, 'charged'), 'the top-up kept the session alive').toBeGreaterThan(1_000)
    for (const page of both(pair)) {
      await expect(page.getByRole('heading', { name: 'Session summary' })).toBeVisible({ timeout: 30_000 })
    }
    await summariesEqualFiles(pair, server, sessionId)
    await returnToDashboard(pair)
  })
}

async function topUpWhenLow(client: Page): Promise<void> {
  const prompt = client.getByRole('dialog', { name: 'Low funds' })
  await expect(prompt).toBeVisible()
  await prompt.getByRole('button', { name: 'Add funds' }).click()
  await payTenDollars(client)
  await expect.poll(() => centsIn(client, 'balance')).toBeGreaterThan(LOW_FUNDS_CENTS)
  await expect(client.getByRole('dialog')).toHaveCount(0)
}

async function chatCrosses({ client, reader }: Pair): Promise<void> {
  const before = await received(reader, 'messagesReceived')
  await client.getByRole('textbox', { name: 'Message' }).fill('Can you <b>see</b> me?')
  await client.getByRole('button', { name: 'Send' }).click()
  await expect(reader.getByRole('log')).toContainText('Can you <b>see</b> me?')
  expect(await received(reader, 'messagesReceived')).toBeGreaterThan(before)

  await reader.getByRole('textbox', { name: 'Message' }).fill('I see you well.')
  await reader.getByRole('button', { name: 'Send' }).click()
  await expect(client.getByRole('log')).toContainText('I see you well.')
}

async function minutesTick(pair: Pair): Promise<void> {
  for (const page of both(pair)) {
    const seconds = await secondsIn(page, 'timer')
    const cents = await centsIn(page, 'charged')
    await expect.poll(() => secondsIn(page, 'timer')).toBeGreaterThan(seconds + 2)
    await expect.poll(() => centsIn(page, 'charged')).toBeGreaterThanOrEqual(cents + RATE_CENTS)
  }
}

async function summariesEqualFiles(pair: Pair, { files }: RunningServer, sessionId: string): Promise<void> {
  const inFiles = () => {
    const { users, sessions, earnings } = files()
    const session = sessions.find(({ id }) => id === sessionId)
    return {
      session,
      balanceCents: users.find(({ id }) => id === session?.clientId)?.balanceCents,
      earnedCents: earnings.find(({ readerId }) => readerId === session?.readerId)?.totalCents,
    }
  }
  // Each file is written on its own, within a second of the change.
  await expect.poll(inFiles).toMatchObject({
    session: {
      endReason: 'out_of_funds',
      chargedCents: SPENT_CENTS,
      earnedCents: SPENT_CENTS,
      billedMs: Math.ceil((SPENT_CENTS * INTERVAL_MS) / RATE_CENTS),
    },
    balanceCents: 0,
    earnedCents: SPENT_CENTS,
  })
  const { session } = inFiles()
  expect(session?.charges.reduce((sum, { cents }) => sum + cents, 0)).toBe(SPENT_CENTS)

  for (const page of both(pair)) {
    expect(await centsIn(page, 'summary-charged')).toBe(session?.chargedCents)
    expect(await centsIn(page, 'summary-earned')).toBe(session?.earnedCents)
    expect(await secondsIn(page, 'summary-duration')).toBe(session?.durationSeconds)
  }
}

async function returnToDashboard(pair: Pair): Promise<void> {
  for (const page of both(pair)) {
    await page.getByRole('link', { name: 'Return to dashboard' }).click()
    await page.waitForURL('**/dashboard')
  }
  await expect(pair.client.getByTestId('balance')).toHaveText('$0.00')
  await expect(pair.reader.getByTestId('earnings-total')).toHaveText('$20.00')
}
