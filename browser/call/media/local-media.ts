import type { SessionKind } from '../../../shared/protocol/session.ts'
import type { CallWorld, ChosenDevices, Device, LocalMedia, MediaProblem } from '../types.ts'
import { type CallDevices, createDevices } from './devices.ts'
import { createScreen } from './screen.ts'
import type { Outgoing } from './senders.ts'
import { createThrift, type Thrift } from './video-adaptation.ts'

interface StudioParts {
  kind: SessionKind
  world: CallWorld
  chosen?: ChosenDevices | undefined
  onProblem(problem: MediaProblem | undefined): void
  onStream(stream: MediaStream | undefined): void
  onMedia(media: LocalMedia): void
  /** Something else is to be sent from now on. */
  onOutgoing(outgoing: Outgoing): void
  onThrift(thrift: Thrift): void
  onError(error: unknown): void
}

export type Studio = ReturnType<typeof createStudio>

/** Our own side of the call: what there is to send, what of it is sent, and what the person sees of themselves. */
export function createStudio(parts: StudioParts) {
  const { kind, world } = parts
  let told = ''
  let shown: readonly MediaStreamTrack[] = []
  let isReady = false
  let isHeld = true

  const devices = createDevices({
    kind,
    world,
    chosen: parts.chosen,
    onProblem: parts.onProblem,
    onChange: () => tell(),
  })
  const screen = createScreen({
    getDisplay: world.getDisplay,
    onChange: () => tell(),
    onError: parts.onError,
  })
  const thrift = createThrift({
    now: world.now,
    onChange: (next) => {
      parts.onThrift(next)
      tell()
    },
  })

  const isSaving = () => thrift.now() === 'off' && !screen.track()
  const outgoing = (): Outgoing => {
    const audio = devices.track('microphone')
    const video = isSaving() ? undefined : (screen.track() ?? devices.track('camera'))
    return { ...(audio ? { audio } : {}), ...(video ? { video } : {}) }
  }
  /** The person sees themselves also while nobody else does. */
  const mirror = createMirror()
  const picture = () => {
    const own = mirror.of(devices.isCameraOff() ? undefined : devices.track('camera'))
    return screen.track() ?? own
  }
  /** Says what is new, and nothing twice. */
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
    parts.onStream(tracks.length > 0 ? world.openStream(tracks) : undefined)
  }

  return {
    /** Asks for the devices; resolves when it is known what there is to send. Never rejects. */
    open: async () => {
      await devices.open()
      isReady = true
      tell()
    },
    outgoing,
    thrift: thrift.now,
    setMuted: devices.setMuted,
    setCameraOff: (off: boolean) => {
      if (!off) thrift.insist()
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
    /** How what we send arrives at the other page. */
    noteOutgoing: thrift.note,
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

/** What there is to send, and whether it is being sent, as the page and the other person are told. */
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

/** One's own picture as a twin of what is sent, which stays bright while the other is dark. */
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
