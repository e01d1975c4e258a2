/** Runs the call of one session: media, chat, signaling and the meter, without any page element. */
import type { JoinAck } from '../../shared/protocol/socket.ts'
import { browserEnvironment } from './environment.ts'
import { createLink, type IceView, type Link } from './link.ts'
import { createLocalMedia, type LocalMediaSource } from './media/local-media.ts'
import { type CallMeter, createCallMeter } from './meter.ts'
import { createPeerSession, type PeerSession } from './peer-session.ts'
import { watchQuality } from './quality.ts'
import { watchResume } from './resume-detector.ts'
import { createSeat, type Seat } from './seat.ts'
import {
  createSignalingChannel,
  listenToSignaling,
  type SignalingChannel,
  type SignalingListener,
} from './signaling-channel.ts'
import { type CallStatus, createStatus } from './status.ts'
import { createTalk, type Talk } from './talk/talk.ts'
import type { Call, CallEnd, CallEnvironment, CallParts, Refused } from './types.ts'

const OPENING_MS = 5_000

/** Joins the parts of one call, which reach each other through this record alone. */
interface Core {
  readonly parts: CallParts
  readonly environment: CallEnvironment
  readonly status: CallStatus
  readonly localMedia: LocalMediaSource
  readonly talk: Talk
  readonly peerSession: PeerSession
  readonly signaling: SignalingChannel
  readonly seat: Seat
  readonly meter: CallMeter
  readonly grace: Grace
  /**
   * Lists the servers that the connection may use; empty until our server has sent them, so that no
   * address leaks.
   */
  ice: IceView
  /** Settles when it is known which media there is to send. */
  captured?: Promise<void>
  becomeReady(polite: boolean): void
  stops: readonly (() => void)[]
}

/**
 * Creates the call of one session. It knows no page element, and a lost socket never touches its
 * media.
 */
export function createCall(parts: CallParts): Call {
  const core = createCore(parts)
  const { localMedia, talk, signaling, seat, meter } = core
  return {
    start: () => {
      if (core.captured) return
      core.captured = localMedia.open()
      core.stops = [...watch(core), awaitServer(core)]
      if (signaling.isOnline()) onOnline(core)
    },
    setMuted: localMedia.setMuted,
    setCameraOff: localMedia.setCameraOff,
    setCounting: meter.count,
    useDevice: localMedia.use,
    retryDevices: localMedia.retry,
    setSharing: localMedia.share,
    sendChat: talk.chat.send,
    stop: () => {
      if (seat.isTaken()) meter.leave()
      finish(core, 'stopped')
    },
  }
}

function createCore(parts: CallParts): Core {
  const { socket, sessionId, kind, environment = browserEnvironment } = parts
  const onError = (error: unknown) => parts.onError?.(error)
  let becomeReady = (_polite: boolean) => {}
  const ready = new Promise<boolean>((resolve) => {
    becomeReady = resolve
  })
  const localMedia = createLocalMedia({
    kind,
    environment,
    chosen: parts.devices,
    onProblem: (problem) => parts.onProblem?.(problem),
    onStream: (stream) => parts.onLocalStream?.(stream),
    onMedia: (media) => {
      parts.onLocalMedia?.(media)
      core.talk.control.say(media)
    },
    onOutgoing: (outgoing) => core.peerSession.link()?.send(outgoing),
    onVideoAdaptation: (videoAdaptation) => core.peerSession.link()?.limit(videoAdaptation !== 'full'),
    onError,
  })
  const talk = createTalk({
    parts,
    environment,
    isOnline: () => core.signaling.isOnline(),
    onPeerOnline: () => core.signaling.hurry(),
    onAwake: () => void comeBack(core),
  })
  const peerSession = createPeerSession({ ready, openLink: (polite) => openLink(core, polite), onError })
  const signaling = createSignalingChannel({
    socket,
    sessionId,
    tab: environment.newId(),
    after: environment.after,
    listener: listenerOf(() => core),
  })
  const seat = createSeat({
    signaling,
    after: environment.after,
    onSeated: (ack) => onSeated(core, ack),
    onRefused: (error) => onRefused(core, error),
  })
  const meter = createCallMeter({
    environment,
    kind,
    signaling,
    stats: async () => peerSession.link()?.stats(),
    ping: talk.control.ping,
    isConnected: () => isConnected(core),
    onHeld: (held) => {
      localMedia.setHeld(held)
      talk.chat.hold(held)
    },
    onHearing: (hearing) => parts.onHearing?.(hearing),
    onChange: () => onChange(core),
  })
  const core: Core = {
    parts,
    environment,
    status: createStatus(parts.onState),
    localMedia,
    talk,
    peerSession,
    signaling,
    seat,
    meter,
    grace: createGrace(environment.after, () => finish(core, 'unreachable')),
    ice: { iceServers: [], iceTransportPolicy: 'relay' },
    becomeReady,
    stops: [],
  }
  return core
}

interface Grace {
  /** Sets how long our server waits for us. */
  set(ms: number): void
  /** Starts the wait: our server is out of reach. */
  begin(): void
  stop(): void
}

/** Ends a call whose page has not reached our server for longer than the server waits for it. */
function createGrace(after: CallEnvironment['after'], onOver: () => void): Grace {
  let graceMs: number | undefined
  let stopTimer: (() => void) | undefined
  return {
    set: (ms) => {
      graceMs = ms
    },
    begin: () => {
      if (graceMs !== undefined) stopTimer ??= after(graceMs, onOver)
    },
    stop: () => {
      stopTimer?.()
      stopTimer = undefined
    },
  }
}

const isConnected = ({ peerSession }: Core): boolean => peerSession.link()?.isConnected() ?? false

/** Returns what reacts to the server's messages about the session. */
function listenerOf(core: () => Core): SignalingListener {
  return {
    online: () => onOnline(core()),
    offline: () => onOffline(core()),
    peerJoined: () => meetPeer(core()),
    peerLeft: () => core().status.learn({ peerPresent: false }),
    described: (description) => {
      core().status.learn({ peerPresent: true })
      core().peerSession.hear(description)
    },
    candidate: (candidate) => core().peerSession.hearCandidate(candidate),
    asked: () => core().meter.asked(),
    proven: (provenMs) => core().meter.proven(provenMs),
    unseated: () => {
      if (core().seat.isTaken()) void core().seat.take()
    },
    takenOver: () => finish(core(), 'taken_over'),
    ended: () => finish(core(), 'ended'),
  }
}

/** Waits for the first connection to our server; only one that takes too long is a connection lost. */
function awaitServer({ environment, status }: Core): () => void {
  status.learn({})
  return environment.after(OPENING_MS, () => {
    if (status.facts().online === undefined) status.learn({ online: false })
  })
}

function onOnline({ status, talk, seat }: Core): void {
  status.learn({ online: true })
  talk.control.ping()
  void seat.take()
}

function onOffline({ status, seat, meter, grace }: Core): void {
  seat.lose()
  meter.offline()
  status.learn({ online: false, peerPresent: false })
  grace.begin()
}

function onSeated(core: Core, ack: JoinAck): void {
  const { parts, status, meter, grace, peerSession } = core
  core.ice = ack
  grace.set(ack.graceMs)
  grace.stop()
  // The other person may have joined while this reply was on its way.
  const peerPresent = ack.peerPresent || status.facts().peerPresent
  status.learn({ admitted: true, peerPresent })
  meter.joined(ack)
  parts.onJoined?.(ack)
  void core.captured?.then(() => core.becomeReady(ack.polite))
  peerSession.useIce(ack)
  if (peerPresent) meetPeer(core)
}

function onRefused(core: Core, error: Refused): void {
  const takenOver = error.code === 'taken_over'
  if (!takenOver) core.parts.onRefused?.(error)
  finish(core, takenOver ? 'taken_over' : 'refused')
}

function meetPeer({ status, peerSession }: Core): void {
  status.learn({ peerPresent: true })
  peerSession.meet()
}

function openLink(core: Core, polite: boolean): Link {
  const { parts, environment, status, localMedia, talk, peerSession, signaling, seat, meter } = core
  return createLink({
    environment,
    kind: parts.kind,
    polite,
    ice: core.ice,
    outgoing: localMedia.outgoing(),
    thin: localMedia.videoAdaptation() !== 'full',
    isProven: meter.isProven,
    enqueue: peerSession.enqueue,
    canSignal: () => seat.isTaken() && status.facts().peerPresent,
    renew: seat.take,
    send: signaling.describe,
    sendCandidate: signaling.candidate,
    onChannel: (channel) => {
      talk.frameLimit.attach(channel)
      meter.attach(channel, polite ? 'client' : 'reader')
      talk.chat.attach(channel)
      talk.control.attach(channel)
    },
    onRemoteStream: (stream) => parts.onRemoteStream?.(stream),
    onChange: () => onChange(core),
    onHopeless: peerSession.rebuild,
    onError: (error) => parts.onError?.(error),
  })
}

/** Reacts when the path to the other page comes or goes, or when that page falls silent. */
function onChange(core: Core): void {
  const { status, meter } = core
  const wasConnected = status.facts().connected
  status.learn({ connected: isConnected(core) })
  meter.changed()
  // The whole network may be gone, and a socket takes long to notice that. Without the socket the
  // two pages cannot agree on a new path.
  if (wasConnected && !isConnected(core)) meter.check()
}

/** Tests every connection that may have died unnoticed, and repairs those that have. */
async function comeBack({ meter, signaling, localMedia, talk, peerSession }: Core): Promise<void> {
  meter.check()
  signaling.hurry()
  localMedia.revive()
  if (!(await talk.control.probe())) peerSession.link()?.mend()
}

/** Watches the surroundings of the call; returns the functions that stop it. */
function watch(core: Core): (() => void)[] {
  const { parts, environment, status, localMedia, talk, peerSession, meter, seat } = core
  const { socket, sessionId } = parts
  return [
    listenToSignaling({ socket, sessionId, listener: listenerOf(() => core) }),
    watchResume({ environment, onBack: () => void comeBack(core), onDevices: localMedia.devicesChanged }),
    watchQuality({
      environment,
      stats: async () => peerSession.link()?.stats(),
      isConnected: () => isConnected(core),
      whoIsGone: () => {
        if (!status.facts().online) return 'mine'
        return status.facts().peerPresent ? 'nobody' : 'theirs'
      },
      peerLevel: talk.control.peerLevel,
      rttMs: talk.control.rttMs,
      onLevel: talk.control.grade,
      onQuality: (quality) => parts.onQuality?.(quality),
      onOutgoing: localMedia.noteOutgoing,
    }),
    talk.control.stop,
    meter.stop,
    seat.lose,
  ]
}

function finish({ parts, status, grace, peerSession, localMedia, stops }: Core, end: CallEnd): void {
  if (status.facts().end) return
  grace.stop()
  for (const stop of stops) stop()
  peerSession.close()
  localMedia.stop()
  parts.onLocalStream?.(undefined)
  parts.onRemoteStream?.(undefined)
  parts.onQuality?.(undefined)
  status.learn({ end, connected: false })
}
