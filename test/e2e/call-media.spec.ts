/** Tests the media of a call while the meter runs and while it is paused. */
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
  unplug,
} from '../support/e2e/media.ts'
import { answer, arrive, becomeAvailable, ring } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

test.use({ settings: { HEARTBEAT_TIMEOUT_MS: '6000' } })

/** Starts two people in a video session that the reader is about to accept. */
async function ringing(browser: Browser, origin: string): Promise<{ client: Page; reader: Page }> {
  const reader = await arrive(browser, origin, { role: 'reader', name: 'Mara Lind', rate: '2.00' })
  const client = await arrive(browser, origin, { role: 'client', name: 'Ana Reyes', fundsCents: 1_000 })
  await becomeAvailable(reader)
  await ring(client, 'Mara Lind', 'Video')
  return { client, reader }
}

test('while the meter is paused what arrives is silence and black, and the chat is closed', async ({
  browser,
  server,
}) => {
  const { client, reader } = await ringing(browser, server.origin)
  const pages = [client, reader]
  await holdReports(client, true)
  await answer(reader, 'Accept')
  for (const page of pages) await expectHeld(page)
  await messageBox(client).pressSequentially('Hello Mara')
  await messageBox(client).press('Enter')
  await expect(messageBox(client), 'nothing is sent, and nothing lost').toHaveValue('Hello Mara')

  await holdReports(client, false)
  for (const page of pages) await expectBright(page)
  for (const page of pages) await expectGrowing(page, 'totalAudioEnergy')
  for (const page of pages) await expect(sendButton(page)).toBeEnabled()
  await messageBox(client).press('Enter')
  await expect(reader.getByRole('log')).toContainText('Hello Mara')
  for (const page of pages) expect(await soundPriority(page)).toBe('high')
  const workersOf = (page: Page) => page.workers().map((worker) => new URL(worker.url()).pathname)
  expect(pages.map(workersOf), 'timers that no browser holds back').toEqual([['/timers.js'], ['/timers.js']])
  for (const page of pages) expect(await connectionsOpened(page)).toBe(1)
})

// send-gate.test.ts has the same on a clock of its own.
test('in a pause what arrives is silence and black', { tag: '@long' }, async ({ browser, server }) => {
  const { client, reader } = await ringing(browser, server.origin)
  const pages = [client, reader]
  await answer(reader, 'Accept')
  for (const page of pages) await expectGrowing(page, 'framesDecoded')

  // Of both: one that is not heard may prove later what it received from one that is. [B19]
  for (const page of pages) await holdReports(page, true)
  for (const page of pages) await expect(page.getByTestId('connection-state')).toContainText('not charging')
  for (const page of pages) await expectHeld(page)
  for (const page of pages) await holdReports(page, false)
  for (const page of pages) await expectBright(page)
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
  await refuseDevices(client)
  await answer(reader, 'Accept')
  await expectGrowing(client, 'framesDecoded')
  await expectGrowing(client, 'totalAudioEnergy')
  expect(await received(reader, 'framesDecoded')).toBe(0)
  await expect(reader.getByTestId('connection-state')).toHaveText(/^Connected/)
})

test('that a reader sends nothing is shown to both', async ({ browser, server }) => {
  const { client, reader } = await ringing(browser, server.origin)
  await refuseDevices(reader)
  await answer(reader, 'Accept')
  await expect(client.getByText('No sound or picture is arriving from Mara Lind.')).toBeVisible()
  await expect(reader.getByText('Ana Reyes cannot hear or see you')).toBeVisible()
})

test.describe('a server that waits six seconds', () => {
  test.use({ settings: { RECONNECT_GRACE_MS: '6000' } })

  // devices.spec.ts has the same by voice, with what the page says.
  test('a page that cannot reach it for so long closes its media automatically', { tag: '@long' }, async ({
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

function refuseDevices(page: Page): Promise<void> {
  return page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('Permission denied', 'NotAllowedError')
    }
  })
}

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

function messageBox(page: Page) {
  return page.getByRole('textbox', { name: 'Message' })
}

function sendButton(page: Page) {
  return page.getByRole('button', { name: 'Send' })
}

/** Packets and frames come in that carry nothing, and nothing can be sent. */
async function expectHeld(page: Page): Promise<void> {
  await expectGrowing(page, 'framesDecoded')
  await expect.poll(() => brightness(page), { message: 'the picture is black' }).toBeLessThan(20)
  await expectSilence(page)
  await expect(sendButton(page)).toBeDisabled()
}

async function expectBright(page: Page): Promise<void> {
  await expect.poll(() => brightness(page), { message: 'there is a picture' }).toBeGreaterThan(60)
}

/** Returns the brightest part of the picture that comes in, from 0 to 255. */
function brightness(page: Page): Promise<number> {
  return page.locator('#remote-video').evaluate((video) => {
    const canvas = new OffscreenCanvas(16, 12)
    const brush = canvas.getContext('2d')
    if (!(video instanceof HTMLVideoElement) || !brush) return Number.NaN
    brush.drawImage(video, 0, 0, 16, 12)
    const { data } = brush.getImageData(0, 0, 16, 12)
    return Math.max(...Array.from(data).filter((_, index) => index % 4 < 3))
  })
}

/** Frames come in on every page all the time until `ms` have passed. */
async function expectFramesFor(pages: readonly Page[], ms: number): Promise<void> {
  const until = Date.now() + ms
  while (Date.now() < until) for (const page of pages) await expectGrowing(page, 'framesDecoded')
}
