/** Declares what one state of a page consists of: data alone, so that tests can list the states. */
import type {
  CallState,
  ChatLine,
  Hearing,
  LocalMedia,
  MediaProblem,
  PeerMedia,
  Quality,
} from '../../../browser/call/types.ts'
import type { ErrorCode } from '../../../shared/protocol/errors.ts'
import type { ClockView, SessionView } from '../../../shared/protocol/session.ts'
import type { ServerEvents } from '../../../shared/protocol/socket.ts'
import type { UserView } from '../../../shared/protocol/views.ts'

/** The markup that a state is shown in: a file of `public/`, or a text of `http/legal/`. */
export type PageFile =
  | 'index'
  | 'dashboard'
  | 'session'
  | 'history'
  | 'account'
  | 'payment'
  | 'link'
  | '404'
  | 'back'
  | 'terms'
  | 'privacy'
  | 'refunds'
  | 'help'

/** A refusal of the server, or of the stand-in for Stripe's, as its responses word it. */
export interface Refused {
  readonly status: number
  readonly code?: ErrorCode
  readonly detail?: string
  readonly errors?: readonly { path: string; message: string }[]
  readonly error?: object
}

/** The outcome of a request: `body` with 200, a refusal, a lost network, or no reply at all. */
export type Reply = { readonly body: unknown } | { readonly refused: Refused } | 'offline' | 'silence'

/** Replies by method and path, such as `'GET /session/:id'`; queries do not count. */
export type Replies = Readonly<Record<string, Reply>>

/** A message of the server over the socket. */
export type Told = {
  readonly [Event in keyof ServerEvents]: readonly [Event, Parameters<ServerEvents[Event]>[0]]
}[keyof ServerEvents]

/** One step that leads to the state, once the page is there. Names are those that are read aloud. */
export type Act =
  | { readonly press: string /** Of several with that name, counted from 0. */; readonly nth?: number }
  | { readonly type: readonly [label: string, text: string] }
  | { readonly tell: Told }
  /** Waits for a text that is not there at once. */
  | { readonly see: string }
  | 'lose the connection'
  | 'go offline'

/** The call of a session, at one moment. */
export interface CallShown {
  readonly state: CallState
  readonly session: SessionView
  readonly clock: ClockView
  readonly local?: LocalMedia
  readonly peer?: PeerMedia
  readonly quality?: Quality | undefined
  readonly hearing?: Hearing
  readonly problem?: MediaProblem
  readonly lines?: readonly ChatLine[]
  /** Says whether the other person's picture arrives. */
  readonly hasRemote?: boolean
}

export interface State {
  /** Unique, and part of its address. */
  readonly name: string
  readonly page: PageFile
  /** The document's `data-page`, where the file leaves it open. */
  readonly opens?: 'reset' | 'confirm' | 'undo-email' | 'unsubscribe'
  readonly hash?: string
  /** The page that a log-in leads to. */
  readonly wants?: string
  /** The person who is logged in. */
  readonly me?: UserView
  readonly replies?: Replies
  /** The values that this browser has kept. */
  readonly kept?: Readonly<Record<string, string>>
  /** The browser's reply when camera and microphone are asked for; `granted` by default. */
  readonly devices?: 'granted' | 'asks' | 'denied' | 'none'
  readonly call?: CallShown
  readonly acts?: readonly Act[]
}
