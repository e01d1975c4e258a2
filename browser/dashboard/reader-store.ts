import { signal } from '@preact/signals'
import type { EarningsView, SessionsPage } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'
import { timeZone } from '../lib/format.ts'
import { type Loading, load, waiting } from '../lib/loading.ts'
import { listen, type PageSocket } from '../lib/socket.ts'
import type { ReaderPresence } from './reader-presence.ts'

export interface ReaderBoardParts {
  api: Api
  socket: PageSocket
  presence: ReaderPresence
}

export type ReaderBoard = ReturnType<typeof createReaderBoard>

/** What a reader's dashboard knows beside the presence, kept true by the socket. `stop` ends that. */
export function createReaderBoard({ api, socket, presence }: ReaderBoardParts) {
  const earnings = signal<Loading<EarningsView>>(waiting)
  const sessions = signal<Loading<SessionsPage>>(waiting)

  const loadPast = () =>
    Promise.all([load(sessions, api.sessions), load(earnings, () => api.earnings(timeZone()))])
  const refreshPast = () => void loadPast()
  const stop = listen(socket, { connect: refreshPast, 'session:ended': refreshPast })
  const ready = loadPast()

  return {
    presence,
    earnings,
    sessions,
    refreshPast,
    /** Resolves when everything has been asked for once: drawn before, the page would jump as it comes. */
    ready,
    stop,
  }
}
