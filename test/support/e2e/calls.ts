/** Starts calls between two people, and checks them. */
import { type Browser, expect, type Page } from '@playwright/test'
import type { SessionView } from '../../../shared/protocol/session.ts'
import { answer, arrive, becomeAvailable, ring } from './people.ts'
import type { RunningServer } from './server.ts'

export const RATE_CENTS = 50

export interface Pair {
  readonly client: Page
  readonly reader: Page
}

/**
 * Opens the dashboards of Ana Reyes, a client with ten dollars, and of Mara Lind, a reader who is
 * available for half a dollar a minute, unless other amounts are given.
 */
export async function meet(
  browsers: { client: Browser; reader: Browser },
  origin: string,
  { fundsCents = 1_000, rate = '0.50' } = {},
): Promise<Pair> {
  const reader = await arrive(browsers.reader, origin, { role: 'reader', name: 'Mara Lind', rate })
  const client = await arrive(browsers.client, origin, {
    role: 'client',
    name: 'Ana Reyes',
    fundsCents,
  })
  await becomeAvailable(reader)
  return { client, reader }
}

/** Rings, and accepts the call; returns the session's id. */
export async function call({ client, reader }: Pair, kind: 'Video' | 'Voice' | 'Chat'): Promise<string> {
  const sessionId = await ring(client, 'Mara Lind', kind)
  await answer(reader, 'Accept')
  await reader.waitForURL(`**/session/${sessionId}`)
  return sessionId
}

export async function expectConnected(pages: readonly Page[]): Promise<void> {
  for (const page of pages) await expect(page.getByTestId('connection-state')).toHaveText(/^Connected/)
}

export async function expectPaused(pages: readonly Page[]): Promise<void> {
  for (const page of pages) await expect(page.getByTestId('connection-state')).toContainText('not charging')
}

/** Checks that both clocks stay the same while a clock that runs would move on. */
export async function expectStill(pages: readonly Page[]): Promise<void> {
  const shown = () => Promise.all(pages.map((page) => page.getByTestId('timer').textContent()))
  const before = await shown()
  for (const page of pages) await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_500)))
  expect(await shown()).toEqual(before)
}

/** Returns the ICE user name of the page: a restart of ICE makes another. */
export function ufragOf(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const { opened } = window as unknown as { opened: RTCPeerConnection[] }
    return /a=ice-ufrag:(\S+)/.exec(opened.at(-1)?.currentLocalDescription?.sdp ?? '')?.[1]
  })
}

export async function hangUp(pages: readonly [Page, ...Page[]]): Promise<void> {
  await pages[0].getByRole('button', { name: 'End session' }).click()
  for (const page of pages) await expect(page.getByRole('heading', { name: 'Session summary' })).toBeVisible()
}

/** Returns the session as it is on disk, once it has ended. */
export async function endedSession({ files }: RunningServer, sessionId: string): Promise<SessionView> {
  const find = () => files().sessions.find(({ id, status }) => id === sessionId && status === 'ended')
  await expect.poll(find, { message: 'the session has ended on disk' }).toBeDefined()
  const session = find()
  if (!session) throw new Error('the session is gone from the disk')
  return session
}

/** A time in which the call was seen to be down, by the clock of this machine. */
export interface Outage {
  readonly from: number
  readonly to: number
}

/**
 * Checks that the meter was paused for the whole of the outage, and that the charge is what the
 * pauses leave.
 */
export function expectConnectedTimeCharged(session: SessionView, outage: Outage, intervalMs: number): void {
  const { startedAt = 0, endedAt = 0, billedMs, pauses = [], chargedCents, charges } = session
  const covering = pauses.filter(({ from, to = endedAt }) => from <= outage.from && to >= outage.to)
  expect(covering, `one of ${JSON.stringify(pauses)} covers ${JSON.stringify(outage)}`).toHaveLength(1)
  const paused = pauses.reduce((sum, { from, to = endedAt }) => sum + (to - from), 0)
  expect(billedMs).toBe(endedAt - startedAt - paused)
  expect(chargedCents).toBe(Math.floor((RATE_CENTS * billedMs) / intervalMs))
  expect(charges.reduce((sum, { cents }) => sum + cents, 0)).toBe(chargedCents)
}
