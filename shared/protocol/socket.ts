/**
 * Defines the socket's events in both directions. The server checks what a page sends; pages import
 * the types alone, never this file's values.
 */
import { z } from 'zod'
import { CANDIDATE_MAX, SDP_MAX } from '../bounds.ts'
import type { ErrorCode } from './errors.ts'
import { id } from './fields.ts'
import type { ChargedView, ClockView, InviteView, SessionView } from './session.ts'
import type { MeView, PaymentActionView, ReaderStatus } from './views.ts'

export const JoinPayload = z.object({
  sessionId: id,
  /**
   * The joining page: an id that is stable across reconnects, and whether it held the seat before,
   * in which case it takes the seat from no other.
   */
  page: z.string().max(64).optional(),
  again: z.boolean().optional(),
  /**
   * It will confirm each description that it receives, so that the sender knows whether it came.
   */
  confirms: z.boolean().optional(),
})

const Description = z.object({
  type: z.enum(['offer', 'answer', 'pranswer', 'rollback']),
  sdp: z.string().max(SDP_MAX),
})
export type Description = z.infer<typeof Description>

export const DescriptionPayload = z.object({ sessionId: id, description: Description })
type DescriptionPayload = z.infer<typeof DescriptionPayload>

const Candidate = z.object({
  candidate: z.string().max(CANDIDATE_MAX),
  sdpMid: z.string().max(64).nullish(),
  sdpMLineIndex: z.int().min(0).max(64).nullish(),
  usernameFragment: z.string().max(256).nullish(),
})
export type Candidate = z.infer<typeof Candidate>

/** `null` says that no more candidates come. */
export const CandidatePayload = z.object({ sessionId: id, candidate: Candidate.nullable() })
type CandidatePayload = z.infer<typeof CandidatePayload>

/** Whole milliseconds: an instant by a page's own monotonic clock, or a length of time. */
const reading = z.int().min(0)

/**
 * A page's heartbeat. A page that sends `now`, its clock's reading at sending, proves what it
 * received from the other page: without a gap from `heardSince` to `heardAt`, which are left out
 * until it has received anything. `sentMs` is how long it has sent media or chat since the session
 * was accepted, earlier pages of the same seat included.
 */
export const RtcStatePayload = z.object({
  sessionId: id,
  state: z.enum(['connected', 'interrupted']),
  now: reading.optional(),
  heardAt: reading.optional(),
  heardSince: reading.optional(),
  sentMs: reading.optional(),
})
export type RtcBeat = z.infer<typeof RtcStatePayload>
export type RtcState = RtcBeat['state']

export interface IceServerView {
  urls: string | string[]
  username?: string
  credential?: string
}

export type Ack<T extends object = object> =
  | ({ ok: true } & T)
  | { ok: false; error: { code: ErrorCode; message: string } }

export interface JoinAck {
  session: SessionView
  iceServers: IceServerView[]
  iceTransportPolicy: 'all' | 'relay'
  /** The reader makes the first offer and is impolite; the client is polite. */
  polite: boolean
  /** Longest time between two `rtc:state` heartbeats. */
  heartbeatMs: number
  /** Longest time that a lost connection may take to come back before the session ends. */
  graceMs: number
  /** True where the other seat is taken now. */
  peerPresent: boolean
  clock: ClockView
  /**
   * The most that any page of this seat has reported as `sentMs`; its successor counts on from
   * there.
   */
  sentMs?: number
  /** Time beyond `provenMs` that a page may have sent before it holds its media and chat. */
  unbilledMs?: number
}

/**
 * Acknowledges a heartbeat that carried readings, with how much connected time both pages have
 * proven so far. Other heartbeats get none of this.
 */
export interface BeatAck {
  provenMs?: number
}

/**
 * `delivered` is true where the other person's page has it: by its confirmation where it
 * `confirms`, else because it is connected.
 */
export interface RelayAck {
  delivered: boolean
}

type Reply<T extends object = object> = (ack: Ack<T>) => void

/** Sent by a page as it connects. */
export interface Handshake {
  /** The user whom the page shows. */
  userId?: string
  /** Asks for the event `me`. */
  me?: true
}

export interface BrowserEvents {
  'session:join': (payload: z.infer<typeof JoinPayload>, reply: Reply<JoinAck>) => void
  offer: (payload: DescriptionPayload, reply: Reply<RelayAck>) => void
  answer: (payload: DescriptionPayload, reply: Reply<RelayAck>) => void
  'ice-candidate': (payload: CandidatePayload, reply: Reply<RelayAck>) => void
  'rtc:state': (payload: RtcBeat, reply: Reply<BeatAck>) => void
}

export interface ServerEvents {
  'session:invite': (payload: InviteView) => void
  'session:updated': (payload: { session: SessionView }) => void
  'session:clock': (payload: ClockView) => void
  'session:charged': (payload: ChargedView) => void
  'session:ended': (payload: { session: SessionView }) => void
  /**
   * Requests a heartbeat at once: a charge, the end of the money or the other page waits for this
   * page's proof.
   */
  'rtc:ask': (payload: { sessionId: string }) => void
  'session:taken-over': (payload: { sessionId: string }) => void
  'balance:low': (payload: { sessionId: string; balanceCents: number; secondsLeft: number }) => void
  balance: (payload: { balanceCents: number }) => void
  /**
   * The same as `GET /me` returns, at each connection of a page whose handshake asks for it: it has
   * what happened since the page asked.
   */
  me: (payload: MeView) => void
  'payment:action': (payload: PaymentActionView) => void
  'reader:status': (payload: { readerId: string; status: ReaderStatus }) => void
  'peer:joined': (payload: { sessionId: string }) => void
  'peer:left': (payload: { sessionId: string }) => void
  'server:stopping': (payload: object) => void
  /** The user has opened more pages than we serve, and this one was open longest. */
  'page:set-aside': (payload: object) => void
  offer: (payload: DescriptionPayload, confirm?: () => void) => void
  answer: (payload: DescriptionPayload, confirm?: () => void) => void
  'ice-candidate': (payload: CandidatePayload) => void
}
