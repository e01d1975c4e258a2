import type { JoinAck } from '../../shared/protocol/socket.ts'
import { browserWorld } from './environment.ts'
import { createLink, type IceView, type Link } from './link.ts'
import { createStudio, type Studio } from './media/local-media.ts'
import { type CallMeter, createCallMeter } from './meter.ts'
import { createPair, type Pair } from './peer-session.ts'
import { watchQuality } from './quality.ts'
import { watchWake } from './resume-detector.ts'
import { createSeat, type Seat } from './seat.ts'
import { createWire, listenToWire, type Wire, type WireListener } from './signaling-channel.ts'
import { type CallStatus, createStatus } from './status.ts'
import { createTalk, type Talk } from './talk.ts'
import type { Call, CallEnd, CallParts, CallWorld, Refused } from './types.ts'

/** The parts of one call, which reach each other through this record alone. */
interface Core {
  readonly parts: CallParts
  readonly world: CallWorld
  readonly status: CallStatus
  readonly studio: Studio
  readonly talk: Talk
  readonly pair: Pair
  readonly wire: Wire
  readonly seat: Seat
  readonly meter: CallMeter
  readonly grace: Grace
  /** Which servers the connection may ask; until our server has told, none, and nobody sees an address. */
  ice: IceView
  /** Settles when it is known what there is to send. */
  captured?: Promise<void>
  becomeReady(polite: boolean): void
  stops: readonly (() => void)[]
}

/** The call of one session. It knows no page element, and a lost socket never touches its media. */
export function createCall(parts: CallParts): Call {
  const core = createCore(parts)
  const { studio, talk, wire, seat, meter, status } = core
  return {
    start: () => {
      if (core.captured) return
      core.captured = studio.open()
      core.stops = watch(core)
      status.learn({ online: wire.isOnline() })
      if (wire.isOnline()) onOnline(core)
    },
    setMuted: studio.setMuted,
    setCameraOff: studio.setCameraOff,
    setCounting: meter.count,
    useDevice: studio.use,
    retryDevices: studio.retry,
    setSharing: studio.share,
    sendChat: talk.chat.send,
    stop: () => {
      if (seat.isTaken()) meter.leave()
      finish(core, 'stopped')
    },
  }
}

function createCore(parts: CallParts): Core {
  const { socket, sessionId, kind, world = browserWorld } = parts
  const onError = (error: unknown) => parts.onError?.(error)
  let becomeReady = (_polite: boolean) => {}
  const ready = new Promise<boolean>((resolve) => {
    becomeReady = resolve
  })
  const studio = createStudio({
    kind,
    world,
    chosen: parts.devices,
    onProblem: (problem) => parts.onProblem?.(problem),
    onStream: (stream) => parts.onLocalStream?.(stream),
    onMedia: (media) => {
      parts.onLocalMedia?.(media)
      core.talk.control.say(media)
    },
    onOutgoing: (outgoing) => core.pair.link()?.send(outgoing),
    onThrift: (thrift) => core.pair.link()?.limit(thrift !== 'full'),
    onError,
  })
  const talk = createTalk({
    parts,
    world,
    isOnline: () => core.wire.isOnline(),
    onPeerOnline: () => core.wire.hurry(),
    onAwake: () => void comeBack(core),
  })
  const pair = createPair({ ready, openLink: (polite) => openLink(core, polite), onError })
  const wire = createWire({
    socket,
    sessionId,
    page: world.newId(),
    after: world.after,
    listener: listenerOf(() => core),
  })
  const seat = createSeat({
    wire,
    after: world.after,
    onSeated: (ack) => onSeated(core, ack),
    onRefused: (error) => onRefused(core, error),
  })
  const meter = createCallMeter({
    world,
    kind,
    wire,
    stats: async () => pair.link()?.stats(),
    ping: talk.control.ping,
    isConnected: () => isConnected(core),
    onHeld: (held) => {
      studio.setHeld(held)
      talk.chat.hold(held)
    },
    onHearing: (hearing) => parts.onHearing?.(hearing),
    onChange: () => onChange(core),
  })
  const core: Core = {
    parts,
    world,
    status: createStatus(parts.onState),
    studio,
    talk,
    pair,
    wire,
    seat,
    meter,
    grace: createGrace(world.after, () => finish(core, 'unreachable')),
    ice: { iceServers: [], iceTransportPolicy: 'relay' },
    becomeReady,
    stops: [],
  }
  return core
}

interface Grace {
  /** Our server was told to wait for us for so long. */
  set(ms: number): void
  /** Our server is out of reach. */
  begin(): void
  stop(): void
}

/** Ends a call whose page has not reached our server for longer than it waits for us. */
function createGrace(after: CallWorld['after'], onOver: () => void): Grace {
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

const isConnected = ({ pair }: Core): boolean => pair.link()?.isConnected() ?? false

/** What the server says of the session, and what follows from it. */
function listenerOf(core: () => Core): WireListener {
  return {
    online: () => onOnline(core()),
    offline: () => onOffline(core()),
    peerJoined: () => meetPeer(core()),
    peerLeft: () => core().status.learn({ peerPresent: false }),
    described: (description) => {
      core().status.learn({ peerPresent: true })
      core().pair.hear(description)
    },
    candidate: (candidate) => core().pair.hearCandidate(candidate),
    asked: () => core().meter.asked(),
    proven: (provenMs) => core().meter.proven(provenMs),
    unseated: () => {
      if (core().seat.isTaken()) void core().seat.take()
    },
    takenOver: () => finish(core(), 'taken_over'),
    ended: () => finish(core(), 'ended'),
  }
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
  const { parts, status, meter, grace, pair } = core
  core.ice = ack
  grace.set(ack.graceMs)
  grace.stop()
  // The other may have come while our own answer was on its way.
  const peerPresent = ack.peerPresent || status.facts().peerPresent
  status.learn({ admitted: true, peerPresent })
  meter.joined(ack)
  parts.onJoined?.(ack)
  void core.captured?.then(() => core.becomeReady(ack.polite))
  pair.useIce(ack)
  if (peerPresent) meetPeer(core)
}

function onRefused(core: Core, error: Refused): void {
  const takenOver = error.code === 'taken_over'
  if (!takenOver) core.parts.onRefused?.(error)
  finish(core, takenOver ? 'taken_over' : 'refused')
}

function meetPeer({ status, pair }: Core): void {
  status.learn({ peerPresent: true })
  pair.meet()
}

function openLink(core: Core, polite: boolean): Link {
  const { parts, world, status, studio, talk, pair, wire, seat, meter } = core
  return createLink({
    world,
    kind: parts.kind,
    polite,
    ice: core.ice,
    outgoing: studio.outgoing(),
    thin: studio.thrift() !== 'full',
    isProven: meter.isProven,
    enqueue: pair.enqueue,
    canSignal: () => seat.isTaken() && status.facts().peerPresent,
    renew: seat.take,
    send: wire.describe,
    sendCandidate: wire.candidate,
    onChannel: (channel) => {
      talk.frameLimit.attach(channel)
      meter.attach(channel, polite ? 'client' : 'reader')
      talk.chat.attach(channel)
      talk.control.attach(channel)
    },
    onRemoteStream: (stream) => parts.onRemoteStream?.(stream),
    onChange: () => onChange(core),
    onHopeless: pair.rebuild,
    onError: (error) => parts.onError?.(error),
  })
}

/** The path to the other page came or went, or the page fell silent. */
function onChange(core: Core): void {
  const { status, meter } = core
  const wasConnected = status.facts().connected
  status.learn({ connected: isConnected(core) })
  meter.changed()
  // The network beneath both may be gone, and a socket takes long to notice by itself: without it no path is agreed on.
  if (wasConnected && !isConnected(core)) meter.check()
}

/** Whatever may have died while nobody looked is tried, and mended where it has. */
async function comeBack({ meter, studio, talk, pair }: Core): Promise<void> {
  meter.check()
  studio.revive()
  if (!(await talk.control.probe())) pair.link()?.mend()
}

/** Watches what goes on around the call; returns the ways to stop. */
function watch(core: Core): (() => void)[] {
  const { parts, world, status, studio, talk, pair, meter, seat } = core
  const { socket, sessionId } = parts
  return [
    listenToWire({ socket, sessionId, listener: listenerOf(() => core) }),
    watchWake({ world, onBack: () => void comeBack(core), onDevices: studio.devicesChanged }),
    watchQuality({
      world,
      stats: async () => pair.link()?.stats(),
      isConnected: () => isConnected(core),
      whoIsGone: () => {
        if (!status.facts().online) return 'mine'
        return status.facts().peerPresent ? 'nobody' : 'theirs'
      },
      peerLevel: talk.control.peerLevel,
      rttMs: talk.control.rttMs,
      onLevel: talk.control.grade,
      onQuality: (quality) => parts.onQuality?.(quality),
      onOutgoing: studio.noteOutgoing,
    }),
    talk.control.stop,
    meter.stop,
    seat.lose,
  ]
}

function finish({ parts, status, grace, pair, studio, stops }: Core, end: CallEnd): void {
  if (status.facts().end) return
  grace.stop()
  for (const stop of stops) stop()
  pair.close()
  studio.stop()
  parts.onLocalStream?.(undefined)
  parts.onRemoteStream?.(undefined)
  parts.onQuality?.(undefined)
  status.learn({ end, connected: false })
}
