/** Declares the types of the session page that its parts share with the pages that lead to it. */
import type { SessionView } from '../../shared/protocol/session.ts'
import type { BalanceAround, SettingsView, UserView } from '../../shared/protocol/views.ts'
import type { Call, CallParts, ChosenDevices } from '../call/types.ts'
import type { ReaderPresenceParts } from '../dashboard/reader-presence.ts'
import type { Ring } from '../dashboard/ring.ts'
import type { Api } from '../lib/api.ts'
import type { BrowserSocket, OpenSocket } from '../lib/socket.ts'

export interface SessionParts {
  api: Api
  root: HTMLElement
  openCall: (parts: CallParts) => Call
  ring: Ring
  mediaPrewarm: ReaderPresenceParts['mediaPrewarm']
  /** Opens another session on this page. */
  enterSession: (known: Omit<KnownSession, 'devices'>) => void
  /** Returns milliseconds of a steady clock. */
  now: () => number
}

export interface SessionPageParts extends SessionParts {
  sessionId: string
  openSocket: OpenSocket
  /** Leaves for another page of the site. */
  go: (path: string) => void
}

export interface KnownSession {
  socket: BrowserSocket
  me: UserView
  settings: SettingsView
  session: SessionView
  balance?: BalanceAround | undefined
  devices: ChosenDevices
  /** Says that `session` may have changed since: the page had to load its script first. */
  isLate?: boolean
}
