/** Asks the browser for camera and microphone, and names the reason when that fails. */
import type { SessionKind } from '../../../shared/protocol/session.ts'
import type { ChosenDevices, Device, MediaTrouble } from '../types.ts'

/** Lists the devices that a session of each kind uses. */
export const DEVICES: Record<SessionKind, readonly Device[]> = {
  video: ['microphone', 'camera'],
  voice: ['microphone'],
  chat: [],
}

const MICROPHONE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
}
const CAMERA: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 } }

/**
 * Names a device of each kind: `exact` for that one or none, `ideal` for that one if it is there.
 */
export type Wished = Partial<Record<Device, ConstrainDOMString>>

/** Names the wanted device of each kind; left out, any will do. */
export type DeviceIds = Partial<Record<Device, string | undefined>>

/** Holds what was opened of the devices asked for, and the reason when that is not all. */
export interface Captured {
  readonly tracks: readonly MediaStreamTrack[]
  readonly trouble?: MediaTrouble
}

/** Returns what a call of this kind asks for first; undefined when it uses no device. */
export function firstWish(kind: SessionKind, chosen: ChosenDevices): MediaStreamConstraints | undefined {
  if (DEVICES[kind].length === 0) return undefined
  const ids = { camera: chosen.cameraId, microphone: chosen.microphoneId }
  return constraintsFor(DEVICES[kind], asMust(wishedOf(ids, 'ideal')))
}

/** Returns these device ids as a request. */
export function wishedOf({ camera, microphone }: DeviceIds, how: 'ideal' | 'exact'): Wished {
  return {
    ...(camera === undefined ? {} : { camera: { [how]: camera } }),
    ...(microphone === undefined ? {} : { microphone: { [how]: microphone } }),
  }
}

/**
 * Asks for the devices together, then one by one: a picture without sound is still better than
 * neither. Never rejects.
 */
export async function capture(
  getMedia: (wish: MediaStreamConstraints) => Promise<MediaStream>,
  devices: readonly Device[],
  wished: Wished,
): Promise<Captured> {
  let trouble: MediaTrouble | undefined
  for (const some of attempts(devices)) {
    try {
      const tracks = (await ask(getMedia, some, wished)).getTracks()
      return trouble ? { tracks, trouble } : { tracks }
    } catch (error) {
      trouble ??= classify(error)
      if (trouble === 'insecure') break
    }
  }
  return trouble ? { tracks: [], trouble } : { tracks: [] }
}

function attempts(devices: readonly Device[]): readonly (readonly Device[])[] {
  if (devices.length === 0) return []
  return devices.length === 1 ? [devices] : [devices, ...devices.map((device) => [device])]
}

/**
 * Asks for the preferred device with `exact` first: Chrome gives its default microphone when
 * another is merely preferred.
 */
async function ask(
  getMedia: (wish: MediaStreamConstraints) => Promise<MediaStream>,
  devices: readonly Device[],
  wished: Wished,
): Promise<MediaStream> {
  try {
    return await getMedia(constraintsFor(devices, asMust(wished)))
  } catch (error) {
    if (!isGone(error)) throw error
    return getMedia(constraintsFor(devices, wished))
  }
}

/**
 * Says whether an error means that the device is gone; older browsers have an error of their own
 * for it.
 */
function isGone(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'name' in error && error.name === 'OverconstrainedError'
  )
}

function asMust(wished: Wished): Wished {
  const musts = Object.entries(wished).map(([device, id]) => {
    const preferred = typeof id === 'object' && !Array.isArray(id) ? id.ideal : undefined
    return [device, preferred === undefined ? id : { exact: preferred }]
  })
  return Object.fromEntries(musts)
}

function constraintsFor(devices: readonly Device[], { camera, microphone }: Wished): MediaStreamConstraints {
  const chosenCamera = camera === undefined ? { facingMode: 'user' } : { deviceId: camera }
  const chosenMicrophone = microphone === undefined ? {} : { deviceId: microphone }
  return {
    audio: devices.includes('microphone') && { ...MICROPHONE, ...chosenMicrophone },
    video: devices.includes('camera') && { ...CAMERA, ...chosenCamera },
  }
}

/** Returns the reason behind a rejection of `getUserMedia`, whose names differ between browsers. */
function classify(error: unknown): MediaTrouble {
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

export function deviceOf(track: MediaStreamTrack): Device {
  return track.kind === 'video' ? 'camera' : 'microphone'
}
