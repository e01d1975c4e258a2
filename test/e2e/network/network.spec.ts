/** Tests a call through cuts and changes of the network. */
import { type Browser, expect, type Page } from '@playwright/test'
import { type Coturn, startCoturn } from '../../support/coturn.ts'
import { WHOLE_BROWSER } from '../../support/e2e/browser.ts'
import {
  call,
  endedSession,
  expectConnected,
  expectConnectedTimeCharged,
  expectPaused,
  expectStill,
  hangUp,
  meet,
  ufragOf,
} from '../../support/e2e/calls.ts'
import { connectionsOpened, expectGrowing } from '../../support/e2e/media.ts'
import { expectPath, selectedPath } from '../../support/e2e/signals.ts'
import { test as base } from '../../support/e2e/test.ts'
import { buildLab, type Lab, labIsMissing } from '../../support/lab.ts'

const INTERVAL_MS = 10_000 // ten dollars last 200 s, on a slow machine too
const GRACE_MS = 180_000
const missing = labIsMissing()
if (missing) console.error(`No call is cut between two networks: ${missing}.`)

interface Networks {
  lab: Lab
  coturn: Coturn
  browsers: { client: Browser; reader: Browser }
  origin: string
}

/** The server and a relay on this machine, and a browser on each of two others. */
const test = base.extend<Networks>({
  lab: async ({ playwright: _ }, use) => {
    const lab = buildLab(WHOLE_BROWSER)
    await use(lab)
    lab.stop()
  },
  coturn: async ({ lab: { address } }, use) => {
    const coturn = await startCoturn({ address })
    await use(coturn)
    await coturn.stop()
  },
  settings: async ({ coturn }, use) => {
    await use({
      ...coturn.settings,
      HOST: '0.0.0.0',
      ICE_TRANSPORT_POLICY: 'all',
      BILLING_INTERVAL_MS: String(INTERVAL_MS),
      RECONNECT_GRACE_MS: String(GRACE_MS),
    })
  },
  origin: async ({ server, lab }, use) => {
    await use(`http://${lab.address}:${new URL(server.origin).port}`)
  },
  browsers: async ({ playwright, launchOptions, lab, origin }, use) => {
    // Over plain HTTP, browsers give the camera to pages of their own machine alone.
    const args = [...(launchOptions.args ?? []), `--unsafely-treat-insecure-origin-as-secure=${origin}`]
    const launch = (executablePath: string) =>
      playwright.chromium.launch({ ...launchOptions, executablePath, args })
    const client = await launch(lab.client.browser)
    const reader = await launch(lab.reader.browser)
    await use({ client, reader })
    await Promise.all([client.close(), reader.close()])
  },
})

test.skip(missing !== undefined, missing)

test('a call survives a cut of the network, and a walk from one network into another', {
  tag: '@long',
}, async ({ browsers, origin, server, lab }) => {
  const pair = await meet(browsers, origin)
  const pages = [pair.client, pair.reader] as const
  const sessionId = await call(pair, 'Video')
  await expectConnected(pages)
  for (const page of pages) {
    await expectPath(page, 'host')
    await expectGrowing(page, 'framesDecoded')
  }
  const connections = await Promise.all(pages.map(connectionsOpened))
  const ufrags = await Promise.all(pages.map(ufragOf))

  lab.client.cut()
  await expectPaused(pages)
  const from = Date.now()
  await expectStill(pages)
  // Until then it could recover without a restart.
  for (const page of pages) await expect.poll(() => stateOf(page), { timeout: 60_000 }).toBe('failed')
  const outage = { from, to: Date.now() }
  lab.client.mend()
  await expectConnected(pages)
  for (const page of pages) await expectGrowing(page, 'framesDecoded')
  expect(await Promise.all(pages.map(connectionsOpened)), 'the connection is the same').toEqual(connections)
  for (const [index, page] of pages.entries()) {
    await expect.poll(() => ufragOf(page), { message: 'ICE was restarted' }).not.toBe(ufrags[index])
  }

  lab.client.move()
  for (const page of pages) {
    // Sockets, paths and a rebuilt call, one after the other: the grace says how long that may
    // take.
    await expect
      .poll(() => selectedPath(page), { message: 'only the relay is left', timeout: 90_000 })
      .toContain('relay')
  }
  await expectConnected(pages)
  for (const page of pages) await expectGrowing(page, 'framesDecoded')

  await hangUp(pages)
  expectConnectedTimeCharged(await endedSession(server, sessionId), outage, INTERVAL_MS)
})

function stateOf(page: Page): Promise<RTCPeerConnectionState | undefined> {
  return page.evaluate(() => {
    const { opened } = window as unknown as { opened: RTCPeerConnection[] }
    return opened.at(-1)?.connectionState
  })
}
