/** What the call needs of the browser, so that it can be tested without one. */
export interface CallWorld {
  openPeer(config: RTCConfiguration): RTCPeerConnection
  openStream(): MediaStream
  /** Asks for camera and microphone; rejects as `getUserMedia` does. */
  getMedia(wish: MediaStreamConstraints): Promise<MediaStream>
  /** Runs once after `ms`; returns the way to call it off. */
  after(ms: number, run: () => void): () => void
  /** Runs every `ms`; returns the way to stop it. */
  every(ms: number, run: () => void): () => void
  /** Milliseconds since the epoch. */
  now(): number
  newId(): string
}

export const browserWorld: CallWorld = {
  openPeer: (config) => new RTCPeerConnection(config),
  openStream: () => new MediaStream(),
  getMedia: captureFromDevices,
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  every: (ms, run) => {
    const timer = setInterval(run, ms)
    return () => clearInterval(timer)
  },
  now: () => Date.now(),
  newId: randomId,
}

async function captureFromDevices(wish: MediaStreamConstraints): Promise<MediaStream> {
  // Browsers hide the devices from a page that came over plain HTTP.
  if (!navigator.mediaDevices) throw new DOMException('This page is not secure.', 'SecurityError')
  return navigator.mediaDevices.getUserMedia(wish)
}

/** Not `crypto.randomUUID`, which exists on secure pages alone. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('')
}
