/** Measures a call between two bare pages, with no server between them. */
import type { Browser, Page } from '@playwright/test'
import { type Marks, noteInstants } from './call-marks.ts'

/** The address of a page that is made here: no server is asked for anything. */
const PAGE = 'http://localhost/bare'
const BODY = '<!doctype html><video id="remote-video" autoplay muted playsinline></video>'

/** The same as our own pages ask for. */
const WISH: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 } },
}

/**
 * Makes one call between two bare pages that talk over a `BroadcastChannel`. Returns what each
 * noted, the page that began first.
 */
export async function bareCall(browser: Browser, config: RTCConfiguration): Promise<Marks[]> {
  const context = await browser.newContext()
  await context.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: BODY }))
  await context.addInitScript(noteInstants)
  const pages = [await context.newPage(), await context.newPage()]
  for (const [index, page] of pages.entries()) {
    await page.goto(PAGE)
    await page.evaluate(prepare, { caller: index === 0, config, wish: WISH })
  }
  await pages[0]?.evaluate(() => dispatchEvent(new Event('begin')))
  const marks = await Promise.all(pages.map(marksWithFrame))
  await context.close()
  return marks
}

/** Returns what a page noted, once it has shown a picture of the other person. */
export async function marksWithFrame(page: Page): Promise<Marks> {
  await page.waitForFunction(() => JSON.parse(sessionStorage.getItem('marks') ?? '{}').frame !== undefined)
  return page.evaluate(() => JSON.parse(sessionStorage.getItem('marks') ?? '{}'))
}

/** Runs in a page: makes it ready to begin, or to join in when the other one begins. */
function prepare(parts: { caller: boolean; config: RTCConfiguration; wish: MediaStreamConstraints }): void {
  const { caller, config, wish } = parts
  const line = new BroadcastChannel('line')
  let peer: RTCPeerConnection | undefined
  // In order, and none before there is a connection that can hear it.
  let turn = Promise.resolve()

  const describe = async (peer: RTCPeerConnection) => {
    await peer.setLocalDescription()
    line.postMessage({ description: peer.localDescription?.toJSON() })
  }
  const open = async () => {
    const stream = await navigator.mediaDevices.getUserMedia(wish)
    peer = new RTCPeerConnection({ ...config, bundlePolicy: 'max-bundle' })
    const remote = new MediaStream()
    peer.ontrack = ({ track }) => {
      remote.addTrack(track)
      const video = document.querySelector('video')
      if (video) video.srcObject = remote
    }
    peer.onicecandidate = ({ candidate }) => line.postMessage({ candidate: candidate?.toJSON() ?? null })
    for (const track of stream.getTracks()) peer.addTrack(track, stream)
    if (caller) await describe(peer)
  }
  const hear = async (said: { description?: RTCSessionDescriptionInit; candidate?: RTCIceCandidateInit }) => {
    if (!peer) return
    if (!said.description) return peer.addIceCandidate(said.candidate)
    await peer.setRemoteDescription(said.description)
    if (said.description.type === 'offer') await describe(peer)
  }
  line.onmessage = ({ data }) => {
    turn = turn.then(() => (data === 'begin' ? open() : hear(data)))
  }
  addEventListener('begin', () => {
    line.postMessage('begin')
    turn = turn.then(open)
  })
}
