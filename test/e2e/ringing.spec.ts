/** Tests requests that end without a session. */
import { type Browser, expect, type Page } from '@playwright/test'
import { io } from 'socket.io-client'
import type { CallSocket } from '../../browser/call/types.ts'
import type { EndReason } from '../../shared/protocol/session.ts'
import { answer, arrive, becomeAvailable, readerLine, ring } from '../support/e2e/people.ts'
import type { RunningServer } from '../support/e2e/server.ts'
import { test } from '../support/e2e/test.ts'

const READER = 'Mara Lind'

async function readerWith(browser: Browser, origin: string): Promise<Page> {
  const reader = await arrive(browser, origin, { role: 'reader', name: READER, rate: '2.00' })
  await becomeAvailable(reader)
  return reader
}

async function clientWithMoney(browser: Browser, origin: string, name: string): Promise<Page> {
  const client = await arrive(browser, origin, { role: 'client', name, fundsCents: 1_000 })
  return client
}

const SAID: Partial<Record<EndReason, string>> = {
  declined: 'Mara Lind could not take the session',
  cancelled: 'You cancelled the call',
  missed: 'Mara Lind did not answer',
}

/** Checks that the session ended with this reason, on the client's page and on disk, at no cost. */
async function endedFree(
  client: Page,
  server: RunningServer,
  id: string,
  endReason: EndReason,
): Promise<void> {
  await expect(client.getByRole('heading', { name: SAID[endReason] ?? '' })).toBeFocused()
  await expect(client.getByText('You were not charged.', { exact: true })).toBeVisible()
  await expect(client.getByRole('heading', { name: 'Receipt' })).toHaveCount(0)
  const inFile = () => server.files().sessions.find((session) => session.id === id)
  await expect.poll(() => inFile()?.endReason).toBe(endReason)
  expect(inFile()).toMatchObject({ status: 'ended', chargedCents: 0, earnedCents: 0, charges: [] })
  // Each file follows within a second, and not all at one instant.
  const balance = () => server.files().users.find((user) => user.id === inFile()?.clientId)?.balanceCents
  await expect.poll(balance).toBe(1_000)
}

test('a request is declined, then another cancelled: nothing is charged, and the reader is free again', async ({
  browser,
  server,
}) => {
  const reader = await readerWith(browser, server.origin)
  const client = await clientWithMoney(browser, server.origin, 'Ana Reyes')
  const request = reader.getByRole('dialog', { name: 'Incoming request' })

  const declined = await ring(client, READER, 'Chat')
  await answer(reader, 'Decline')
  await endedFree(client, server, declined, 'declined')
  await expect(request).toHaveCount(0)
  await client.getByRole('link', { name: 'Return to dashboard' }).click()

  const cancelled = await ring(client, READER, 'Voice')
  await expect(request).toBeVisible()
  await client.getByRole('button', { name: 'Cancel' }).click()
  await endedFree(client, server, cancelled, 'cancelled')
  await expect(request).toHaveCount(0)
  await client.getByRole('link', { name: 'Return to dashboard' }).click()
  await expect(readerLine(client, READER).getByRole('button', { name: 'Video' })).toBeEnabled()
  await expect(client.getByText('No sessions yet.'), 'what came to nothing is no session').toBeVisible()
})

test.describe('with little patience', () => {
  test.use({ settings: { RING_TIMEOUT_MS: '1500' } })

  test('a ring without a response ends as missed', async ({ browser, server }) => {
    const reader = await readerWith(browser, server.origin)
    const client = await clientWithMoney(browser, server.origin, 'Ana Reyes')
    const missed = await ring(client, READER, 'Video')
    await endedFree(client, server, missed, 'missed')
    await expect(reader.getByRole('dialog', { name: 'Incoming request' })).toHaveCount(0)
    await ringsBy(client, 'Try again')
    const other = await arrive(browser, server.origin, { role: 'reader', name: 'Theo Brandt', rate: '3.00' })
    await becomeAvailable(other)
    await expect(client.getByRole('heading', { name: 'Mara Lind did not answer' })).toBeVisible()
    await client.reload()
    await ringsBy(client, 'Call Theo Brandt')
    // A page of a busy machine may show the ring only once it is over.
    await expect(
      client.getByRole('heading', { name: /^(Calling Theo Brandt|Theo Brandt did not answer)$/ }),
    ).toBeVisible()
  })
})

/** Presses a button that rings a reader, and waits until the page is at the new session. */
async function ringsBy(client: Page, button: string): Promise<void> {
  const before = client.url()
  const rung = client.waitForResponse('**/session/start')
  await client.getByRole('button', { name: button }).click()
  expect((await rung).status()).toBe(201)
  await expect.poll(() => client.url()).not.toBe(before)
}

test('of two clients who ring one reader at once, one gets through; a third person stays locked out', async ({
  browser,
  server,
}) => {
  const reader = await readerWith(browser, server.origin)
  const rivals = [
    await clientWithMoney(browser, server.origin, 'Ana Reyes'),
    await clientWithMoney(browser, server.origin, 'Ben Okafor'),
  ]
  const buttons = rivals.map((client) => readerLine(client, READER).getByRole('button', { name: 'Chat' }))
  for (const button of buttons) await expect(button).toBeEnabled()
  // Without waiting for either: the one that comes second finds the button already switched off, or
  // is refused.
  await Promise.all(buttons.map((button) => button.evaluate((element: HTMLElement) => element.click())))

  const ringing = () => rivals.filter((client) => client.url().includes('/session/'))
  await expect.poll(() => ringing().length).toBe(1)
  const [winner, loser] = ringing()[0] === rivals[0] ? rivals : rivals.toReversed()
  if (!winner || !loser) throw new Error('neither got through')
  await answer(reader, 'Accept')
  await expect(winner.getByRole('button', { name: 'Send' })).toBeVisible()
  expect(loser.url()).toContain('/dashboard')
  await expect(readerLine(loser, READER).getByRole('button', { name: 'Chat' })).toBeDisabled()

  const sessionId = winner.url().split('/').at(-1) ?? ''
  await staysLockedOut(loser, server, sessionId)
  await expect(winner.getByTestId('timer')).not.toHaveText('00:00')
})

/** Tries every route of another person's session with this person's own login. */
async function staysLockedOut(stranger: Page, { origin }: RunningServer, sessionId: string): Promise<void> {
  const statusOf = (method: string, path: string) =>
    stranger.evaluate(
      async ([method = '', path = '']) =>
        (await fetch(path, { method, headers: { 'Content-Type': 'application/json' } })).status,
      [method, path],
    )
  expect(await statusOf('GET', `/session/${sessionId}`)).toBe(403)
  for (const verb of ['accept', 'decline', 'cancel', 'end']) {
    expect(await statusOf('POST', `/session/${sessionId}/${verb}`), verb).toBe(403)
  }

  const cookies = await stranger.context().cookies()
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const socket: CallSocket = io(origin, { extraHeaders: { cookie }, reconnection: false })
  try {
    const description = { type: 'offer', sdp: 'v=0\r\n' } as const
    expect(await socket.emitWithAck('session:join', { sessionId })).toMatchObject({
      ok: false,
      error: { code: 'forbidden' },
    })
    expect(await socket.emitWithAck('offer', { sessionId, description })).toMatchObject({
      ok: false,
      error: { code: 'not_joined' },
    })
    expect(await socket.emitWithAck('rtc:state', { sessionId, state: 'connected' })).toMatchObject({
      ok: false,
    })
  } finally {
    socket.disconnect()
  }
  await stranger.goto(`${origin}/session/${sessionId}`)
  await expect(stranger.getByRole('alert')).toBeVisible()
}
