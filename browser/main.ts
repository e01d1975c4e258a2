/** Starts the pages where people meet: the dashboard and the session. */
import { startDashboard } from './dashboard/dashboard.tsx'
import { forSessions, forSignedIn, lastOfPath, loadSession, startPage } from './document.ts'
import { page } from './lib/page.ts'
import { openSocket } from './lib/socket.ts'
import { withScript } from './page-script.ts'

startPage({
  dashboard: () => startDashboard(forSignedIn()),
  session: () =>
    withScript(loadSession, (script) =>
      script.startSession({ ...forSessions(script), go: page.go, openSocket, sessionId: lastOfPath() }),
    ),
})
