/** Negotiates one peer connection by the W3C's "perfect negotiation". */
import type { Candidate, Description } from '../../shared/protocol/socket.ts'
import { answeredBy, type Origin, originOf, ufragOfCandidate, ufragsOf, withAnswered } from './media/sdp.ts'
import type { CallEnvironment } from './types.ts'

// Long enough for a slow phone to reply, short enough that a lost offer is not mistaken for a lost
// person.
const REMIND_MS = 8_000
const EARLY_CANDIDATES_MAX = 128

/** Says what came of a description; `foreign`: it was written by or for another connection. */
export type Hearing = 'heard' | 'foreign'

interface NegotiationParts {
  peer: RTCPeerConnection
  polite: boolean
  after: CallEnvironment['after']
  send(description: Description): void
  /** Runs once an offer is applied, before the `answer` is made. */
  onOffer?(): void
}

export interface Negotiation {
  /**
   * Makes an offer, or repeats the one that is under way. The polite side never makes the first.
   */
  offer(): Promise<void>
  /** Repeats an offer that has no `answer` yet. */
  remind(): void
  hear(description: Description): Promise<Hearing>
  hearCandidate(candidate: Candidate | null): Promise<void>
  stop(): void
}

/**
 * Creates the negotiation of one peer connection. Its methods must be called one after the other.
 * The impolite side makes the first offer; the polite side gives way when two offers cross.
 */
export function createNegotiation({ peer, polite, after, send, onOffer }: NegotiationParts): Negotiation {
  let applied: Origin | undefined
  let early: (Candidate | null)[] = []
  let stopReminding = () => {}

  const remind = () => {
    stopReminding()
    const { pendingLocalDescription: pending, signalingState } = peer
    if (!pending || signalingState !== 'have-local-offer') return
    // Sent with every candidate found so far, so none must be kept for a peer that was away.
    send({ type: 'offer', sdp: pending.sdp })
    stopReminding = after(REMIND_MS, remind)
  }
  const offer = async () => {
    if (polite && !applied) return
    if (peer.signalingState === 'stable') await peer.setLocalDescription()
    remind()
  }
  const sayAnswer = () => {
    const { currentLocalDescription: answer, currentRemoteDescription: answered } = peer
    if (answer?.type !== 'answer' || !answered) return
    send({ type: 'answer', sdp: withAnswered(answer.sdp, originOf(answered.sdp)) })
  }
  const apply = async (description: Description) => {
    await peer.setRemoteDescription(description)
    applied = originOf(description.sdp)
    const ufrags = ufragsOf(description.sdp)
    const due = early.filter((candidate) => candidate && fits(candidate, ufrags))
    if (due.length > 0 && early.includes(null)) due.push(null)
    early = []
    for (const candidate of due) await add(peer, candidate)
  }

  const hearOffer = async (description: Description): Promise<Hearing> => {
    const origin = originOf(description.sdp)
    if (isForeign(origin, applied)) return 'foreign'
    if (isKnown(origin, applied)) {
      // They repeat their offer because our `answer` was lost.
      if (origin?.version === applied?.version) sayAnswer()
      return 'heard'
    }
    if (!polite && peer.signalingState !== 'stable') return 'heard'
    await apply(description)
    stopReminding()
    onOffer?.()
    await peer.setLocalDescription()
    sayAnswer()
    return 'heard'
  }
  const hearAnswer = async (description: Description): Promise<Hearing> => {
    if (peer.signalingState !== 'have-local-offer') return 'heard'
    const origin = originOf(description.sdp)
    const answered = answeredBy(description.sdp)
    const asked = originOf(peer.pendingLocalDescription?.sdp ?? '')
    if (answered && !isSame(answered, asked)) return 'heard'
    if (isForeign(origin, applied)) return 'foreign'
    if (!answered && isKnown(origin, applied)) return 'heard'
    await apply(description)
    stopReminding()
    return 'heard'
  }

  return {
    offer,
    remind,
    hear: async (description) => {
      try {
        if (description.type === 'offer') return await hearOffer(description)
        return description.type === 'answer' ? await hearAnswer(description) : 'heard'
      } catch (error) {
        // A connection that has worked before may be beyond repair; a new one that fails would fail
        // again.
        if (applied) return 'foreign'
        throw error
      }
    },
    hearCandidate: async (candidate) => {
      const remote = peer.remoteDescription
      // An end mark names no description: while candidates wait for their description, it belongs
      // to them.
      const isDue = remote && (candidate ? fits(candidate, ufragsOf(remote.sdp)) : early.length === 0)
      if (isDue) return add(peer, candidate)
      // Its description was lost, is yet to come, or was skipped: the candidate waits for the next
      // one.
      if (early.length < EARLY_CANDIDATES_MAX) early.push(candidate)
    },
    stop: () => stopReminding(),
  }
}

/** Says whether a candidate belongs to one of these `ufrags`; one without a fragment may. */
function fits(candidate: Candidate, ufrags: Set<string>): boolean {
  const ufrag = ufragOfCandidate(candidate)
  return !ufrag || ufrags.has(ufrag)
}

function isForeign(origin: Origin | undefined, applied: Origin | undefined): boolean {
  return !!origin && !!applied && origin.connection !== applied.connection
}

function isKnown(origin: Origin | undefined, applied: Origin | undefined): boolean {
  return !!origin && !!applied && origin.version <= applied.version
}

function isSame(one: Origin, other: Origin | undefined): boolean {
  return one.connection === other?.connection && one.version === other.version
}

/** Adds a candidate. One that does not fit is no reason to end a call: others will fit. */
async function add(peer: RTCPeerConnection, candidate: Candidate | null): Promise<void> {
  try {
    await peer.addIceCandidate(candidate && withoutUndefined(candidate))
  } catch {
    // The connection checks report whether the call has a path.
  }
}

function withoutUndefined({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: Candidate) {
  return {
    candidate,
    sdpMid: sdpMid ?? null,
    sdpMLineIndex: sdpMLineIndex ?? null,
    usernameFragment: usernameFragment ?? null,
  }
}
