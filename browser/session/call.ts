/** Connects the call of a session to its page: signals to draw, and actions to press. */
import { computed, type ReadonlySignal, signal } from '@preact/signals'
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
} from '../call/types.ts'
import { type DeviceEnvironment, NO_DEVICES } from '../devices/environment.ts'
import { type DeviceKind, type DeviceMemory, findKnown } from '../devices/memory.ts'
import type { BrowserSocket } from '../lib/socket.ts'
import type { SessionLines } from './chat/chat-lines.ts'

export interface SessionCallParts {
  socket: BrowserSocket
  session: SessionView
  openCall: (parts: CallParts) => Call
  lines: SessionLines
  devices: ChosenDevices
  environment: Pick<DeviceEnvironment, 'list' | 'onChange'>
  memory: DeviceMemory
  onJoined: (ack: JoinAck) => void
  onRefused: () => void
}

/**
 * Creates the call as its page shows it: who sends what, how well it arrives, and what can be
 * chosen.
 */
export function createSessionCall(parts: SessionCallParts) {
  const { lines, environment, memory } = parts
  const seen = createSeen()
  const { local } = seen
  const muted = signal(false)
  const cameraOff = signal(false)
  /** The camera last in use; a camera that is off has freed its device. */
  const cameraId = signal(parts.devices.cameraId)
  let call: Call | undefined
  const choice = createDeviceChoice({ environment, memory, local, call: () => call })
  const setCameraOff = (off: boolean) => {
    cameraOff.value = off
    call?.setCameraOff(off)
  }
  let unlisten = () => {}

  return {
    ...seen,
    seen: computed(() => ({ call: seen.state.value, hearing: seen.hearing.value })),
    /** Says whether what is written is sent. */
    mayWrite: computed(() => local.value?.sending === true),
    muted,
    cameraOff,
    cameraId,
    lists: choice.lists,
    speakerId: choice.speakerId,

    /** Starts the call, once. */
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
        onState: (next) => (seen.state.value = next),
        onJoined: parts.onJoined,
        onRefused: parts.onRefused,
        onLocalStream: (stream) => {
          seen.localStream.value = stream
          void choice.refresh()
        },
        onRemoteStream: (stream) => (seen.remoteStream.value = stream),
        onLocalMedia: (media) => {
          local.value = media
          cameraId.value = media.cameraId ?? cameraId.value
        },
        onPeerMedia: (media) => (seen.peer.value = media),
        onQuality: (next) => (seen.quality.value = next),
        onHearing: (next) => (seen.hearing.value = next),
        onChat: lines.hear,
        onChatDropped: lines.noteDropped,
        onDelivered: lines.delivered,
        onProblem: (next) => (seen.problem.value = next),
        onError: (error) => console.error(error),
      })
      unlisten = environment.onChange(() => void choice.refresh())
      void choice.refresh()
      call.start()
    },

    /** Takes the meter's state from the server: media that is not billed is held. */
    setCounting: (counting: boolean, ahead: Ahead) => call?.setCounting(counting, ahead),

    toggleMute() {
      muted.value = !muted.value
      call?.setMuted(muted.value)
    },

    toggleCamera: () => setCameraOff(!cameraOff.value),

    /** Turns the camera on again after the call has turned it off automatically. */
    turnCameraOn: () => setCameraOff(false),

    toggleSharing: () => call?.setSharing(local.value?.screen !== true),

    retryDevices: () => call?.retryDevices(),

    choose: choice.choose,
    flipCamera: choice.flipCamera,

    /** Says whether the line was accepted; not if blank, while held, or beyond a session's most. */
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

/** Creates signals for what the call last reported. */
function createSeen() {
  return {
    state: signal<CallState | undefined>(undefined),
    localStream: signal<MediaStream | undefined>(undefined),
    remoteStream: signal<MediaStream | undefined>(undefined),
    local: signal<LocalMedia | undefined>(undefined),
    peer: signal<PeerMedia | undefined>(undefined),
    quality: signal<Quality | undefined>(undefined),
    hearing: signal<Hearing>('steady'),
    problem: signal<MediaProblem | undefined>(undefined),
  }
}

interface DeviceChoiceParts {
  environment: SessionCallParts['environment']
  memory: DeviceMemory
  /** Holds what is being sent, and from which devices. */
  local: ReadonlySignal<LocalMedia | undefined>
  /** Returns the call once it has started. */
  call: () => Call | undefined
}

/** Creates the choice of devices during a session; this browser remembers what is chosen. */
function createDeviceChoice({ environment, memory, local, call }: DeviceChoiceParts) {
  const lists = signal(NO_DEVICES)
  const speakerId = signal<string | undefined>(undefined)

  const useDevice = async (device: Device, id: string) => {
    await call()?.useDevice(device, id)
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

  return {
    lists,
    speakerId,

    async refresh() {
      lists.value = await environment.list()
      speakerId.value = findKnown(lists.value.speaker, memory.devices().speaker)?.id
    },

    async choose(kind: DeviceKind, id: string): Promise<void> {
      if (kind === 'speaker') useSpeaker(id)
      else await useDevice(kind, id)
    },

    /** Switches to the next camera: on a phone, the other side. */
    async flipCamera(): Promise<void> {
      const { camera } = lists.value
      const at = camera.findIndex(({ id }) => id === local.value?.cameraId)
      const next = camera[(at + 1) % camera.length]
      if (next) await useDevice('camera', next.id)
    },
  }
}
