import { steadyTimers } from './steady-timers.ts'

/** What happens around the page that a call has to know of. */
export interface WorldListener {
  /** The machine has a network again. */
  online(): void
  /** The page went out of sight, or came back into it. */
  hidden(): void
  shown(): void
  /** A camera, microphone or headset was plugged in or out. */
  devicesChanged(): void
}

/** What the call needs of the browser, so that it can be tested without one. */
export interface CallWorld {
  openPeer(config: RTCConfiguration): RTCPeerConnection
  openStream(tracks?: readonly MediaStreamTrack[]): MediaStream
  /** Asks for camera and microphone; rejects as `getUserMedia` does. */
  getMedia(wish: MediaStreamConstraints): Promise<MediaStream>
  /** Asks for a screen or a window to show; rejects as `getDisplayMedia` does. */
  getDisplay(): Promise<MediaStream>
  /** Tells `listener` what happens around the page; returns the way to stop. */
  watch(listener: WorldListener): () => void
  /** Runs once after `ms`; returns the way to call it off. */
  after(ms: number, run: () => void): () => void
  /** Runs every `ms`; returns the way to stop it. */
  every(ms: number, run: () => void): () => void
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds on a clock that nobody sets. */
  steady(): number
  newId(): string
}

export const browserWorld: CallWorld = {
  openPeer: (config) => new RTCPeerConnection(config),
  openStream: (tracks = []) => new MediaStream([...tracks]),
  getMedia: captureFromDevices,
  getDisplay: async () => devices().getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false }),
  watch: watchBrowser,
  ...steadyTimers,
  now: () => Date.now(),
  steady: () => performance.now(),
  newId: randomId,
}

async function captureFromDevices(wish: MediaStreamConstraints): Promise<MediaStream> {
  return devices().getUserMedia(wish)
}

function devices(): MediaDevices {
  // Browsers hide the devices from a page that came over plain HTTP.
  if (!navigator.mediaDevices) throw new DOMException('This page is not secure.', 'SecurityError')
  return navigator.mediaDevices
}

function watchBrowser({ online, hidden, shown, devicesChanged }: WorldListener): () => void {
  const stop = new AbortController()
  const { signal } = stop
  const turned = () => (document.visibilityState === 'hidden' ? hidden() : shown())
  window.addEventListener('online', online, { signal })
  document.addEventListener('visibilitychange', turned, { signal })
  navigator.mediaDevices?.addEventListener('devicechange', devicesChanged, { signal })
  return () => stop.abort()
}

/** Not `crypto.randomUUID`, which exists on secure pages alone. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('')
}
