/** Decides what this page sends in a call, and what the user sees of themselves. */
import type { SessionKind } from '../../../shared/protocol/session.ts'
import type { CallEnvironment, ChosenDevices, Device, LocalMedia, MediaProblem } from '../types.ts'
import { type CallDevices, createDevices } from './devices.ts'
import { createScreen } from './screen.ts'
import type { Outgoing } from './senders.ts'
import { createVideoAdaptation, type VideoAdaptation } from './video-adaptation.ts'

interface LocalMediaParts {
  kind: SessionKind
  environment: CallEnvironment
  chosen?: ChosenDevices | undefined
  onProblem(problem: MediaProblem | undefined): void
  onStream(stream: MediaStream | undefined): void
  onMedia(media: LocalMedia): void
  /** Runs when something else is to be sent. */
  onOutgoing(outgoing: Outgoing): void
  onVideoAdaptation(videoAdaptation: VideoAdaptation): void
  onError(error: unknown): void
}

export type LocalMediaSource = ReturnType<typeof createLocalMedia>

/** Creates this page's side of the call: its media, what of it is sent, and the self-view. */
export function createLocalMedia(parts: LocalMediaParts) {
  const { kind, environment } = parts
  let told = ''
  let shown: readonly MediaStreamTrack[] = []
  let isReady = false
  let isHeld = true

  const devices = createDevices({
    kind,
    environment,
    chosen: parts.chosen,
    onProblem: parts.onProblem,
    onChange: () => tell(),
  })
  const screen = createScreen({
    getDisplay: environment.getDisplay,
    onChange: () => tell(),
    onError: parts.onError,
  })
  const videoAdaptation = createVideoAdaptation({
    now: environment.now,
    onChange: (next) => {
      parts.onVideoAdaptation(next)
      tell()
    },
  })

  const isSaving = () => videoAdaptation.now() === 'off' && !screen.track()
  const outgoing = (): Outgoing => {
    const audio = devices.track('microphone')
    const video = isSaving() ? undefined : (screen.track() ?? devices.track('camera'))
    return { ...(audio ? { audio } : {}), ...(video ? { video } : {}) }
  }
  /** The self-view stays bright while the other person sees nothing. */
  const mirror = createMirror()
  const picture = () => {
    const own = mirror.of(devices.isCameraOff() ? undefined : devices.track('camera'))
    return screen.track() ?? own
  }
  /** Reports what has changed, once. */
  const tell = () => {
    if (!isReady) return
    const shared = screen.track()
    if (shared) shared.enabled = !isHeld
    parts.onOutgoing(outgoing())
    const next = mediaOf({ kind, devices, screen: screen.track(), isSaving: isSaving(), isHeld })
    const text = JSON.stringify(next)
    if (text !== told) parts.onMedia(next)
    told = text
    const tracks = [picture(), devices.track('microphone')].filter((track) => track !== undefined)
    if (tracks.length === shown.length && tracks.every((track) => shown.includes(track))) return
    shown = tracks
    parts.onStream(tracks.length > 0 ? environment.openStream(tracks) : undefined)
  }

  return {
    /** Asks for the devices; resolves when it is known what there is to send. Never rejects. */
    open: async () => {
      await devices.open()
      isReady = true
      tell()
    },
    outgoing,
    videoAdaptation: videoAdaptation.now,
    setMuted: devices.setMuted,
    setCameraOff: (off: boolean) => {
      if (!off) videoAdaptation.insist()
      devices.setCameraOff(off)
    },
    setHeld: (held: boolean) => {
      isHeld = held
      devices.setHeld(held)
    },
    use: (device: Device, id: string) => devices.use(device, id),
    retry: devices.retry,
    share: async (on: boolean) => {
      if (kind === 'video') await screen.share(on)
    },
    devicesChanged: devices.changed,
    revive: devices.revive,
    /** Takes how well our media arrives at the other page. */
    noteOutgoing: videoAdaptation.note,
    stop: () => {
      isReady = false
      mirror.of(undefined)
      screen.stop()
      devices.stop()
    },
  }
}

interface MediaParts {
  kind: SessionKind
  devices: CallDevices
  screen: MediaStreamTrack | undefined
  isSaving: boolean
  isHeld: boolean
}

/**
 * Returns what there is to send and whether it is sent, in the form that the page and the other
 * person get.
 */
function mediaOf({ kind, devices, screen, isSaving, isHeld }: MediaParts): LocalMedia {
  const cameraId = devices.track('camera')?.getSettings().deviceId
  const microphoneId = devices.track('microphone')?.getSettings().deviceId
  const camera = (): LocalMedia['camera'] => {
    if (kind !== 'video') return 'none'
    if (devices.isCameraOff()) return 'off'
    if (devices.track('camera')) return isSaving ? 'saving' : 'on'
    return devices.isAsking() ? 'off' : 'none'
  }
  return {
    microphone: !devices.track('microphone') ? 'none' : devices.isMuted() ? 'muted' : 'on',
    camera: camera(),
    screen: !!screen,
    ...(cameraId === undefined ? {} : { cameraId }),
    ...(microphoneId === undefined ? {} : { microphoneId }),
    sending: !isHeld,
  }
}

/**
 * Creates the self-view: a clone of what is sent, which stays bright while the original is black.
 */
function createMirror() {
  let from: MediaStreamTrack | undefined
  let twin: MediaStreamTrack | undefined
  return {
    of: (track: MediaStreamTrack | undefined) => {
      if (track === from) return twin
      twin?.stop()
      from = track
      twin = track?.clone()
      if (twin) twin.enabled = true
      return twin
    },
  }
}
