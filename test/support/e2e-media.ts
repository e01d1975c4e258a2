import { expect, type Page } from '@playwright/test'

/** Keeps a hold of every connection that the page opens, so that a test can read its statistics. */
export async function openStage(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const opened: RTCPeerConnection[] = []
    Object.assign(window, { opened })
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(config?: RTCConfiguration) {
        super(config)
        opened.push(this)
      }
    }
  })
}

type Counter = 'framesDecoded' | 'totalSamplesReceived' | 'totalAudioEnergy' | 'messagesReceived'

/** The sum of a counter over everything that the page's connections have received. */
export function received(page: Page, counter: Counter): Promise<number> {
  return page.evaluate(async (counter) => {
    const { opened } = window as unknown as { opened: RTCPeerConnection[] }
    let sum = 0
    for (const peer of opened) {
      for (const report of (await peer.getStats()).values()) sum += Number(report[counter] ?? 0)
    }
    return sum
  }, counter)
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
