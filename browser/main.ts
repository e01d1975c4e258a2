/** The one script of every page: which of them this is, the page itself says. */
import { createApi } from './api.ts'
import { createCall } from './call.ts'
import { startDashboard } from './dashboard.tsx'
import { startHome } from './home.tsx'
import { startSession } from './session.tsx'
import { openSocket } from './socket.ts'

const api = createApi({ fetch: (input, init) => fetch(input, init), now: () => Date.now() })
const go = (path: string) => location.assign(path)

const pages: Record<string, () => void> = {
  home: () => startHome({ api, go, root: place('entry') }),
  dashboard: () =>
    void startDashboard({ api, go, openSocket, root: place('main'), accountRoot: place('account') }),
  session: () =>
    void startSession({
      api,
      go,
      openSocket,
      openCall: createCall,
      root: place('main'),
      sessionId: decodeURIComponent(location.pathname.split('/').at(-1) ?? ''),
      now: () => performance.now(),
    }),
}

pages[document.body.dataset.page ?? '']?.()

function place(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  found.replaceChildren()
  return found
}
