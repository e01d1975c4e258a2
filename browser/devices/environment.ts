/** What the browser has of cameras, microphones and speakers. */

import { browserWorld } from '../call/environment.ts'
import type { ChosenDevices } from '../call/types.ts'
import { type DeviceKind, type DeviceMemory, deviceMemory, findKnown, type KnownDevice } from './memory.ts'

export type DeviceLists = Readonly<Record<DeviceKind, readonly KnownDevice[]>>

export interface DeviceWorld {
  /** Asks for camera and microphone; rejects as `getUserMedia` does. */
  getMedia(wish: MediaStreamConstraints): Promise<MediaStream>
  openStream(tracks: readonly MediaStreamTrack[]): MediaStream
  /** What is there now, named as far as the person has allowed it. Never rejects. */
  list(): Promise<DeviceLists>
  /** Runs whenever something is plugged in or pulled out; answers the way to stop. */
  onChange(run: () => void): () => void
}

export const NO_DEVICES: DeviceLists = { camera: [], microphone: [], speaker: [] }

export const browserDevices: DeviceWorld = {
  getMedia: browserWorld.getMedia,
  openStream: browserWorld.openStream,
  list: async () => {
    const there = await navigator.mediaDevices?.enumerateDevices().catch(() => [])
    return there ? sortOut(there) : NO_DEVICES
  },
  onChange: (run) => {
    navigator.mediaDevices?.addEventListener('devicechange', run)
    return () => navigator.mediaDevices?.removeEventListener('devicechange', run)
  },
}

/**
 * The camera and the microphone that were chosen before. One that is there under a new id is remembered by that from now on.
 * Never rejects.
 */
export async function rememberedDevices(
  world: Pick<DeviceWorld, 'list'> = browserDevices,
  memory: Pick<DeviceMemory, 'devices' | 'keep'> = deviceMemory,
): Promise<ChosenDevices> {
  const there = await world.list()
  const known = memory.devices()
  for (const kind of ['camera', 'microphone'] as const) {
    const found = findKnown(there[kind], known[kind])
    if (found && found.id !== known[kind]?.id) memory.keep(kind, found)
  }
  return chosenDevices(memory)
}

/** The same, without a look at what is there. */
export function chosenDevices(memory: Pick<DeviceMemory, 'devices'>): ChosenDevices {
  const { camera, microphone } = memory.devices()
  return {
    ...(camera ? { cameraId: camera.id } : {}),
    ...(microphone ? { microphoneId: microphone.id } : {}),
  }
}

/** Whether the sound can be sent to a speaker of one's choice. */
export const canChooseSpeaker = (): boolean => 'setSinkId' in HTMLMediaElement.prototype

const KIND_OF: Record<MediaDeviceKind, DeviceKind> = {
  videoinput: 'camera',
  audioinput: 'microphone',
  audiooutput: 'speaker',
}

/** Before anything was allowed a browser tells neither ids nor names: such a device cannot be chosen. */
export function sortOut(there: readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>[]): DeviceLists {
  const of = (wanted: DeviceKind) =>
    there
      .filter(({ kind, deviceId }) => KIND_OF[kind] === wanted && deviceId !== '')
      .map(({ deviceId, label }, index) => ({
        id: deviceId,
        label: label || `${NAMES[wanted]} ${index + 1}`,
      }))
  return { camera: of('camera'), microphone: of('microphone'), speaker: of('speaker') }
}

const NAMES: Record<DeviceKind, string> = { camera: 'Camera', microphone: 'Microphone', speaker: 'Speaker' }
