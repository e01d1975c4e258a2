/** The script of every page but the first: which of them this is, the page itself says. */
import { startAccount } from './account.tsx'
import { createCall } from './call.ts'
import { startDashboard } from './dashboard.tsx'
import { startHistory } from './history.tsx'
import { page } from './page.ts'
import { startSession } from './session.tsx'
import { openSocket } from './socket.ts'

const { api, go, place } = page
const parts = { api, go, openSocket }

const pages: Record<string, () => void> = {
  dashboard: () => void startDashboard({ ...parts, ...places() }),
  history: () => void startHistory({ ...parts, ...places() }),
  account: () => void startAccount({ ...parts, ...places() }),
  session: () =>
    void startSession({
      ...parts,
      openCall: createCall,
      root: place('main'),
      sessionId: decodeURIComponent(location.pathname.split('/').at(-1) ?? ''),
      now: () => performance.now(),
    }),
}

pages[document.body.dataset.page ?? '']?.()

function places() {
  return { root: place('main'), headerRoot: place('header-tools') }
}
