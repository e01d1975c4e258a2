import type { SessionKind } from '../../shared/protocol/session.ts'
import type { Candidate, Description, JoinAck } from '../../shared/protocol/socket.ts'
import { createSenders, type Outgoing } from './media/senders.ts'
import { createNegotiation, type Hearing } from './negotiation.ts'
import { createRecovery } from './recovery.ts'
import type { CallWorld } from './types.ts'

export type IceView = Pick<JoinAck, 'iceServers' | 'iceTransportPolicy'>

// Agreed beforehand on both pages and far from the ids that browsers hand out by themselves.
const CHAT_CHANNEL = { negotiated: true, id: 64 } as const

interface LinkParts {
  world: CallWorld
  kind: SessionKind
  polite: boolean
  ice: IceView
  /** What to send to begin with, and whether the picture is to make do with little. */
  outgoing: Outgoing
  thin: boolean
  /** Whether the other page is still heard. */
  isProven(): boolean
  /** Runs tasks one after the other. */
  enqueue(task: () => Promise<unknown>): void
  canSignal(): boolean
  renew(): Promise<void>
  send(description: Description): void
  sendCandidate(candidate: Candidate | null): void
  onChannel(channel: RTCDataChannel): void
  onRemoteStream(stream: MediaStream): void
  onChange(): void
  onHopeless(): void
  onError(error: unknown): void
}

/** One peer connection with everything that lives and dies with it. */
export interface Link {
  isConnected(): boolean
  /** The other page can be reached (again): the impolite side offers, either says again what went unanswered. */
  meet(): Promise<void>
  hear(description: Description): Promise<Hearing>
  hearCandidate(candidate: Candidate | null): Promise<void>
  useIce(ice: IceView): void
  send(outgoing: Outgoing): void
  limit(thin: boolean): void
  /** The path was tried, and carries nothing. */
  mend(): void
  stats(): Promise<RTCStatsReport>
  /** The other page's last description that was applied. */
  remoteSdp(): string | undefined
  close(): void
}

export function createLink(parts: LinkParts): Link {
  const { world, polite, ice, enqueue, onChange } = parts
  const peer = world.openPeer(configFor(ice))
  const channel = peer.createDataChannel('chat', CHAT_CHANNEL)
  parts.onChannel(channel)
  const senders = createSenders({ peer, kind: parts.kind, group: world.openStream(), onError: parts.onError })
  const negotiation = createNegotiation({
    peer,
    polite,
    after: world.after,
    send: parts.send,
    onOffer: senders.match,
  })
  const isConnected = () =>
    peer.connectionState === 'connected' && channel.readyState === 'open' && parts.isProven()
  const recovery = createRecovery({
    peer,
    polite,
    isHealthy: isConnected,
    after: world.after,
    canSignal: parts.canSignal,
    renew: parts.renew,
    onHopeless: parts.onHopeless,
  })
  let { thin } = parts
  // The side that answers takes the places that it is offered.
  if (!polite) senders.prepare()
  senders.send(parts.outgoing)
  receiveMedia(peer, parts)

  peer.onnegotiationneeded = () => enqueue(negotiation.offer)
  peer.onicecandidate = ({ candidate }) => parts.sendCandidate(candidate && plain(candidate))
  peer.onconnectionstatechange = () => {
    recovery.changed()
    if (peer.connectionState === 'connected') senders.limit(thin)
    onChange()
  }
  channel.addEventListener('open', onChange)
  channel.addEventListener('close', onChange)

  return {
    isConnected,
    meet: async () => {
      if (polite) negotiation.remind()
      else await negotiation.offer()
      recovery.signalsBack()
    },
    hear: negotiation.hear,
    hearCandidate: negotiation.hearCandidate,
    useIce: (next) => peer.setConfiguration(configFor(next)),
    send: senders.send,
    limit: (next) => {
      thin = next
      senders.limit(thin)
    },
    mend: recovery.mend,
    stats: () => peer.getStats(),
    remoteSdp: () => peer.remoteDescription?.sdp,
    close: () => {
      negotiation.stop()
      recovery.stop()
      peer.onnegotiationneeded = null
      peer.onicecandidate = null
      peer.onconnectionstatechange = null
      peer.ontrack = null
      channel.removeEventListener('open', onChange)
      channel.removeEventListener('close', onChange)
      peer.close()
    },
  }
}

function plain({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: RTCIceCandidate): Candidate {
  return { candidate, sdpMid, sdpMLineIndex, usernameFragment }
}

function configFor({ iceServers, iceTransportPolicy }: IceView): RTCConfiguration {
  // One transport for everything: when the chat channel is open, sound and picture have the same path.
  return { iceServers: [...iceServers], iceTransportPolicy, bundlePolicy: 'max-bundle' }
}

function receiveMedia(peer: RTCPeerConnection, { world, onRemoteStream }: LinkParts): void {
  // Not the sender's own grouping: another program may send its tracks in no stream, or in two.
  let remote: MediaStream | undefined
  peer.ontrack = ({ track }) => {
    remote ??= world.openStream()
    remote.addTrack(track)
    onRemoteStream(remote)
  }
}
