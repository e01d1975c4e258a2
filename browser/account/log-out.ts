/** Logs the person of a page out, and reports where that did not go through. */
import type { Signal } from '@preact/signals'
import type { AvailabilityMemory } from '../dashboard/availability.ts'
import type { Api } from '../lib/api.ts'
import type { Failure } from '../lib/http.ts'
import { remember } from '../lib/remembered-login.ts'
import type { BrowserSocket } from '../lib/socket.ts'

interface LogOutParts {
  api: Pick<Api, 'logout'>
  /** Leaves for another page of the site. */
  go: (path: string) => void
  /** The page's own connection. */
  socket: Pick<BrowserSocket, 'connect' | 'disconnect'>
  availability: Pick<AvailabilityMemory, 'keep'>
  /** Gets why the person is still logged in. */
  failure: Signal<Failure | undefined>
  /** True from the press until the page is left, or stays. */
  leaving: Signal<boolean>
}

/** Creates the log-out, which leads home, or stays on the page where the server was not reached. */
export function createLogOut(parts: LogOutParts): () => Promise<void> {
  const { api, go, socket, availability, failure, leaving } = parts
  return async () => {
    if (leaving.value) return
    leaving.value = true
    // The server ends it with the login, and that would lead home a second time.
    socket.disconnect()
    const answer = await api.logout()
    if (!answer.ok && answer.failure.code !== 'not_logged_in') {
      socket.connect()
      leaving.value = false
      failure.value = answer.failure
      return
    }
    availability.keep(false)
    leave(go)
  }
}

/** Leaves for the home page after a log-out or a deletion. */
export function leave(go: (path: string) => void): void {
  remember('logged-out')
  go('/')
}

/** Leaves for the log-in after the login has ended elsewhere or lapsed; it leads back to the page left. */
export function leaveForLogIn(
  go: (path: string) => void,
  { pathname, search }: Pick<Location, 'pathname' | 'search'> = location,
): void {
  remember('logged-out')
  const path = `${pathname}${search}`
  go(path === '/dashboard' ? '/' : `/?next=${encodeURIComponent(path)}`)
}
