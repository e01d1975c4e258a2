/** Tests a whole evening in Firefox: two people, a payment, and a session of each kind. */
import { expect, type Page } from '@playwright/test'
import { endedSession, expectConnected, hangUp } from '../support/e2e/calls.ts'
import { FIREFOX } from '../support/e2e/firefox.ts'
import { hiddenControls, sidewaysScroll } from '../support/e2e/layout.ts'
import { expectGrowing, expectPicture, received } from '../support/e2e/media.ts'
import {
  answer,
  arriveByForm,
  becomeAvailable,
  centsIn,
  readerLine,
  secondsIn,
} from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

const KINDS = ['Video', 'Voice', 'Chat'] as const
const SENTENCE = 'Can you <b>see</b> me?'

test.use({
  ...FIREFOX,
  actionTimeout: 120_000,
  navigationTimeout: 120_000,
  settings: { BILLING_INTERVAL_MS: '6000' },
})

test('an evening in Firefox: register, pay, ring, a session of each kind, and what it came to', {
  tag: '@long',
}, async ({ browser, server }) => {
  test.setTimeout(900_000)
  const faults: string[] = []
  const watch = (page: Page) => page.on('pageerror', (error) => faults.push(String(error)))
  const reader = await arriveByForm(browser, server.origin, {
    role: 'reader',
    name: 'Mara Lind',
    rate: '0.50',
  })
  const client = await arriveByForm(browser, server.origin, { role: 'client', name: 'Ana Reyes' })
  const both = [client, reader] as const
  for (const page of both) watch(page)

  await client.getByRole('button', { name: 'Add funds', exact: true }).click()
  await client.getByRole('radio', { name: '$20', exact: true }).check()
  await client.getByRole('button', { name: 'Pay $20.00' }).click()
  await expect(client.getByTestId('balance')).toHaveText('$20.00')
  await becomeAvailable(reader)

  let earnedCents = 0
  for (const kind of KINDS) {
    const sessionId = await ringAfterCheck(client, kind)
    await answer(reader, 'Accept')
    await reader.waitForURL(`**/session/${sessionId}`)
    await expectConnected(both)
    await MEDIA[kind](both)
    await chatCrosses(both)
    for (const page of both) await expectFitsPhones(page)
    await expect.poll(() => centsIn(client, 'charged')).toBeGreaterThanOrEqual(100)
    await hangUp(both)

    const { chargedCents, durationSeconds } = await endedSession(server, sessionId)
    earnedCents += chargedCents
    for (const page of both) {
      expect(await secondsIn(page, 'summary-duration')).toBe(durationSeconds)
    }
    expect(await centsIn(client, 'summary-charged')).toBe(chargedCents)
    expect(await centsIn(reader, 'summary-earned')).toBe(chargedCents)
    for (const page of both) {
      await page.getByRole('link', { name: 'Return to dashboard' }).click()
      await page.waitForURL('**/dashboard')
    }
  }

  await expect.poll(() => centsIn(client, 'balance')).toBe(2_000 - earnedCents)
  await expect.poll(() => centsIn(reader, 'earnings-total')).toBe(earnedCents)
  expect(faults).toEqual([])
})

/** Rings; Firefox keeps no leave to use devices, so that they are looked at before each call. */
async function ringAfterCheck(client: Page, kind: (typeof KINDS)[number]): Promise<string> {
  await readerLine(client, 'Mara Lind').getByRole('button', { name: kind }).click()
  if (kind !== 'Chat') {
    const check = client.getByRole('dialog', { name: 'Before you call Mara Lind' })
    await check.getByRole('button', { name: /^Turn on/ }).click()
    await check.getByRole('button', { name: 'Call Mara Lind' }).click()
  }
  await client.waitForURL('**/session/*')
  return client.url().split('/').at(-1) ?? ''
}

async function expectFitsPhones(page: Page): Promise<void> {
  for (const [width, height] of [
    [390, 844],
    [844, 390],
    [1280, 800],
  ] as const) {
    await page.setViewportSize({ width, height })
    await expect.poll(() => hiddenControls(page), { message: `${width} × ${height}` }).toEqual([])
    expect(await sidewaysScroll(page), `${width} × ${height}`).toBe(0)
  }
}

const MEDIA = {
  Video: async (pages: readonly Page[]) => {
    for (const page of pages) {
      await expectGrowing(page, 'framesDecoded')
      await expectGrowing(page, 'totalAudioEnergy')
      await expectPicture(page, '#remote-video')
      await expectPicture(page, '#local-video')
    }
  },
  Voice: async (pages: readonly Page[]) => {
    for (const page of pages) await expectGrowing(page, 'totalAudioEnergy')
  },
  Chat: async (pages: readonly Page[]) => {
    for (const page of pages) expect(await received(page, 'totalSamplesReceived')).toBe(0)
  },
}

async function chatCrosses([client, reader]: readonly [Page, Page]): Promise<void> {
  for (const [from, to, text] of [
    [client, reader, SENTENCE],
    [reader, client, 'I see you well.'],
  ] as const) {
    await from.getByRole('textbox', { name: 'Message' }).fill(text)
    await from.getByRole('button', { name: 'Send' }).click()
    await expect(to.getByRole('log')).toContainText(text)
  }
}
