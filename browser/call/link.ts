/** Opens one peer connection with its senders, negotiation and recovery. */
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { Candidate, Description, JoinAck } from '../../shared/protocol/socket.ts'
import { createSenders, type Outgoing } from './media/senders.ts'
import { createNegotiation, type Hearing } from './negotiation.ts'
import { createRecovery } from './recovery.ts'
import type { CallEnvironment } from './types.ts'

export type IceView = Pick<JoinAck, 'iceServers' | 'iceTransportPolicy'>

// Agreed on both pages beforehand, and far from the ids that browsers assign automatically.
const CHAT_CHANNEL = { negotiated: true, id: 64 } as const

interface LinkParts {
  environment: CallEnvironment
  kind: SessionKind
  polite: boolean
  ice: IceView
  /** The media to send at first, and whether the picture is limited. */
  outgoing: Outgoing
  thin: boolean
  /** Says whether the other page is still heard. */
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

/** Holds one peer connection and everything that is created and closed with it. */
export interface Link {
  isConnected(): boolean
  /**
   * Negotiates when the other page can be reached (again): the impolite side offers, and either
   * side repeats what got no reply.
   */
  meet(): Promise<void>
  hear(description: Description): Promise<Hearing>
  hearCandidate(candidate: Candidate | null): Promise<void>
  useIce(ice: IceView): void
  send(outgoing: Outgoing): void
  limit(thin: boolean): void
  /** Repairs a path that was tested and carries nothing. */
  mend(): void
  stats(): Promise<RTCStatsReport>
  /** Returns the last description of the other page that was applied. */
  remoteSdp(): string | undefined
  close(): void
}

export function createLink(parts: LinkParts): Link {
  const { environment, polite, ice, enqueue, onChange } = parts
  const peer = environment.openPeer(configFor(ice))
  const channel = peer.createDataChannel('chat', CHAT_CHANNEL)
  parts.onChannel(channel)
  const senders = createSenders({
    peer,
    kind: parts.kind,
    group: environment.openStream(),
    onError: parts.onError,
  })
  const negotiation = createNegotiation({
    peer,
    polite,
    after: environment.after,
    send: parts.send,
    onOffer: senders.match,
  })
  const isConnected = () =>
    peer.connectionState === 'connected' && channel.readyState === 'open' && parts.isProven()
  const recovery = createRecovery({
    peer,
    polite,
    isHealthy: isConnected,
    after: environment.after,
    canSignal: parts.canSignal,
    renew: parts.renew,
    onHopeless: parts.onHopeless,
  })
  let { thin } = parts
  // The answering side uses the transceivers that it is offered.
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
  // One transport for everything: when the chat channel is open, sound and picture have the same
  // path.
  return { iceServers: [...iceServers], iceTransportPolicy, bundlePolicy: 'max-bundle' }
}

function receiveMedia(peer: RTCPeerConnection, { environment, onRemoteStream }: LinkParts): void {
  // We group the tracks ourselves: another program may send its tracks in no stream, or in two.
  let remote: MediaStream | undefined
  peer.ontrack = ({ track }) => {
    remote ??= environment.openStream()
    remote.addTrack(track)
    onRemoteStream(remote)
  }
}
