/** Starts the pages where people meet: the dashboard and the session. */
import { startDashboard } from './dashboard/dashboard.tsx'
import { forSessions, forSignedIn, lastOfPath, startPage } from './document.ts'
import { page } from './lib/page.ts'
import { openSocket } from './lib/socket.ts'
import { startSession } from './session/session.tsx'

startPage({
  dashboard: () => void startDashboard(forSignedIn()),
  session: () => void startSession({ ...forSessions(), go: page.go, openSocket, sessionId: lastOfPath() }),
})
