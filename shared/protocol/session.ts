/**
 * Defines a session as its two people see it: over HTTP when a page asks, over the socket as it
 * changes.
 */
import { z } from 'zod'

export const SessionKind = z.enum(['video', 'voice', 'chat'])
export type SessionKind = z.infer<typeof SessionKind>

export type SessionStatus = 'requested' | 'accepted' | 'live' | 'paused' | 'ended'

export type EndReason =
  | 'declined'
  | 'cancelled'
  | 'missed'
  | 'never_connected'
  | 'client_ended'
  | 'reader_ended'
  | 'out_of_funds'
  | 'connection_lost'
  | 'server_stopped'
  | 'payment_reversed'
  | 'limit_reached'

/** Why the meter is stopped; the page puts it into words. */
export type PauseCause =
  | 'client_connection'
  | 'reader_connection'
  | 'connection'
  | 'client_left'
  | 'reader_left'
  | 'server_stopped'

/**
 * Time that the client can pay for: under 5 minutes, 5 to 15, more. Anything finer would reveal the
 * balance to the reader.
 */
export type SessionLasts = 'short' | 'medium' | 'long'

/** `billedMs` is the connected time up to the charge; several charges may share a minute. */
export interface Charge {
  minute: number
  billedMs: number
  cents: number
  at: number
}

export interface Pause {
  from: number
  to?: number
  cause: PauseCause
  /**
   * The number of interruptions in it, with the short ones that were added to it; one by default.
   */
  times?: number
}

/**
 * A session as both of its people see it. `session:updated` carries only the newest charges and
 * pauses of an open one; `GET /session/:id` and `session:ended` carry them all.
 */
export interface SessionView {
  id: string
  clientId: string
  clientName: string
  readerId: string
  readerName: string
  kind: SessionKind
  rateCents: number
  /** The platform's share of each charge, where it has one. */
  feePercent?: number
  status: SessionStatus
  requestedAt: number
  acceptedAt?: number
  startedAt?: number
  endedAt?: number
  endReason?: EndReason
  billedMs: number
  durationSeconds: number
  chargedCents: number
  earnedCents: number
  charges: readonly Charge[]
  pauses: readonly Pause[]
}

/** The state of the meter. `secondsLeft` and `balanceCents` are sent to the client alone. */
export interface ClockView {
  sessionId: string
  running: boolean
  billedMs: number
  chargedCents: number
  /** Why it is stopped, where it is after the start. */
  cause?: PauseCause
  secondsLeft?: number
  balanceCents?: number
  /** The most that the client wants to spend on this session; sent to the client alone. */
  limitCents?: number
  /** The session costs nothing if it ends before this much connected time. */
  freeUntilMs?: number
}

/** Sent to the reader who is rung. */
export interface InviteView {
  session: SessionView
  lasts?: SessionLasts
  /** Instant at which the client registered. */
  clientSince?: number
}

export interface ChargedView {
  sessionId: string
  charge: Charge
  chargedCents: number
  earnedCents: number
  balanceCents?: number
}
