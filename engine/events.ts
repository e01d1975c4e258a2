/** Defines the events of the engine, and hands them to listeners. */
import type { EndedSession, OpenSession, StartedSession } from '../domain/session.ts'
import type { Charge, ClockView, SessionLasts } from '../shared/protocol/session.ts'
import type { ReaderStatus } from '../shared/protocol/views.ts'

/**
 * Something that happened, announced only after it is on disk. The outer layers decide what each
 * user may see of it.
 */
export type EngineEvent =
  | {
      readonly type: 'invited'
      readonly session: OpenSession
      readonly lasts: SessionLasts
      /** Instant at which the client registered. */
      readonly clientSince: number
    }
  | { readonly type: 'updated'; readonly session: OpenSession | EndedSession }
  | {
      readonly type: 'ended'
      readonly session: EndedSession
      /** [B22] Media that reached the client unbilled, where there was any. */
      readonly unbilledMs?: number
    }
  | { readonly type: 'clock'; readonly session: StartedSession; readonly clock: ClockView }
  | {
      readonly type: 'charged'
      readonly session: StartedSession | EndedSession
      readonly charge: Charge
      readonly chargedCents: number
      readonly earnedCents: number
      readonly balanceCents: number
    }
  | {
      readonly type: 'low'
      readonly session: StartedSession
      readonly balanceCents: number
      readonly secondsLeft: number
    }
  | { readonly type: 'balance'; readonly userId: string; readonly balanceCents: number }
  | {
      /** The bank requires 3-D Secure before it pays an automatic top-up. */
      readonly type: 'needs-person'
      readonly userId: string
      readonly paymentIntentId: string
      readonly clientSecret: string
      readonly cardId: string
      readonly amountCents: number
    }
  /** The server needs to know what a page has received until now. */
  | { readonly type: 'ask'; readonly sessionId: string; readonly holder: string }
  | {
      /** There is a mail to be sent. */
      readonly type: 'mail-queued'
      /** The address of an account that was deleted: no record has it any more. */
      readonly farewell?: { readonly mailId: string; readonly to: string }
    }
  | { readonly type: 'login-ended'; readonly loginHash: string }
  | { readonly type: 'reader-status'; readonly readerId: string; readonly status: ReaderStatus }

export type Announce = (event: EngineEvent) => void

/** Hands each event to every listener, in the order in which they subscribed. */
export interface Announcer {
  readonly announce: Announce
  listen(hear: Announce): void
}

export function createAnnouncer(): Announcer {
  const listeners: Announce[] = []
  return {
    announce: (event) => {
      for (const hear of listeners) hear(event)
    },
    listen: (hear) => void listeners.push(hear),
  }
}
