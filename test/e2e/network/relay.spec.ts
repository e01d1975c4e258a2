/** Tests a call through the relay alone. */
import { networkInterfaces } from 'node:os'
import { expect } from '@playwright/test'
import { type Coturn, startCoturn } from '../../support/coturn.ts'
import {
  call,
  endedSession,
  expectConnected,
  expectConnectedTimeCharged,
  expectPaused,
  expectStill,
  hangUp,
  meet,
} from '../../support/e2e/calls.ts'
import { expectGrowing, expectPicture } from '../../support/e2e/media.ts'
import { candidatesIn, expectPath, overhear } from '../../support/e2e/signals.ts'
import { test as base } from '../../support/e2e/test.ts'

const INTERVAL_MS = 10_000 // ten dollars last 200 s, on a slow machine too
const GRACE_MS = 180_000

/** A coturn of its own for each test, which the server knows. */
const test = base.extend<{ relayAddress: string; coturn: Coturn }>({
  relayAddress: ['127.0.0.9', { option: true }],
  coturn: async ({ relayAddress: address }, use) => {
    const coturn = await startCoturn({ address })
    await use(coturn)
    await coturn.stop()
  },
  settings: async ({ coturn }, use) => {
    await use({
      ...coturn.settings,
      BILLING_INTERVAL_MS: String(INTERVAL_MS),
      RECONNECT_GRACE_MS: String(GRACE_MS),
    })
  },
})

test('a paid video session goes through the relay alone, and comes back when the relay was restarted', async ({
  browser,
  server,
  coturn,
}) => {
  const pair = await meet({ client: browser, reader: browser }, server.origin)
  const pages = [pair.client, pair.reader] as const
  const said = await Promise.all(pages.map(overhear))
  const sessionId = await call(pair, 'Video')
  await expectConnected(pages)
  for (const page of pages) {
    await expectPath(page, 'relay')
    await expectGrowing(page, 'framesDecoded')
    await expectGrowing(page, 'totalAudioEnergy')
    await expectPicture(page, '#remote-video')
  }

  await coturn.kill()
  await expectPaused(pages)
  const from = Date.now()
  await expectStill(pages)
  const outage = { from, to: Date.now() }
  await coturn.startAgain()
  await expectConnected(pages)
  for (const page of pages) {
    await expectPath(page, 'relay')
    await expectGrowing(page, 'framesDecoded')
  }

  await hangUp(pages)
  for (const texts of said) expectRelayAlone(texts, coturn.address)
  expectConnectedTimeCharged(await endedSession(server, sessionId), outage, INTERVAL_MS)
})

/**
 * Checks that every candidate is the relay's, and that no text has an address of this machine in
 * it.
 */
function expectRelayAlone(texts: readonly string[], relay: string): void {
  const candidates = candidatesIn(texts)
  expect(candidates.length).toBeGreaterThan(0)
  for (const candidate of candidates) {
    expect(candidate).toContain(` ${relay} `)
    expect(candidate).toMatch(/ typ relay raddr 0\.0\.0\.0 rport [09]( |$)/)
  }
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  for (const { address, internal } of own) {
    if (!internal) expect(texts.filter((text) => text.includes(address))).toEqual([])
  }
}

/** Like the others, but the server makes its logins with another secret than coturn's. */
const estranged = test.extend({
  settings: async ({ coturn }, use) => {
    await use({ ...coturn.settings, TURN_SECRET: 'not what the relay knows', CONNECT_TIMEOUT_MS: '6000' })
  },
})

estranged(
  'a relay that refuses our logins: both are told, and nothing is charged',
  { tag: '@long' },
  async ({ browser, server }) => {
    const pair = await meet({ client: browser, reader: browser }, server.origin)
    const pages = [pair.client, pair.reader] as const
    const said = await Promise.all(pages.map(overhear))
    const sessionId = await call(pair, 'Voice')
    for (const page of pages) await expect(page.getByTestId('connection-state')).toHaveText(/^Connecting/)
    for (const page of pages) {
      await expect(page.getByRole('heading', { name: 'We could not connect the two of you' })).toBeVisible()
    }
    expect(candidatesIn(said.flat())).toEqual([])
    expect(await endedSession(server, sessionId)).toMatchObject({
      endReason: 'never_connected',
      billedMs: 0,
      chargedCents: 0,
    })
    await pair.client.getByRole('link', { name: 'Return to dashboard' }).click()
    await expect(pair.client.getByTestId('balance')).toHaveText('$10.00')
  },
)
