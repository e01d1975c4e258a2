import type { SessionKind } from '../../../shared/protocol/session.ts'
import type { ChosenDevices, Device, MediaTrouble } from '../types.ts'

/** The devices that a session of this kind uses. */
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

/** Which device of a kind is meant: `exact` that one or none, `ideal` that one if it is there. */
export type Wished = Partial<Record<Device, ConstrainDOMString>>

/** The device that is wanted of each kind; left out, any will do. */
export type DeviceIds = Partial<Record<Device, string | undefined>>

/** What was opened of the devices asked for, and the reason when that is not all. */
export interface Captured {
  readonly tracks: readonly MediaStreamTrack[]
  readonly trouble?: MediaTrouble
}

/** What a call of this kind asks for first; undefined when it uses no device. */
export function firstWish(kind: SessionKind, chosen: ChosenDevices): MediaStreamConstraints | undefined {
  if (DEVICES[kind].length === 0) return undefined
  const ids = { camera: chosen.cameraId, microphone: chosen.microphoneId }
  return constraintsFor(DEVICES[kind], asMust(wishedOf(ids, 'ideal')))
}

/** These devices, as something to ask for. */
export function wishedOf({ camera, microphone }: DeviceIds, how: 'ideal' | 'exact'): Wished {
  return {
    ...(camera === undefined ? {} : { camera: { [how]: camera } }),
    ...(microphone === undefined ? {} : { microphone: { [how]: microphone } }),
  }
}

/** Asks for the devices together, then one by one: a face without a voice is still better than neither. Never rejects. */
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

/** Chrome gives its usual microphone to whoever merely prefers another: what is preferred is asked for as a must first. */
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

/** That the device asked for is not there; older browsers do not count this among their errors. */
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

/** The reason behind a rejection of `getUserMedia`, whose names differ between browsers. */
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
