import { type ComponentType, render } from 'preact'
import type { SettingsView, UserView } from '../shared/protocol.ts'
import type { Answer, Api, MeAnswer } from './api.ts'
import { createClientBoard } from './client-board.ts'
import { ClientDashboard } from './client-dashboard.tsx'
import { remember } from './known.ts'
import { Alert } from './parts/alert.tsx'
import { Avatar } from './parts/avatar.tsx'
import { Icon } from './parts/icon.tsx'
import { createReaderBoard } from './reader-board.ts'
import { ReaderDashboard } from './reader-dashboard.tsx'
import { createRing } from './ring.ts'
import type { PageSocket } from './socket.ts'
import { sayFailure } from './words.ts'

export interface DashboardParts {
  api: Api
  root: HTMLElement
  accountRoot: HTMLElement
  openSocket: () => PageSocket
  /** Leaves for another page of the site. */
  go: (path: string) => void
}

/** Draws the dashboard of whoever is logged in; sends everybody else to the home page. */
export async function startDashboard(parts: DashboardParts): Promise<void> {
  const { api, root, accountRoot, go } = parts
  render(<p class="loading">Loading…</p>, root)
  const [me, settings] = await Promise.all([api.me(), api.settings()])
  if (!me.ok && me.failure.code === 'not_logged_in') return leave(go)
  if (!me.ok || !settings.ok) return render(<Trouble failed={me.ok ? settings : me} />, root)
  const logOut = async () => {
    await api.logout()
    leave(go)
  }
  render(<Account user={me.value.user} logOut={() => void logOut()} />, accountRoot)
  const Board = boardFor(parts, me.value, settings.value)
  render(<Board />, root)
}

/** To the home page, as somebody who is logged in no more. */
export function leave(go: (path: string) => void): void {
  remember('logged-out')
  go('/')
}

function boardFor(parts: DashboardParts, me: MeAnswer, settings: SettingsView): ComponentType {
  const { api, go } = parts
  const known = { api, go, socket: parts.openSocket(), me: me.user, openSession: me.openSession }
  if (me.user.role === 'client') {
    const board = createClientBoard(known)
    return () => <ClientDashboard api={api} board={board} settings={settings} />
  }
  const board = createReaderBoard({ ...known, ring: createRing() })
  // Whoever comes back while still available may ring from the first touch on, wherever it is.
  document.addEventListener('click', () => void board.allowSound(), { once: true })
  return () => <ReaderDashboard api={api} board={board} settings={settings} />
}

function Account({ user, logOut }: { user: UserView; logOut: () => void }) {
  return (
    <>
      <Avatar name={user.name} />
      <bdi class="account-name">{user.name}</bdi>
      <button type="button" class="button quiet" onClick={logOut}>
        <Icon name="log-out" />
        Log out
      </button>
    </>
  )
}

/** A page that could not be begun, with the way to try again. */
export function Trouble({ failed }: { failed: Answer<unknown> }) {
  return (
    <Alert>
      <p>{failed.ok ? '' : sayFailure(failed.failure)}</p>
      <button type="button" class="button quiet" onClick={() => location.reload()}>
        Try again
      </button>
    </Alert>
  )
}
