/** Keeps what a reader's dashboard knows beside the presence. */
import { signal } from '@preact/signals'
import type { EarningsView, SessionList } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'
import { sinceOpened, whenConnected } from '../lib/caught-up.ts'
import { timeZone } from '../lib/format.ts'
import { type Loading, load, waiting } from '../lib/loading.ts'
import { type BrowserSocket, listen } from '../lib/socket.ts'
import type { ReaderPresence } from './reader-presence.ts'

export interface ReaderStoreParts {
  api: Api
  socket: BrowserSocket
  presence: ReaderPresence
  /** Resolves with whether neither a microphone nor a camera can be used. */
  hasNothingToSend: () => Promise<boolean>
  /** Returns the milliseconds since the page was opened. */
  openedMs?: () => number
}

export type ReaderStore = ReturnType<typeof createReaderStore>

/** Creates the store, which the socket keeps current until `stop`. */
export function createReaderStore(parts: ReaderStoreParts) {
  const { api, socket, presence, openedMs = sinceOpened } = parts
  const earnings = signal<Loading<EarningsView>>(waiting)
  const sessions = signal<Loading<SessionList>>(waiting)
  const lacksDevices = signal(false)

  const loadPast = () =>
    Promise.all([load(sessions, api.sessions), load(earnings, () => api.earnings(timeZone()))])
  const refreshPast = () => void loadPast()
  const lookForDevices = async () => {
    lacksDevices.value = await parts.hasNothingToSend()
  }
  const refreshAfterOpen = () => {
    if (presence.open.value) refreshPast()
  }
  const stop = listen(socket, {
    connect: whenConnected({ first: refreshAfterOpen, again: refreshPast, openedMs }),
    'session:ended': refreshPast,
  })
  const ready = Promise.all([loadPast(), lookForDevices()])

  return {
    presence,
    earnings,
    sessions,
    lacksDevices,
    lookForDevices,
    refreshPast,
    /** Resolves when everything has been loaded once: drawn earlier, the page would jump. */
    ready,
    stop,
  }
}
