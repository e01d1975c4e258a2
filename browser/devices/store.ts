/** Keeps the state of the device check. */
import { signal } from '@preact/signals'
import type { SessionKind } from '../../shared/protocol/session.ts'
import { capture, DEVICES, deviceOf, type Wished } from '../call/media/media.ts'
import type { MediaProblem } from '../call/types.ts'
import { type DeviceEnvironment, type DeviceLists, NO_DEVICES, rememberedDevices } from './environment.ts'
import { type DeviceKind, type DeviceMemory, findKnown } from './memory.ts'

export interface DeviceCheckParts {
  environment: DeviceEnvironment
  memory: DeviceMemory
  kind: SessionKind
}

export type DeviceCheck = ReturnType<typeof createDeviceCheck>

/**
 * Creates the check of camera and microphone: they are opened only after a tap, and freed by
 * `stop`.
 */
export function createDeviceCheck({ environment, memory, kind: firstKind }: DeviceCheckParts) {
  const kind = signal(firstKind)
  /**
   * `off`: nothing was asked for yet; `on`: the browser has replied, with a stream, a problem, or
   * both.
   */
  const state = signal<'off' | 'asking' | 'on'>('off')
  const stream = signal<MediaStream | undefined>(undefined)
  const problem = signal<MediaProblem | undefined>(undefined)
  const lists = signal<DeviceLists>(NO_DEVICES)
  const chosen = signal<Readonly<Partial<Record<DeviceKind, string>>>>({})
  let attempt = 0

  const refresh = async () => {
    lists.value = await environment.list()
    const speaker = findKnown(lists.value.speaker, memory.devices().speaker) ?? lists.value.speaker[0]
    chosen.value = { ...inUse(stream.value), ...(speaker ? { speaker: speaker.id } : {}) }
  }
  const release = () => {
    stopAll(stream.value?.getTracks() ?? [])
    stream.value = undefined
  }
  /** Resolves with what was chosen before; a missing device is replaced by the default one. */
  const wished = async (): Promise<Wished> => {
    const { cameraId, microphoneId } = await rememberedDevices(environment, memory)
    return {
      ...(cameraId ? { camera: { ideal: cameraId } } : {}),
      ...(microphoneId ? { microphone: { ideal: microphoneId } } : {}),
    }
  }
  const watch = (tracks: readonly MediaStreamTrack[]) => {
    for (const track of tracks) {
      track.onended = () => {
        problem.value = { devices: [deviceOf(track)], trouble: 'lost' }
      }
    }
  }
  const turnOn = async () => {
    attempt += 1
    const mine = attempt
    // Phones give the devices to one capture at a time: what is open must be closed first.
    release()
    state.value = 'asking'
    const wanted = DEVICES[kind.value]
    const { tracks, trouble } = await capture(environment.getMedia, wanted, await wished())
    // The window may have been closed, or something else chosen, while the browser was asking.
    if (mine !== attempt) return stopAll(tracks)
    watch(tracks)
    const missing = wanted.filter((device) => !tracks.some((track) => deviceOf(track) === device))
    stream.value = tracks.length > 0 ? environment.openStream(tracks) : undefined
    problem.value = trouble && { devices: missing, trouble }
    state.value = 'on'
    await refresh()
  }
  const unlisten = environment.onChange(() => void refresh())

  return {
    kind,
    state,
    stream,
    problem,
    lists,
    chosen,
    turnOn,

    /** Remembers a device for this session and the next, and shows it at once. */
    async choose(device: DeviceKind, id: string): Promise<void> {
      const found = lists.value[device].find((one) => one.id === id)
      if (!found) return
      memory.keep(device, found)
      chosen.value = { ...chosen.value, [device]: id }
      if (device !== 'speaker') await turnOn()
    },

    /** Changes the kind of session, which may need fewer devices. */
    async change(next: SessionKind): Promise<void> {
      kind.value = next
      problem.value = undefined
      if (state.value !== 'off') await turnOn()
    },

    /** Ends the check; what worked is remembered as working. */
    stop() {
      attempt += 1
      if (stream.value && !problem.value) memory.pass()
      unlisten()
      release()
      state.value = 'off'
    },
  }
}

function stopAll(tracks: readonly MediaStreamTrack[]): void {
  for (const track of tracks) track.stop()
}

/** Returns the devices behind the tracks of a stream, as far as the browser says. */
function inUse(stream: MediaStream | undefined): Partial<Record<'camera' | 'microphone', string>> {
  const camera = stream?.getVideoTracks()[0]?.getSettings().deviceId
  const microphone = stream?.getAudioTracks()[0]?.getSettings().deviceId
  return { ...(camera ? { camera } : {}), ...(microphone ? { microphone } : {}) }
}
