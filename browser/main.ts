/** Starts the pages where people meet: the dashboard and the session. */
import { startDashboard } from './dashboard/dashboard.tsx'
import { forSessions, forSignedIn, lastOfPath, loadSession, startPage } from './document.ts'
import { page } from './lib/page.ts'
import { withScript } from './lib/page-script.ts'
import { openSocket } from './lib/socket.ts'

startPage({
  dashboard: () => startDashboard(forSignedIn()),
  session: () =>
    withScript(loadSession, (script) =>
      script.startSession({ ...forSessions(script), go: page.go, openSocket, sessionId: lastOfPath() }),
    ),
})
