/** Tests the permission, choice and loss of devices. */
import { type Browser, expect, type Locator, type Page } from '@playwright/test'
import { test } from '../support/e2e/browser.ts'
import { meet } from '../support/e2e/calls.ts'
import { expectGrowing, expectPicture } from '../support/e2e/media.ts'
import { axeFindings, inspect } from '../support/e2e/pages.ts'
import { answer, arrive, readerLine, ring } from '../support/e2e/people.ts'

/** Without it a browser asks the person, and a browser without a window refuses. */
const ALLOWS_ALL = '--use-fake-ui-for-media-stream'

const check = (page: Page) => page.getByRole('dialog', { name: 'Before you call Mara Lind' })

/** Counts in the page what is asked of the devices, and keeps the tracks that were given. */
async function watchDevices(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const given: MediaStreamTrack[] = []
    const counts = { asked: 0 }
    Object.assign(window, { given, counts })
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = async (wish) => {
      counts.asked += 1
      const stream = await ask(wish)
      given.push(...stream.getTracks())
      return stream
    }
  })
  await page.reload()
}

const asked = (page: Page) =>
  page.evaluate(() => (window as unknown as { counts: { asked: number } }).counts.asked)

const liveTracks = (page: Page) =>
  page.evaluate(() => {
    const { given } = window as unknown as { given: MediaStreamTrack[] }
    return given.filter(({ readyState }) => readyState === 'live').length
  })

async function write(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

const chosen = (select: Locator) =>
  select.evaluate((element) =>
    element instanceof HTMLSelectElement ? element.selectedOptions[0]?.label : '',
  )

/**
 * Opens the pages of an available reader, and of a client with ten dollars whose browser asks
 * before it gives a device.
 */
async function meetUnasked(
  browser: Browser,
  asking: Browser,
  origin: string,
): Promise<{ reader: Page; client: Page }> {
  const reader = await arrive(browser, origin, { role: 'reader', name: 'Mara Lind', rate: '2.50' })
  const toggle = reader.getByRole('switch', { name: 'Available for sessions' })
  await expect(reader.getByRole('alert')).toContainText('No microphone or camera can be used here.')
  await expect(toggle).not.toBeChecked()
  await toggle.click()
  await expect(toggle).toBeChecked()
  const client = await arrive(asking, origin, { role: 'client', name: 'Ana Reyes', fundsCents: 1_000 })
  await watchDevices(client)
  return { reader, client }
}

test.describe('where nothing was allowed yet', () => {
  test.use({ permissions: [] })

  test('where the devices were never allowed, a look at them comes before the ring, and a way on when they are blocked', async ({
    browser,
    launch,
    server,
  }) => {
    const { client } = await meetUnasked(browser, await launch({ without: [ALLOWS_ALL] }), server.origin)

    await readerLine(client, 'Mara Lind').getByRole('button', { name: 'Video' }).click()
    await expect(check(client)).toContainText(
      '$2.50/min. Your balance of $10.00 is enough for about 4 minutes. Charging starts when you are both connected.',
    )
    expect(await asked(client), 'nothing is asked before a tap').toBe(0)
    expect(await axeFindings(client)).toEqual([])

    await client.getByRole('button', { name: 'Turn on camera and microphone' }).click()
    await expect(check(client).getByRole('alert')).toContainText(
      'Your browser is blocking the camera and microphone.',
    )
    await expect(check(client).getByRole('button', { name: 'Try again' })).toBeVisible()
    await expect(check(client).getByRole('button', { name: /^Call/ })).toHaveCount(0)
    await expect(check(client).getByRole('combobox'), 'no list of devices without names').toHaveCount(0)
    await client.getByRole('button', { name: 'Voice only' }).click()
    await expect(check(client).getByRole('alert')).toContainText('Your browser is blocking the microphone.')
    await inspect(client, 'device-check-blocked')

    await client.getByRole('button', { name: 'Chat only' }).click()
    await client.waitForURL('**/session/*')
    await expect(client.getByText('A chat session at $2.50/min.')).toBeVisible()
  })

  test('devices chosen in the check are used in the call, and remembered', async ({
    browser,
    launch,
    server,
  }) => {
    const { reader, client } = await meetUnasked(
      browser,
      await launch({ without: [ALLOWS_ALL] }),
      server.origin,
    )
    const toVideo = readerLine(client, 'Mara Lind').getByRole('button', { name: 'Video' })
    await toVideo.click()
    await expect(check(client)).toBeVisible()
    await client.context().grantPermissions(['camera', 'microphone'])
    await client.getByRole('button', { name: 'Turn on camera and microphone' }).click()

    await expectPicture(client, '[data-testid="device-preview"]')
    await expect(client.getByTestId('hearing')).toHaveText('We hear you.')
    const microphone = client.getByLabel('Microphone', { exact: true })
    await microphone.selectOption({ label: 'Fake Audio Input 2' })
    await expect.poll(() => chosen(microphone)).toBe('Fake Audio Input 2')
    await expectPicture(client, '[data-testid="device-preview"]')
    await client.getByRole('button', { name: 'Play a test sound' }).click()
    await expect(client.getByText('You should hear two soft notes.')).toBeVisible()
    await inspect(client, 'device-check')
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
      [844, 390],
      [320, 568],
    ] as const) {
      await client.setViewportSize({ width, height })
      const way = check(client).getByRole('button', { name: 'Call Mara Lind' })
      await expect(way, `${width} × ${height}`).toBeInViewport({ ratio: 1 })
    }

    await client.getByRole('button', { name: 'Voice only' }).click()
    await expect(client.getByTestId('device-preview')).toHaveCount(0)
    await expect.poll(() => liveTracks(client), 'the camera is given back').toBe(1)
    await client.getByRole('button', { name: 'Not now' }).click()
    await expect(check(client)).toHaveCount(0)
    await expect.poll(() => liveTracks(client), 'everything is given back').toBe(0)

    await client.getByRole('button', { name: 'Check camera and sound' }).click()
    await client.getByRole('button', { name: 'Turn on camera and microphone' }).click()
    await expect.poll(() => chosen(microphone), 'the choice is remembered').toBe('Fake Audio Input 2')
    await client.getByRole('button', { name: 'Done' }).click()

    await readerLine(client, 'Mara Lind').getByRole('button', { name: 'Voice' }).click()
    await client.waitForURL('**/session/*')
    await answer(reader, 'Accept')
    await expect(client.getByTestId('connection-state')).toHaveText('Connected')
    await client.getByRole('button', { name: 'Options' }).click()
    await expect.poll(() => chosen(microphone), 'the call uses it').toBe('Fake Audio Input 2')
    await microphone.selectOption({ label: 'Fake Audio Input 1' })
    await expect.poll(() => chosen(microphone), 'another is taken in the call').toBe('Fake Audio Input 1')
    await expectGrowing(reader, 'totalAudioEnergy')
  })
})

test('the reader may look at the devices any time', async ({ browser, server }) => {
  const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '2.50' })
  await reader.getByRole('button', { name: 'Check camera and sound' }).click()
  await reader.getByRole('button', { name: 'Turn on camera and microphone' }).click()
  await expectPicture(reader, '[data-testid="device-preview"]')
  await reader.keyboard.press('Escape')
  await expect(reader.getByRole('dialog')).toHaveCount(0)
  await expect(reader.getByRole('button', { name: 'Check camera and sound' })).toBeFocused()
})

test('in a video call: what the other does is said, a screen is shared, and the chat outlives a reload', async ({
  browser,
  server,
}) => {
  const { client, reader } = await meet({ client: browser, reader: browser }, server.origin, { rate: '2.50' })
  await showCanvasAsScreen(reader)
  await ring(client, 'Mara Lind', 'Video')
  await answer(reader, 'Accept')
  for (const page of [client, reader]) {
    await expectPicture(page, '#remote-video')
    await expect(page.getByTestId('quality')).toHaveText(/connection/)
  }

  const peer = client.getByTestId('peer-state')
  await reader.getByRole('button', { name: 'Mute' }).click()
  await expect(peer).toHaveText('Mara Lind muted')
  await expect(reader.getByText('You are muted: no one can hear you.')).toBeVisible()
  await reader.getByRole('button', { name: 'Unmute' }).click()
  await expect(peer).toBeEmpty()
  await expect(reader.getByText('You are muted: no one can hear you.')).toHaveCount(0)
  await reader.getByRole('button', { name: 'Share screen' }).click()
  await expect(peer).toHaveText('Mara Lind is sharing their screen')
  await expect.poll(() => shapeOf(client), 'the screen is what is seen').toBe(2)
  await reader.getByRole('button', { name: 'Share screen' }).click()
  await expect(peer).toBeEmpty()
  await reader.getByRole('button', { name: 'Camera off' }).click()
  await expect(peer).toHaveText('Mara Lind turned the camera off')
  expect(await axeFindings(client)).toEqual([])

  await movesToCorner(client)
  await chats(client, reader)
})

/** Shares a screen twice as wide as it is high, redrawn while it is shown. */
async function showCanvasAsScreen(page: Page): Promise<void> {
  await page.addInitScript(() => {
    navigator.mediaDevices.getDisplayMedia = async () => {
      const canvas = document.createElement('canvas')
      canvas.width = 640
      canvas.height = 320
      const brush = canvas.getContext('2d')
      setInterval(() => brush?.fillRect(0, 0, Math.random() * 640, 320), 100)
      return canvas.captureStream(10)
    }
  })
  await page.reload()
}

const shapeOf = (page: Page) =>
  page
    .locator('#remote-video')
    .evaluate((video) =>
      video instanceof HTMLVideoElement ? Math.round((10 * video.videoWidth) / video.videoHeight) / 10 : 0,
    )

/** Checks that one's own picture goes where it is dragged, and where the options say. */
async function movesToCorner(page: Page): Promise<void> {
  const own = page.locator('#local-video')
  const stage = await page.getByRole('region', { name: 'Call' }).boundingBox()
  if (!stage) throw new Error('the call is not on the page')
  await own.hover()
  await page.mouse.down()
  await page.mouse.move(stage.x + 80, stage.y + stage.height - 120, { steps: 5 })
  await page.mouse.up()
  await expect(own).toHaveClass('bottom-left')
  await page.getByRole('button', { name: 'Options' }).click()
  await expect(page.getByLabel('My own picture')).toHaveValue('bottom-left')
  await page.getByLabel('My own picture').selectOption('top-left')
  await page.keyboard.press('Escape')
  await expect(own).toHaveClass('top-left')
}

async function chats(client: Page, reader: Page): Promise<void> {
  const log = client.getByRole('log')
  await write(client, 'See https://example.com/moon?card=18, <b>please</b>.')
  await expect(log.getByText('Delivered')).toBeVisible()
  const link = reader.getByRole('log').getByRole('link')
  await expect(link).toHaveText('https://example.com/moon?card=18')
  await expect(link).toHaveAttribute('rel', 'noopener noreferrer nofollow')
  await expect(link).toHaveAttribute('target', '_blank')
  await expect(reader.getByRole('log')).toContainText('See https://example.com/moon?card=18, <b>please</b>.')

  await client.setViewportSize({ width: 390, height: 844 })
  await client.getByRole('button', { name: 'Chat', exact: true }).click()
  await expect(log).toBeHidden()
  await write(reader, 'Patience.')
  await expect(client).toHaveTitle(/^\(1\) /)
  await client.getByRole('button', { name: 'Chat 1 new' }).click()
  await expect(log).toContainText('Patience.')
  await expect(client).not.toHaveTitle(/^\(/)

  await client.reload()
  await expect(log).toContainText('<b>please</b>')
  await expect(log).toContainText('Patience.')
  await expect(log.getByText('Delivered')).toBeVisible()
  await write(client, 'And now?')
  await expect(reader.getByRole('log')).toContainText('And now?')
  await expect(log.getByText('Delivered')).toHaveCount(2)

  await client.getByRole('button', { name: 'End session' }).click()
  await expect(client.getByRole('heading', { name: 'Session summary' })).toBeVisible()
  expect(await client.evaluate(() => Object.keys(sessionStorage)), 'nothing said stays behind').toEqual([])
}

test('where the browser keeps sound back, one tap brings it', async ({ browser, server }) => {
  const { client, reader } = await meet({ client: browser, reader: browser }, server.origin, { rate: '2.50' })
  await ring(client, 'Mara Lind', 'Voice')
  await answer(reader, 'Accept')
  await expect(client.getByTestId('connection-state')).toHaveText('Connected')
  await keepSoundBack(client)
  const tap = client.getByRole('button', { name: 'Tap to hear' })
  await expect(tap).toBeVisible()
  await expect(client.getByTestId('connection-state')).toHaveText('Connected')
  expect(await client.evaluate(() => document.documentElement.dataset.played)).toBeUndefined()
  await tap.click()
  await expect(tap).toHaveCount(0)
  expect(await client.evaluate(() => document.documentElement.dataset.played)).toBe('remote-audio')
})

/**
 * Mutes the page until it was touched, as some browsers do; one that is driven counts as touched.
 */
async function keepSoundBack(page: Page): Promise<void> {
  await page.addInitScript(() => {
    let touched = false
    addEventListener('click', () => (touched = true), { capture: true })
    const play = HTMLMediaElement.prototype.play
    HTMLMediaElement.prototype.play = async function (this: HTMLMediaElement) {
      if (this.muted) return play.call(this)
      if (!touched) throw new DOMException('The page was not touched.', 'NotAllowedError')
      document.documentElement.dataset.played = this.id
      return play.call(this)
    }
  })
  await page.reload()
}

test.describe('where SoulSeer waits no longer than three seconds', () => {
  test.use({ settings: { RECONNECT_GRACE_MS: '3000' } })

  // restart.spec.ts has a server that comes back in time.
  test('a page that cannot reach it for longer closes the call, says so, and tries again on request', {
    tag: '@long',
  }, async ({ browser, server }) => {
    const { client, reader } = await meet({ client: browser, reader: browser }, server.origin, {
      rate: '2.50',
    })
    await watchDevices(client)
    await ring(client, 'Mara Lind', 'Voice')
    await answer(reader, 'Accept')
    await expect(client.getByTestId('connection-state')).toHaveText('Connected')
    expect(await liveTracks(client)).toBe(1)

    await server.end('SIGKILL')
    await expect(client.getByText('Paused, not charging. You are offline.')).toBeVisible()
    await expect(client.getByRole('heading', { name: 'We could not be reached' })).toBeVisible()
    await expect.poll(() => liveTracks(client), 'the microphone is given back').toBe(0)
    await server.startAgain()
    await client.getByRole('button', { name: 'Try again' }).click()
    await expect(client.getByRole('heading', { name: 'Session summary' })).toBeVisible()
  })
})
