/** Tests sessions over a restart of the server. */
import { expect, type Page } from '@playwright/test'
import type { SessionView } from '../../shared/protocol/session.ts'
import { meet } from '../support/e2e/calls.ts'
import { connectionsOpened, expectGrowing } from '../support/e2e/media.ts'
import { answer, centsIn, ring } from '../support/e2e/people.ts'
import type { RunningServer } from '../support/e2e/server.ts'
import { test } from '../support/e2e/test.ts'

const INTERVAL_MS = 3_000
const RATE_CENTS = 50
const HEARTBEAT_TIMEOUT_MS = 6_000

test.use({
  settings: {
    BILLING_INTERVAL_MS: String(INTERVAL_MS),
    HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_TIMEOUT_MS),
  },
})

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  const tag = signal === 'SIGKILL' ? [] : '@long' // the harder one runs always
  test(`the server is gone by ${signal} in the middle of a video session, and comes back`, { tag }, async ({
    browser,
    server,
  }) => {
    const { client, reader } = await meet({ client: browser, reader: browser }, server.origin)
    const pages = [client, reader]
    const sessionId = await ring(client, 'Mara Lind', 'Video')
    await answer(reader, 'Accept')
    for (const page of pages) await expectGrowing(page, 'framesDecoded')
    await expect.poll(() => centsIn(client, 'charged')).toBeGreaterThanOrEqual(RATE_CENTS)

    await server.end(signal)
    for (const page of pages) await expectPaused(page)
    const shown = await centsIn(client, 'charged')
    for (const page of pages) await expectGrowing(page, 'framesDecoded')
    expect(await centsIn(client, 'charged'), 'nothing is charged meanwhile').toBe(shown)
    const connections = await Promise.all(pages.map(connectionsOpened))

    await server.startAgain()
    for (const page of pages) await expect(page.getByTestId('connection-state')).toHaveText(/^Connected/)
    for (const page of pages) await expectGrowing(page, 'framesDecoded')
    expect(await Promise.all(pages.map(connectionsOpened)), 'the media never stopped').toEqual(connections)
    await expect.poll(() => centsIn(client, 'charged')).toBeGreaterThan(shown)

    await client.getByRole('button', { name: 'End session' }).click()
    for (const page of pages)
      await expect(page.getByRole('heading', { name: 'Session summary' })).toBeVisible()
    await chargesConfirmedTimeAlone(server, sessionId)
  })
}

async function expectPaused(page: Page): Promise<void> {
  await expect(page.getByTestId('connection-state')).toContainText('not charging')
}

async function chargesConfirmedTimeAlone({ files }: RunningServer, sessionId: string): Promise<void> {
  const find = (): SessionView | undefined => files().sessions.find(({ id }) => id === sessionId)
  await expect.poll(find).toBeDefined()
  const session = find()
  const { startedAt = 0, endedAt = 0, billedMs = 0, pauses = [] } = session ?? {}
  const paused = pauses.reduce((sum, { from, to = endedAt }) => sum + (to - from), 0)
  expect(pauses.map(({ cause }) => cause)).toContain('server_stopped')
  expect(billedMs).toBe(endedAt - startedAt - paused)
  expect(session?.chargedCents).toBe(Math.floor((RATE_CENTS * billedMs) / INTERVAL_MS))
  expect(session?.charges.reduce((sum, { cents }) => sum + cents, 0)).toBe(session?.chargedCents)
  // Each of the files follows within a second, and not all at one instant.
  const balance = () => files().users.find(({ id }) => id === session?.clientId)?.balanceCents
  await expect.poll(balance).toBe(1_000 - (session?.chargedCents ?? 0))
}
