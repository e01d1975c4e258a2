/** Gives a call what it needs of the browser: devices, timers, clocks and events. */
import { steadyTimers } from './steady-timers.ts'
import type { CallEnvironment, EnvironmentListener } from './types.ts'

export const browserEnvironment: CallEnvironment = {
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
  // Browsers hide the devices from a page that was loaded over plain HTTP.
  if (!navigator.mediaDevices) throw new DOMException('This page is not secure.', 'SecurityError')
  return navigator.mediaDevices
}

function watchBrowser({ online, hidden, shown, devicesChanged }: EnvironmentListener): () => void {
  const stop = new AbortController()
  const { signal } = stop
  const turned = () => (document.visibilityState === 'hidden' ? hidden() : shown())
  window.addEventListener('online', online, { signal })
  document.addEventListener('visibilitychange', turned, { signal })
  navigator.mediaDevices?.addEventListener('devicechange', devicesChanged, { signal })
  return () => stop.abort()
}

/** Returns a random id. `crypto.randomUUID` exists on secure pages only. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('')
}
