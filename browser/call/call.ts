import type { JoinAck } from '../../shared/protocol/socket.ts'
import { createChat } from './chat.ts'
import { createControl } from './control.ts'
import { browserWorld } from './environment.ts'
import { createFrameLimit } from './frame-limits.ts'
import { createLink, type IceView, type Link } from './link.ts'
import { createStudio } from './media/local-media.ts'
import { createCallMeter } from './meter.ts'
import { createPair } from './peer-session.ts'
import { watchQuality } from './quality.ts'
import { watchWake } from './resume-detector.ts'
import { createSeat, type Refused } from './seat.ts'
import { createWire, listenToWire, type WireListener } from './signaling-channel.ts'
import { type CallEnd, createStatus } from './status.ts'
import type { Call, CallParts } from './types.ts'

export type { ChatLine } from './chat.ts'
export type { Hearing } from './hearing.ts'
export type { Device, MediaProblem, MediaTrouble } from './media/media.ts'
export type { Refused } from './seat.ts'
export type { CallEnd, CallState } from './status.ts'
export type {
  Ahead,
  Call,
  CallParts,
  ChosenDevices,
  LocalMedia,
  PeerMedia,
  Quality,
} from './types.ts'

/** The call of one session. It knows no page element, and a lost socket never touches its media. */
export function createCall(parts: CallParts): Call {
  const { socket, sessionId, kind, world = browserWorld } = parts
  // Until the server has told: ask no server, and let nobody see an address.
  let ice: IceView = { iceServers: [], iceTransportPolicy: 'relay' }
  let graceMs: number | undefined
  let stopGrace: (() => void) | undefined
  let captured: Promise<void> | undefined
  let unwatch: (() => void)[] = []
  let becomeReady = (_polite: boolean) => {}
  const ready = new Promise<boolean>((resolve) => {
    becomeReady = resolve
  })
  const onError = (error: unknown) => parts.onError?.(error)
  const onDropped = () => parts.onChatDropped?.()

  const status = createStatus(parts.onState)
  const studio = createStudio({
    kind,
    world,
    chosen: parts.devices,
    onProblem: (problem) => parts.onProblem?.(problem),
    onStream: (stream) => parts.onLocalStream?.(stream),
    onMedia: (media) => {
      parts.onLocalMedia?.(media)
      control.say(media)
    },
    onOutgoing: (outgoing) => pair.link()?.send(outgoing),
    onThrift: (thrift) => pair.link()?.limit(thrift !== 'full'),
    onError,
  })
  const chat = createChat({
    newId: world.newId,
    now: world.now,
    after: world.after,
    unsent: parts.unsentLines,
    taken: parts.takenLines,
    onLine: (line) => parts.onChat?.(line),
    onDropped,
    onDelivered: (id) => parts.onDelivered?.(id),
  })
  const frameLimit = createFrameLimit({ now: world.now, onDropped })
  const control = createControl({
    world,
    isOnline: () => wire.isOnline(),
    onPeerMedia: (media) => parts.onPeerMedia?.(media),
    onPeerOnline: () => wire.hurry(),
    onAwake: () => void comeBack(),
  })
  const pair = createPair({ ready, openLink, onError })
  const isConnected = () => pair.link()?.isConnected() ?? false
  const listener: WireListener = {
    online: () => {
      status.learn({ online: true })
      control.ping()
      void seat.take()
    },
    offline: () => {
      seat.lose()
      meter.offline()
      status.learn({ online: false, peerPresent: false })
      if (graceMs !== undefined) stopGrace ??= world.after(graceMs, () => finish('unreachable'))
    },
    peerJoined: () => meetPeer(),
    peerLeft: () => status.learn({ peerPresent: false }),
    described: (description) => {
      status.learn({ peerPresent: true })
      pair.hear(description)
    },
    candidate: pair.hearCandidate,
    asked: () => meter.asked(),
    proven: (provenMs) => meter.proven(provenMs),
    unseated: () => {
      if (seat.isTaken()) void seat.take()
    },
    takenOver: () => finish('taken_over'),
    ended: () => finish('ended'),
  }
  const wire = createWire({ socket, sessionId, page: world.newId(), after: world.after, listener })
  const seat = createSeat({ wire, after: world.after, onSeated, onRefused })
  const meter = createCallMeter({
    world,
    kind,
    wire,
    stats: async () => pair.link()?.stats(),
    ping: () => control.ping(),
    isConnected,
    onHeld: (held) => {
      studio.setHeld(held)
      chat.hold(held)
    },
    onHearing: (hearing) => parts.onHearing?.(hearing),
    onChange,
  })

  function onSeated(next: JoinAck): void {
    ice = next
    graceMs = next.graceMs
    stopGrace?.()
    stopGrace = undefined
    // The other may have come while our own answer was on its way.
    const peerPresent = next.peerPresent || status.facts().peerPresent
    status.learn({ admitted: true, peerPresent })
    meter.joined(next)
    parts.onJoined?.(next)
    void captured?.then(() => becomeReady(next.polite))
    pair.useIce(next)
    if (peerPresent) meetPeer()
  }
  function onRefused(error: Refused): void {
    const takenOver = error.code === 'taken_over'
    if (!takenOver) parts.onRefused?.(error)
    finish(takenOver ? 'taken_over' : 'refused')
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
      outgoing: studio.outgoing(),
      thin: studio.thrift() !== 'full',
      isProven: meter.isProven,
      enqueue: pair.enqueue,
      canSignal: () => seat.isTaken() && status.facts().peerPresent,
      renew: seat.take,
      send: wire.describe,
      sendCandidate: wire.candidate,
      onChannel: (channel) => {
        frameLimit.attach(channel)
        meter.attach(channel, polite ? 'client' : 'reader')
        chat.attach(channel)
        control.attach(channel)
      },
      onRemoteStream: (stream) => parts.onRemoteStream?.(stream),
      onChange,
      onHopeless: pair.rebuild,
      onError,
    })
  }
  function onChange(): void {
    const wasConnected = status.facts().connected
    status.learn({ connected: isConnected() })
    meter.changed()
    // The network beneath both may be gone, and a socket takes long to notice by itself: without it no path is agreed on.
    if (wasConnected && !isConnected()) meter.check()
  }
  /** Whatever may have died while nobody looked is tried, and mended where it has. */
  async function comeBack(): Promise<void> {
    meter.check()
    studio.revive()
    if (!(await control.probe())) pair.link()?.mend()
  }
  function watch(): (() => void)[] {
    return [
      listenToWire({ socket, sessionId, listener }),
      watchWake({ world, onBack: () => void comeBack(), onDevices: studio.devicesChanged }),
      watchQuality({
        world,
        stats: async () => pair.link()?.stats(),
        isConnected,
        whoIsGone: () => {
          if (!status.facts().online) return 'mine'
          return status.facts().peerPresent ? 'nobody' : 'theirs'
        },
        peerLevel: control.peerLevel,
        rttMs: control.rttMs,
        onLevel: control.grade,
        onQuality: (quality) => parts.onQuality?.(quality),
        onOutgoing: studio.noteOutgoing,
      }),
      control.stop,
      meter.stop,
      seat.lose,
    ]
  }
  function finish(end: CallEnd): void {
    if (status.facts().end) return
    stopGrace?.()
    for (const stop of unwatch) stop()
    pair.close()
    studio.stop()
    parts.onLocalStream?.(undefined)
    parts.onRemoteStream?.(undefined)
    parts.onQuality?.(undefined)
    status.learn({ end, connected: false })
  }

  return {
    start: () => {
      if (captured) return
      captured = studio.open()
      unwatch = watch()
      status.learn({ online: wire.isOnline() })
      if (wire.isOnline()) listener.online()
    },
    setMuted: studio.setMuted,
    setCameraOff: studio.setCameraOff,
    setCounting: meter.count,
    useDevice: studio.use,
    retryDevices: studio.retry,
    setSharing: studio.share,
    sendChat: chat.send,
    stop: () => {
      if (seat.isTaken()) meter.leave()
      finish('stopped')
    },
  }
}
