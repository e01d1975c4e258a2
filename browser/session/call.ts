import { computed, signal } from '@preact/signals'
import type { SessionView } from '../../shared/protocol/session.ts'
import type { JoinAck } from '../../shared/protocol/socket.ts'
import type {
  Ahead,
  Call,
  CallParts,
  CallState,
  ChosenDevices,
  Device,
  Hearing,
  LocalMedia,
  MediaProblem,
  PeerMedia,
  Quality,
} from '../call/call.ts'
import { type DeviceWorld, NO_DEVICES } from '../devices/environment.ts'
import { type DeviceKind, type DeviceMemory, findKnown } from '../devices/memory.ts'
import type { PageSocket } from '../lib/socket.ts'
import type { SessionLines } from './summary/lines.ts'

export interface SessionCallParts {
  socket: PageSocket
  session: SessionView
  openCall: (parts: CallParts) => Call
  lines: SessionLines
  devices: ChosenDevices
  world: Pick<DeviceWorld, 'list' | 'onChange'>
  memory: DeviceMemory
  onJoined: (ack: JoinAck) => void
  onRefused: () => void
}

/** The call of a session as its page shows it: who sends what, how well it comes through, and what can be chosen. */
export function createSessionCall(parts: SessionCallParts) {
  const { lines, world, memory } = parts
  const state = signal<CallState | undefined>(undefined)
  const localStream = signal<MediaStream | undefined>(undefined)
  const remoteStream = signal<MediaStream | undefined>(undefined)
  const local = signal<LocalMedia | undefined>(undefined)
  const peer = signal<PeerMedia | undefined>(undefined)
  const quality = signal<Quality | undefined>(undefined)
  const hearing = signal<Hearing>('steady')
  const problem = signal<MediaProblem | undefined>(undefined)
  const muted = signal(false)
  const cameraOff = signal(false)
  const lists = signal(NO_DEVICES)
  /** The camera last in use: one that is off has given its device back. */
  const cameraId = signal(parts.devices.cameraId)
  const speakerId = signal<string | undefined>(undefined)
  let call: Call | undefined

  const refreshLists = async () => {
    lists.value = await world.list()
    speakerId.value = findKnown(lists.value.speaker, memory.devices().speaker)?.id
  }
  const setCameraOff = (off: boolean) => {
    cameraOff.value = off
    call?.setCameraOff(off)
  }
  const useDevice = async (device: Device, id: string) => {
    await call?.useDevice(device, id)
    const inUse = device === 'camera' ? local.value?.cameraId : local.value?.microphoneId
    const found = lists.value[device].find((one) => one.id === id)
    if (found && inUse === id) memory.keep(device, found)
  }
  const useSpeaker = (id: string) => {
    const found = lists.value.speaker.find((one) => one.id === id)
    if (!found) return
    memory.keep('speaker', found)
    speakerId.value = id
  }
  let unlisten = () => {}

  return {
    state,
    localStream,
    remoteStream,
    local,
    peer,
    quality,
    hearing,
    seen: computed(() => ({ call: state.value, hearing: hearing.value })),
    /** Whether what is written is sent. */
    mayWrite: computed(() => local.value?.sending === true),
    problem,
    muted,
    cameraOff,
    lists,
    cameraId,
    speakerId,

    /** Once; from then on it goes its own way. */
    start() {
      if (call) return
      const { unsent, taken } = lines.before()
      call = parts.openCall({
        socket: parts.socket,
        sessionId: parts.session.id,
        kind: parts.session.kind,
        devices: parts.devices,
        unsentLines: unsent,
        takenLines: taken,
        onState: (next) => (state.value = next),
        onJoined: parts.onJoined,
        onRefused: parts.onRefused,
        onLocalStream: (stream) => {
          localStream.value = stream
          void refreshLists()
        },
        onRemoteStream: (stream) => (remoteStream.value = stream),
        onLocalMedia: (media) => {
          local.value = media
          cameraId.value = media.cameraId ?? cameraId.value
        },
        onPeerMedia: (media) => (peer.value = media),
        onQuality: (next) => (quality.value = next),
        onHearing: (next) => (hearing.value = next),
        onChat: lines.hear,
        onChatDropped: lines.noteDropped,
        onDelivered: lines.delivered,
        onProblem: (next) => (problem.value = next),
        onError: (error) => console.error(error),
      })
      unlisten = world.onChange(() => void refreshLists())
      void refreshLists()
      call.start()
    },

    /** What the server told of the meter: what is not billed is held. */
    setCounting: (counting: boolean, ahead: Ahead) => call?.setCounting(counting, ahead),

    toggleMute() {
      muted.value = !muted.value
      call?.setMuted(muted.value)
    },

    toggleCamera: () => setCameraOff(!cameraOff.value),

    /** After the call has turned the camera off by itself. */
    turnCameraOn: () => setCameraOff(false),

    toggleSharing: () => call?.setSharing(local.value?.screen !== true),

    retryDevices: () => call?.retryDevices(),

    async choose(kind: DeviceKind, id: string): Promise<void> {
      if (kind === 'speaker') useSpeaker(id)
      else await useDevice(kind, id)
    },

    /** The camera after the one in use: on a phone, the other side. */
    async flipCamera(): Promise<void> {
      const { camera } = lists.value
      const at = camera.findIndex(({ id }) => id === local.value?.cameraId)
      const next = camera[(at + 1) % camera.length]
      if (next) await useDevice('camera', next.id)
    },

    /** Whether the line was taken: a blank one is not, none while the chat is held, and none after the last of a session. */
    sendChat(text: string): boolean {
      if (lines.full.value) return false
      const line = call?.sendChat(text)
      if (line) lines.say(line)
      return line !== undefined
    },

    stop() {
      call?.stop()
      unlisten()
    },
  }
}
