import { type Browser, expect, type Page } from '@playwright/test'
import {
  connectionsOpened,
  cutSocket,
  devicesInUse,
  expectGrowing,
  expectNoFrames,
  expectSilence,
  holdReports,
  received,
  sent,
  unplug,
} from '../support/e2e-media.ts'
import { answer, arrive, becomeAvailable, ring } from '../support/e2e-people.ts'
import { test } from '../support/e2e-test.ts'

test.use({ settings: { HEARTBEAT_TIMEOUT_MS: '6000' } })

/** Two people in a video session that the reader is about to accept. */
async function ringing(browser: Browser, origin: string): Promise<{ client: Page; reader: Page }> {
  const reader = await arrive(browser, origin, { role: 'reader', name: 'Mara Lind', rate: '2.00' })
  const client = await arrive(browser, origin, { role: 'client', name: 'Ana Reyes', fundsCents: 1_000 })
  await becomeAvailable(reader)
  await ring(client, 'Mara Lind', 'Video')
  return { client, reader }
}

test('before the meter counts nothing is sent but words', async ({ browser, server }) => {
  const { client, reader } = await ringing(browser, server.origin)
  const pages = [client, reader]
  await holdReports(client, true)
  await answer(reader, 'Accept')
  await Promise.all(pages.map(expectWordsAlone))
  for (const page of pages) expect((await sent(page)).media, 'before the meter counts').toBe(0)

  await holdReports(client, false)
  for (const page of pages) await expectGrowing(page, 'framesDecoded')
  for (const page of pages) await expectGrowing(page, 'totalAudioEnergy')
  for (const page of pages) expect(await soundPriority(page)).toBe('high')
  for (const page of pages) expect(await connectionsOpened(page)).toBe(1)
})

// call-gate.test.ts has the same on a clock of its own.
test('in a long pause nothing is sent but words', { tag: '@long' }, async ({ browser, server }) => {
  const { client, reader } = await ringing(browser, server.origin)
  const pages = [client, reader]
  await answer(reader, 'Accept')
  for (const page of pages) await expectGrowing(page, 'framesDecoded')

  await holdReports(client, true)
  for (const page of pages) await expect(page.getByTestId('connection-state')).toContainText('not charging')
  await Promise.all(pages.map(expectNothingSent))
  await holdReports(client, false)
  for (const page of pages) await expectGrowing(page, 'framesDecoded')
  for (const page of pages) expect(await connectionsOpened(page)).toBe(1)
})

test('a camera that is pulled, turned off and turned on, a muted microphone, a socket cut for ten seconds', {
  tag: '@long',
}, async ({ browser, server }) => {
  const { client, reader } = await ringing(browser, server.origin)
  const pages = [client, reader]
  await answer(reader, 'Accept')
  for (const page of pages) await expectGrowing(page, 'framesDecoded')

  const restore = await cutSocket(client)
  await expect(client.getByTestId('connection-state')).toContainText('not charging')
  await expectFramesFor(pages, 10_000)
  await restore()
  for (const page of pages) await expect(page.getByTestId('connection-state')).toHaveText(/^Connected/)
  for (const page of pages) expect(await connectionsOpened(page), 'the media never stopped').toBe(1)

  await unplug(client, 'video')
  await expect.poll(() => devicesInUse(client, 'video'), { message: 'the next camera' }).toBe(1)
  await expectGrowing(reader, 'framesDecoded')

  await client.getByRole('button', { name: 'Camera off' }).click()
  await expect.poll(() => devicesInUse(client, 'video'), { message: 'the camera is free' }).toBe(0)
  await expectNoFrames(reader)
  await client.getByRole('button', { name: 'Mute', exact: true }).click()
  await expectSilence(reader)
  expect(await devicesInUse(client, 'audio')).toBe(1)

  await client.getByRole('button', { name: 'Camera off' }).click()
  await client.getByRole('button', { name: 'Mute', exact: true }).click()
  await expectGrowing(reader, 'framesDecoded')
  await expectGrowing(reader, 'totalAudioEnergy')
})

test('a person who refuses camera and microphone still sees and hears the other', async ({
  browser,
  server,
}) => {
  const { client, reader } = await ringing(browser, server.origin)
  await client.evaluate(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('Permission denied', 'NotAllowedError')
    }
  })
  await answer(reader, 'Accept')
  await expectGrowing(client, 'framesDecoded')
  await expectGrowing(client, 'totalAudioEnergy')
  expect(await received(reader, 'framesDecoded')).toBe(0)
  await expect(reader.getByTestId('connection-state')).toHaveText(/^Connected/)
})

test.describe('a server that waits six seconds', () => {
  test.use({ settings: { RECONNECT_GRACE_MS: '6000' } })

  // devices.spec.ts has the same by voice, with what the page says.
  test('a page that cannot reach it for so long closes its media by itself', { tag: '@long' }, async ({
    browser,
    server,
  }) => {
    const { client, reader } = await ringing(browser, server.origin)
    await answer(reader, 'Accept')
    await expectGrowing(client, 'framesDecoded')
    await cutSocket(client)
    await expect.poll(() => openConnections(client)).toBe(0)
    expect(await devicesInUse(client, 'video')).toBe(0)
    expect(await devicesInUse(client, 'audio')).toBe(0)
  })
})

function openConnections(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { opened } = window as unknown as { opened: RTCPeerConnection[] }
    return opened.filter((peer) => peer.connectionState !== 'closed').length
  })
}

function soundPriority(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const { opened } = window as unknown as { opened: RTCPeerConnection[] }
    const sender = opened
      .at(-1)
      ?.getSenders()
      .find(({ track }) => track?.kind === 'audio')
    return sender?.getParameters().encodings[0]?.priority
  })
}

/** Waits until the page has said something to the other, and again. */
async function expectWordsAlone(page: Page): Promise<void> {
  for (let step = 0; step < 2; step += 1) {
    const before = (await sent(page)).messages
    const messages = async () => (await sent(page)).messages
    await expect.poll(messages, { message: 'the pages talk' }).toBeGreaterThan(before)
  }
}

/** Waits until nothing but words has been sent for the time of two of them. */
async function expectNothingSent(page: Page): Promise<void> {
  const bytes = async () => {
    const before = (await sent(page)).media
    await expectWordsAlone(page)
    return (await sent(page)).media - before
  }
  await expect.poll(bytes, { message: 'nothing is sent', timeout: 60_000 }).toBe(0)
}

/** Frames come in on every page all the time until `ms` have passed. */
async function expectFramesFor(pages: readonly Page[], ms: number): Promise<void> {
  const until = Date.now() + ms
  while (Date.now() < until) for (const page of pages) await expectGrowing(page, 'framesDecoded')
}
