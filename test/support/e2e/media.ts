/** Measures and cuts the media and sockets of a page. */
import { expect, type Page } from '@playwright/test'
import { IS_LONG } from '../sample.ts'

/** The parts of a page that `openStage` keeps, for its tests to look at and to pull. */
interface Stage {
  readonly opened: RTCPeerConnection[]
  /** Every track that the page got of a camera or a microphone. */
  readonly captured: MediaStreamTrack[]
  readonly sockets: WebSocket[]
  /** While true, the server hears nothing of how the page finds its connection. */
  holdsReports: boolean
}

/**
 * Keeps a hold of every connection and device that the page opens, so that a test can read and
 * break them.
 */
export async function openStage(page: Page): Promise<void> {
  await page.addInitScript((isLong) => {
    const stage: Stage = { opened: [], captured: [], sockets: [], holdsReports: false }
    Object.assign(window, { stage, opened: stage.opened })
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(config?: RTCConfiguration) {
        super(config)
        stage.opened.push(this)
      }
    }
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        stage.sockets.push(this)
      }
      override send(data: Parameters<WebSocket['send']>[0]) {
        const isReport = typeof data === 'string' && data.includes('"rtc:state"')
        if (!isReport || !stage.holdsReports) super.send(data)
      }
    }
    const { mediaDevices } = navigator
    const ask = mediaDevices?.getUserMedia.bind(mediaDevices)
    if (!ask) return
    mediaDevices.getUserMedia = async (wish) => {
      const stream = await ask(small(wish))
      stage.captured.push(...stream.getTracks())
      return stream
    }

    /** Asks for a picture that costs a twelfth of the usual one to encode and to draw. */
    function small(wish: MediaStreamConstraints | undefined): MediaStreamConstraints | undefined {
      if (isLong || !wish?.video) return wish
      const video = wish.video === true ? {} : wish.video
      return { ...wish, video: { ...video, width: { ideal: 320 }, height: { ideal: 240 } } }
    }
  }, IS_LONG)
}

/** Keeps from the server what this page says of its connection, or lets it through again. */
export function holdReports(page: Page, holds: boolean): Promise<void> {
  return page.evaluate((holds) => {
    const { stage } = window as unknown as { stage: Stage }
    stage.holdsReports = holds
  }, holds)
}

/** Cuts the page's socket, and lets no new one through until the returned function is called. */
export async function cutSocket(page: Page): Promise<() => Promise<void>> {
  const isSocket = /\/socket\.io\//
  await page.route(isSocket, (route) => route.abort())
  await page.evaluate(() => {
    const { stage } = window as unknown as { stage: Stage }
    for (const socket of stage.sockets) socket.close()
  })
  return () => page.unroute(isSocket)
}

/** Ends the page's last camera or microphone as a pulled cable does. */
export function unplug(page: Page, kind: 'audio' | 'video'): Promise<void> {
  return page.evaluate((kind) => {
    const { stage } = window as unknown as { stage: Stage }
    const track = stage.captured.filter((one) => one.kind === kind).at(-1)
    track?.stop()
    track?.dispatchEvent(new Event('ended'))
  }, kind)
}

/** Returns the number of the page's open tracks of that kind: each keeps a light on. */
export function devicesInUse(page: Page, kind: 'audio' | 'video'): Promise<number> {
  return page.evaluate((kind) => {
    const { stage } = window as unknown as { stage: Stage }
    return stage.captured.filter((track) => track.kind === kind && track.readyState === 'live').length
  }, kind)
}

export function connectionsOpened(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { stage: Stage }).stage.opened.length)
}

type Counter = 'framesDecoded' | 'totalSamplesReceived' | 'totalAudioEnergy' | 'messagesReceived'

/** Returns the sum of a counter over everything that the page's connections have received. */
export function received(page: Page, counter: Counter): Promise<number> {
  return page.evaluate(async (counter) => {
    const { opened } = window as unknown as { opened: RTCPeerConnection[] }
    let sum = 0
    for (const peer of opened) {
      for (const report of (await peer.getStats()).values()) {
        // The page's own microphone has an energy, too.
        if (['inbound-rtp', 'data-channel'].includes(report.type)) sum += Number(report[counter] ?? 0)
      }
    }
    return sum
  }, counter)
}

/** Waits until a second of sound has come in that carried nothing. */
export async function expectSilence(page: Page): Promise<void> {
  const energy = async () => {
    const samples = await received(page, 'totalSamplesReceived')
    const before = await received(page, 'totalAudioEnergy')
    const second = () => received(page, 'totalSamplesReceived')
    await expect.poll(second, { message: 'sound comes in' }).toBeGreaterThan(samples + 48_000)
    return (await received(page, 'totalAudioEnergy')) - before
  }
  await expect.poll(energy, { message: 'what comes in is silence' }).toBeLessThan(1e-6)
}

/** Waits until no frame has come in while the two pages exchanged words. */
export async function expectNoFrames(page: Page): Promise<void> {
  const frames = async () => {
    const before = await received(page, 'framesDecoded')
    const heard = await received(page, 'messagesReceived')
    const words = () => received(page, 'messagesReceived')
    await expect.poll(words, { message: 'the pages still talk' }).toBeGreaterThan(heard + 1)
    return (await received(page, 'framesDecoded')) - before
  }
  await expect.poll(frames, { message: 'no frame comes in' }).toBe(0)
}

/** Waits until the counter has moved twice: a single step could be a leftover. */
export async function expectGrowing(page: Page, counter: Counter): Promise<void> {
  for (let step = 0; step < 2; step += 1) {
    const before = await received(page, counter)
    await expect.poll(() => received(page, counter), { message: `${counter} grows` }).toBeGreaterThan(before)
  }
}

/** Waits until the picture of `selector` plays, in its real size. */
export async function expectPicture(page: Page, selector: string): Promise<void> {
  const playing = () =>
    page.locator(selector).evaluate((element) => {
      return element instanceof HTMLVideoElement && element.videoWidth > 0 && element.currentTime > 0
    })
  await expect.poll(playing, { message: `${selector} plays` }).toBe(true)
}
