import type { SessionKind } from '../shared/protocol.ts'

/** Why a device cannot be used; the page puts it into words and offers a way out. */
export type MediaTrouble = 'denied' | 'none' | 'in_use' | 'insecure' | 'lost' | 'unknown'
export type Device = 'camera' | 'microphone'

/** The call goes on without these devices. */
export interface MediaProblem {
  readonly devices: readonly Device[]
  readonly trouble: MediaTrouble
}

interface MediaParts {
  kind: SessionKind
  getMedia(wish: MediaStreamConstraints): Promise<MediaStream>
  onProblem(problem: MediaProblem): void
}

export interface CallMedia {
  /** Asks for the devices; answers with what can be sent, undefined for nothing. Never rejects. */
  open(): Promise<MediaStream | undefined>
  setMuted(muted: boolean): void
  setCameraOff(off: boolean): void
  /** Gives the devices back. */
  stop(): void
}

const MICROPHONE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
}
const CAMERA: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: 'user' }

const WISHES: Record<SessionKind, readonly (readonly Device[])[]> = {
  // Each is tried when the one before it failed: a face without a voice is still better than neither.
  video: [['camera', 'microphone'], ['microphone'], ['camera']],
  voice: [['microphone']],
  chat: [],
}

/** The devices of a call of this kind. What cannot be opened is told once, with the reason. */
export function createMedia({ kind, getMedia, onProblem }: MediaParts): CallMedia {
  let stream: MediaStream | undefined
  let muted = false
  let cameraOff = false
  let stopped = false

  const tell = (problem: MediaProblem) => {
    if (!stopped) onProblem(problem)
  }
  const applySwitches = () => {
    for (const track of stream?.getAudioTracks() ?? []) track.enabled = !muted
    for (const track of stream?.getVideoTracks() ?? []) track.enabled = !cameraOff
  }
  const release = (): undefined => {
    for (const track of stream?.getTracks() ?? []) track.stop()
  }
  const open = async (): Promise<MediaStream | undefined> => {
    stream = await capture({ kind, getMedia, onProblem: tell })
    // The person may have hung up while the browser was still asking.
    if (stopped) return release()
    applySwitches()
    for (const track of stream?.getTracks() ?? []) {
      track.onended = () => tell({ devices: [deviceOf(track)], trouble: 'lost' })
    }
    return stream
  }

  return {
    open,
    setMuted: (next) => {
      muted = next
      applySwitches()
    },
    setCameraOff: (next) => {
      cameraOff = next
      applySwitches()
    },
    stop: () => {
      stopped = true
      release()
    },
  }
}

async function capture({ kind, getMedia, onProblem }: MediaParts): Promise<MediaStream | undefined> {
  const [wanted = []] = WISHES[kind]
  let trouble: MediaTrouble | undefined
  for (const devices of WISHES[kind]) {
    try {
      const stream = await getMedia(constraintsFor(devices))
      if (trouble) onProblem({ devices: wanted.filter((device) => !devices.includes(device)), trouble })
      return stream
    } catch (error) {
      trouble ??= classify(error)
      if (trouble === 'insecure') break
    }
  }
  if (trouble) onProblem({ devices: wanted, trouble })
  return undefined
}

function constraintsFor(devices: readonly Device[]): MediaStreamConstraints {
  return {
    audio: devices.includes('microphone') && MICROPHONE,
    video: devices.includes('camera') && CAMERA,
  }
}

/** The reason behind a rejection of `getUserMedia`, whose names differ between browsers. */
export function classify(error: unknown): MediaTrouble {
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
      return 'denied'
    case 'NotFoundError':
    case 'DevicesNotFoundError':
    case 'OverconstrainedError':
      return 'none'
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'in_use'
    case 'SecurityError':
      return 'insecure'
    default:
      return 'unknown'
  }
}

function deviceOf(track: MediaStreamTrack): Device {
  return track.kind === 'video' ? 'camera' : 'microphone'
}
