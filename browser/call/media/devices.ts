/** Opens, holds and replaces the camera and the microphone of a call. */
import type { SessionKind } from '../../../shared/protocol/session.ts'
import type { CallEnvironment, ChosenDevices, Device, MediaProblem, MediaTrouble } from '../types.ts'
import { capture, DEVICES, type DeviceIds, deviceOf, wishedOf } from './media.ts'

// A headset that is plugged in causes several events, and its microphone works a moment later.
const SETTLE_MS = 500
// A device that ends again this soon would be asked for over and over.
const SHORT_LIVED_MS = 3_000

interface DevicesParts {
  kind: SessionKind
  environment: Pick<CallEnvironment, 'getMedia' | 'after' | 'now'>
  chosen?: ChosenDevices | undefined
  onProblem(problem: MediaProblem | undefined): void
  /** Runs when a device comes into use or goes out of use. */
  onChange(): void
}

export interface CallDevices {
  /** Asks for the devices. Never rejects. */
  open(): Promise<void>
  track(device: Device): MediaStreamTrack | undefined
  /** Says whether the browser is being asked for devices right now. */
  isAsking(): boolean
  isMuted(): boolean
  isCameraOff(): boolean
  /**
   * Holds the devices, so that they give silence and black, or releases them. They are held at
   * first.
   */
  setHeld(held: boolean): void
  setMuted(muted: boolean): void
  /**
   * Turns the camera off, which frees the device, or asks for it again. Without a microphone the
   * camera is kept and gives black, because the other page must receive something.
   */
  setCameraOff(off: boolean): void
  use(device: Device, id: string): Promise<void>
  retry(): Promise<void>
  /**
   * Opens again what the system silenced while the page was away, as phones do during a phone call.
   */
  revive(): void
  /** Reacts to devices that were plugged in or out. */
  changed(): void
  /** Frees the devices. */
  stop(): void
}

/**
 * Creates the devices of a call: asked for one request at a time, replaced when lost, reported when
 * missing.
 */
export function createDevices(parts: DevicesParts): CallDevices {
  const { kind, environment, onChange } = parts
  const troubles = new Map<Device, MediaTrouble>()
  const ids: DeviceIds = { camera: parts.chosen?.cameraId, microphone: parts.chosen?.microphoneId }
  let told: string | undefined
  let stopSettling = () => {}

  const queue = createQueue(() => report())
  const tracks = createTracks({
    wants: (device) => DEVICES[kind].includes(device),
    now: environment.now,
    onKept: (device) => troubles.delete(device),
    onLost: (device, livedMs) => {
      delete ids[device]
      troubles.set(device, 'lost')
      report()
      if (livedMs > SHORT_LIVED_MS) void open([device])
    },
  })
  const report = () => {
    const problem = problemOf(troubles)
    const text = JSON.stringify(problem)
    if (text !== told) parts.onProblem(problem)
    told = text
    onChange()
  }
  const ask = async (devices: readonly Device[], how: 'ideal' | 'exact'): Promise<boolean> => {
    const { tracks: opened, trouble } = await capture(environment.getMedia, devices, wishedOf(ids, how))
    for (const track of opened) tracks.keep(track)
    for (const device of devices) {
      const found = opened.some((track) => deviceOf(track) === device)
      if (!found && trouble && !isStillLost(troubles.get(device), trouble)) troubles.set(device, trouble)
    }
    return trouble === undefined
  }
  /** Opens those of these devices that are wanted and missing by the time their turn comes. */
  const open = (devices: readonly Device[]) =>
    queue.add(async () => {
      const missing = devices.filter((device) => tracks.wants(device) && !tracks.of(device))
      if (missing.length > 0) await ask(missing, 'ideal')
    })

  return {
    open: () => open(DEVICES[kind]),
    track: tracks.of,
    isAsking: queue.isBusy,
    isMuted: tracks.isMuted,
    isCameraOff: tracks.isCameraOff,
    setHeld: (next) => {
      tracks.setHeld(next)
      onChange()
    },
    setMuted: (next) => {
      tracks.setMuted(next)
      onChange()
    },
    setCameraOff: (off) => {
      if (off === tracks.isCameraOff()) return
      troubles.delete('camera')
      tracks.setCameraOff(off)
      report()
      void open(['camera'])
    },
    use: (device, id) =>
      queue.add(async () => {
        const before = tracks.of(device)?.getSettings().deviceId
        ids[device] = id
        if (!tracks.wants(device)) return
        tracks.letGo(device)
        if (await ask([device], 'exact')) return
        const trouble = troubles.get(device)
        ids[device] = before
        // The old device stays, and the page still learns that the new one failed.
        if ((await ask([device], 'ideal')) && trouble) troubles.set(device, trouble)
      }),
    retry: () => {
      troubles.clear()
      return open(DEVICES[kind])
    },
    revive: () => {
      const silenced = DEVICES[kind].filter((device) => tracks.of(device)?.muted)
      for (const device of silenced) tracks.letGo(device)
      if (silenced.length > 0) void open(silenced)
    },
    changed: () => {
      stopSettling()
      stopSettling = environment.after(SETTLE_MS, () => {
        // A device that the user refused is not asked for again because another was plugged in.
        void open(DEVICES[kind].filter((device) => troubles.get(device) !== 'denied'))
      })
    },
    stop: () => {
      queue.stop()
      stopSettling()
      tracks.stop()
    },
  }
}

/** Says whether the device in use went away; that explains more than that no other was found. */
const isStillLost = (before: MediaTrouble | undefined, trouble: MediaTrouble): boolean =>
  before === 'lost' && trouble === 'none'

/**
 * Creates a queue that runs one task at a time: phones mute the first capture when a page captures
 * twice at once.
 */
function createQueue(onDone: () => void) {
  let asking = 0
  let stopped = false
  let tail: Promise<void> = Promise.resolve()
  return {
    add: (task: () => Promise<void>): Promise<void> => {
      asking += 1
      tail = tail.then(async () => {
        if (!stopped) await task()
        asking -= 1
        if (!stopped) onDone()
      })
      return tail
    },
    isBusy: () => asking > 0,
    stop: () => {
      stopped = true
    },
  }
}

interface TracksParts {
  /** Says whether this call uses such a device. */
  wants(device: Device): boolean
  now(): number
  onKept(device: Device): void
  onLost(device: Device, livedMs: number): void
}

/**
 * Keeps the tracks in use. What the user has turned off, and what is held, is sent as silence and
 * black.
 */
function createTracks(parts: TracksParts) {
  const tracks: Partial<Record<Device, MediaStreamTrack>> = {}
  const openedAt: Partial<Record<Device, number>> = {}
  let held = true
  let muted = false
  let cameraOff = false
  let stopped = false

  const apply = () => {
    const { microphone, camera } = tracks
    if (microphone) microphone.enabled = !held && !muted
    if (camera) camera.enabled = !held && !cameraOff
  }
  const wants = (device: Device) => parts.wants(device) && !(device === 'camera' && cameraOff)
  const letGo = (device: Device) => {
    const track = tracks[device]
    if (!track) return
    delete tracks[device]
    track.onended = null
    track.stop()
  }
  const lost = (device: Device) => {
    const livedMs = parts.now() - (openedAt[device] ?? 0)
    letGo(device)
    parts.onLost(device, livedMs)
  }

  return {
    of: (device: Device) => tracks[device],
    wants,
    letGo,
    keep: (track: MediaStreamTrack) => {
      const device = deviceOf(track)
      // The user may have hung up, or turned the camera off, while the browser was still asking.
      if (stopped || !wants(device)) return track.stop()
      letGo(device)
      tracks[device] = track
      openedAt[device] = parts.now()
      parts.onKept(device)
      track.onended = () => lost(device)
      if (device === 'microphone' && cameraOff) letGo('camera')
      apply()
    },
    isMuted: () => muted,
    isCameraOff: () => cameraOff,
    setHeld: (next: boolean) => {
      held = next
      apply()
    },
    setMuted: (next: boolean) => {
      muted = next
      apply()
    },
    setCameraOff: (off: boolean) => {
      cameraOff = off
      if (off && tracks.microphone) letGo('camera')
      apply()
    },
    stop: () => {
      stopped = true
      letGo('camera')
      letGo('microphone')
    },
  }
}

/** Returns the first problem, with every device that has it; undefined when there is none. */
function problemOf(troubles: ReadonlyMap<Device, MediaTrouble>): MediaProblem | undefined {
  const [trouble] = troubles.values()
  if (!trouble) return undefined
  const devices = (['camera', 'microphone'] as const).filter((device) => troubles.get(device) === trouble)
  return { devices, trouble }
}
