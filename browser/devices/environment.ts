/** Gives the pages what the browser has of cameras, microphones and speakers. */

import { browserEnvironment } from '../call/environment.ts'
import type { ChosenDevices } from '../call/types.ts'
import { type DeviceKind, type DeviceMemory, deviceMemory, findKnown, type KnownDevice } from './memory.ts'

export type DeviceLists = Readonly<Record<DeviceKind, readonly KnownDevice[]>>

export interface DeviceEnvironment {
  /** Asks for camera and microphone; rejects as `getUserMedia` does. */
  getMedia(wish: MediaStreamConstraints): Promise<MediaStream>
  openStream(tracks: readonly MediaStreamTrack[]): MediaStream
  /**
   * Resolves with the connected devices, named as far as the user has allowed it. Never rejects.
   */
  list(): Promise<DeviceLists>
  /** Runs `run` whenever a device is plugged in or out; returns a function that stops it. */
  onChange(run: () => void): () => void
}

export const NO_DEVICES: DeviceLists = { camera: [], microphone: [], speaker: [] }

export const browserDevices: DeviceEnvironment = {
  getMedia: browserEnvironment.getMedia,
  openStream: browserEnvironment.openStream,
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
 * Returns the camera and the microphone that were chosen before. A device that is found under a new
 * id is remembered by that id. Never rejects.
 */
export async function rememberedDevices(
  environment: Pick<DeviceEnvironment, 'list'> = browserDevices,
  memory: Pick<DeviceMemory, 'devices' | 'keep'> = deviceMemory,
): Promise<ChosenDevices> {
  const there = await environment.list()
  const known = memory.devices()
  for (const kind of ['camera', 'microphone'] as const) {
    const found = findKnown(there[kind], known[kind])
    if (found && found.id !== known[kind]?.id) memory.keep(kind, found)
  }
  return chosenDevices(memory)
}

/** Returns the same without checking which devices are connected. */
export function chosenDevices(memory: Pick<DeviceMemory, 'devices'>): ChosenDevices {
  const { camera, microphone } = memory.devices()
  return {
    ...(camera ? { cameraId: camera.id } : {}),
    ...(microphone ? { microphoneId: microphone.id } : {}),
  }
}

/** Says whether the sound can be sent to a speaker of one's choice. */
export const canChooseSpeaker = (): boolean => 'setSinkId' in HTMLMediaElement.prototype

const KIND_OF: Record<MediaDeviceKind, DeviceKind> = {
  videoinput: 'camera',
  audioinput: 'microphone',
  audiooutput: 'speaker',
}

/**
 * Sorts the devices by kind. Before access is allowed a browser gives neither ids nor names: such a
 * device cannot be chosen.
 */
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
