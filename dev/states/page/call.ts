/** Replaces `browser/call/call.ts` in the catalogue: a call that remains as its state says. */
import type { Call, CallParts, LocalMedia } from '../../../browser/call/types.ts'
import { picture } from './fakes.ts'
import { shown } from './shown.ts'

const LOCAL: LocalMedia = {
  microphone: 'on',
  camera: 'on',
  screen: false,
  sending: true,
  cameraId: 'v1',
  microphoneId: 'a1',
}

export function createCall(parts: CallParts): Call {
  const given = shown().call
  let local: LocalMedia = { ...LOCAL, ...given?.local }
  const change = (next: Partial<LocalMedia>) => {
    local = { ...local, ...next }
    parts.onLocalMedia?.(local)
  }
  return {
    start() {
      if (!given) return
      const { state, session, clock, peer, quality, hearing, problem, lines = [] } = given
      const { hasRemote = true } = given
      const isVideo = session.kind === 'video'
      parts.onState(state)
      addEventListener('offline', () => parts.onState({ ...state, online: false }))
      parts.onJoined?.({
        session,
        clock,
        iceServers: [],
        iceTransportPolicy: 'all',
        polite: true,
        heartbeatMs: 3_000,
        graceMs: 60_000,
        peerPresent: state.peerPresent,
      })
      change({})
      if (session.kind !== 'chat') parts.onLocalStream?.(picture(isVideo && local.camera === 'on'))
      if (session.kind !== 'chat' && hasRemote) parts.onRemoteStream?.(picture(isVideo))
      parts.onPeerMedia?.(peer ?? { microphone: 'on', camera: isVideo ? 'on' : 'none', screen: false })
      parts.onQuality?.(quality)
      if (hearing) parts.onHearing?.(hearing)
      if (problem) parts.onProblem?.(problem)
      for (const line of lines) parts.onChat?.(line)
    },
    setMuted: (muted) => change({ microphone: muted ? 'muted' : 'on' }),
    setCameraOff: (off) => change({ camera: off ? 'off' : 'on' }),
    setCounting: () => {},
    useDevice: async (device, id) => change({ [`${device}Id`]: id }),
    retryDevices: async () => parts.onProblem?.(undefined),
    setSharing: async (screen) => change({ screen }),
    sendChat: (text) => ({ id: String(Math.random()), mine: true, text, at: Date.now() }),
    stop: () => {},
  }
}
