import type { JoinAck, SessionKind } from '../shared/protocol.ts'
import { type ChatLine, createChat } from './call-chat.ts'
import { createLink, type IceView, type Link } from './call-link.ts'
import { createMedia, type MediaProblem } from './call-media.ts'
import { createPair } from './call-pair.ts'
import { createPulse } from './call-pulse.ts'
import { createSeat, type Refused } from './call-seat.ts'
import { type CallEnd, type CallState, createStatus } from './call-status.ts'
import { type CallSocket, createWire, listenToWire, type WireListener } from './call-wire.ts'
import { browserWorld, type CallWorld } from './call-world.ts'

export type { ChatLine } from './call-chat.ts'
export type { Device, MediaProblem, MediaTrouble } from './call-media.ts'
export type { Refused } from './call-seat.ts'
export type { CallEnd, CallState } from './call-status.ts'

export interface CallParts {
  socket: CallSocket
  sessionId: string
  kind: SessionKind
  onState(state: CallState): void
  /** At every (re)join: the session and its clock as they stand. */
  onJoined?(ack: JoinAck): void
  /** The server will not let us in: the session is over, not accepted yet, or other people's. */
  onRefused?(error: Refused): void
  /** What we send, for the self-view; undefined at the end. */
  onLocalStream?(stream: MediaStream | undefined): void
  /** What the other sends: told for each track, as a new stream after a rebuild, undefined at the end. */
  onRemoteStream?(stream: MediaStream | undefined): void
  /** A line of the other person. */
  onChat?(line: ChatLine): void
  /** A line of ours, by its id, is on the other page. */
  onDelivered?(id: string): void
  /** A device is missing or was lost; the call goes on without it. */
  onProblem?(problem: MediaProblem): void
  /** What should not happen, for the console; the call tries to go on. */
  onError?(error: unknown): void
  world?: CallWorld
}

export interface Call {
  /** Asks for the devices and the seat; once. Only for a session that was accepted. */
  start(): void
  setMuted(muted: boolean): void
  setCameraOff(off: boolean): void
  /** Our line, sent now or as soon as there is a path; undefined when it is blank or over 4,000 characters. */
  sendChat(text: string): ChatLine | undefined
  /** Leaves, and gives the devices back. */
  stop(): void
}

/** The call of one session. It knows no page element, and a lost socket never touches its media. */
export function createCall(parts: CallParts): Call {
  const { socket, sessionId, kind, world = browserWorld } = parts
  // Until the server has told: ask no server, and let nobody see an address.
  let ice: IceView = { iceServers: [], iceTransportPolicy: 'relay' }
  let local: MediaStream | undefined
  let captured: Promise<void> | undefined
  let unlisten = () => {}
  let becomeReady = (_polite: boolean) => {}
  const ready = new Promise<boolean>((resolve) => {
    becomeReady = resolve
  })

  const status = createStatus(parts.onState)
  const media = createMedia({ kind, getMedia: world.getMedia, onProblem: (it) => parts.onProblem?.(it) })
  const chat = createChat({
    newId: world.newId,
    now: world.now,
    onLine: (line) => parts.onChat?.(line),
    onDelivered: (id) => parts.onDelivered?.(id),
  })
  const pair = createPair({ ready, openLink, onError: (error) => parts.onError?.(error) })
  const listener: WireListener = {
    online: () => {
      status.learn({ online: true })
      void seat.take()
    },
    offline: () => {
      seat.lose()
      pulse.stop()
      status.learn({ online: false, peerPresent: false })
    },
    peerJoined: () => meetPeer(),
    peerLeft: () => status.learn({ peerPresent: false }),
    described: (description) => {
      status.learn({ peerPresent: true })
      pair.hear(description)
    },
    candidate: pair.hearCandidate,
    unseated: () => {
      if (seat.isTaken()) void seat.take()
    },
    takenOver: () => finish('taken_over'),
    ended: () => finish('ended'),
  }
  const wire = createWire({ socket, sessionId, listener })
  const seat = createSeat({ wire, after: world.after, onSeated, onRefused })
  const pulse = createPulse({ every: world.every, isConnected: pair.isConnected, report: wire.report })

  function onSeated(next: JoinAck): void {
    ice = next
    // The other may have come while our own answer was on its way.
    const peerPresent = next.peerPresent || status.facts().peerPresent
    status.learn({ admitted: true, peerPresent })
    parts.onJoined?.(next)
    void captured?.then(() => becomeReady(next.polite))
    pulse.start(next.heartbeatMs)
    pair.useIce(next)
    if (peerPresent) meetPeer()
  }
  function onRefused(error: Refused): void {
    parts.onRefused?.(error)
    finish('refused')
  }
  function meetPeer(): void {
    status.learn({ peerPresent: true })
    pair.meet()
  }
  function openLink(polite: boolean): Link {
    return createLink({
      world,
      kind,
      polite,
      ice,
      local,
      enqueue: pair.enqueue,
      canSignal: () => seat.isTaken() && status.facts().peerPresent,
      renew: seat.take,
      send: wire.describe,
      sendCandidate: wire.candidate,
      onChannel: chat.attach,
      onRemoteStream: (stream) => parts.onRemoteStream?.(stream),
      onChange,
      onHopeless: pair.rebuild,
    })
  }
  function onChange(): void {
    status.learn({ connected: pair.isConnected() })
    pulse.changed()
  }
  async function capture(): Promise<void> {
    local = await media.open()
    if (local) parts.onLocalStream?.(local)
  }
  function finish(end: CallEnd): void {
    if (status.facts().end) return
    unlisten()
    pulse.stop()
    seat.lose()
    pair.close()
    media.stop()
    parts.onLocalStream?.(undefined)
    parts.onRemoteStream?.(undefined)
    status.learn({ end, connected: false })
  }

  return {
    start: () => {
      if (captured) return
      captured = capture()
      unlisten = listenToWire({ socket, sessionId, listener })
      status.learn({ online: wire.isOnline() })
      if (wire.isOnline()) listener.online()
    },
    setMuted: media.setMuted,
    setCameraOff: media.setCameraOff,
    sendChat: chat.send,
    stop: () => {
      if (seat.isTaken()) wire.report('interrupted')
      finish('stopped')
    },
  }
}
