import { render } from 'preact'
import { useMemo } from 'preact/hooks'
import { ReaderLine } from '../dashboard/reader-line.tsx'
import { openPresence } from '../ui/signed-in.tsx'
import type { SessionBoard } from './store.ts'
import type { KnownSession, SessionParts } from './types.ts'

interface SessionReachableProps {
  board: SessionBoard
  parts: Pick<SessionParts, 'api' | 'root' | 'ring' | 'headStart' | 'enterSession'>
  known: KnownSession
}

/** From the summary on a reader can be rung again. */
export function SessionReachable({ board, parts, known }: SessionReachableProps) {
  const presence = useMemo(() => open({ board, parts, known }), [])
  return <ReaderLine presence={presence} settings={board.settings} serverNow={board.serverNow} />
}

function open({ board, parts, known }: SessionReachableProps) {
  const { socket, settings, me } = known
  const presence = openPresence({
    api: parts.api,
    socket,
    me,
    openSession: undefined,
    ring: parts.ring,
    headStart: parts.headStart,
    enter: (session) => {
      board.stop()
      presence.stop()
      render(null, parts.root)
      parts.enterSession({ socket, settings, me: presence.user.value, session })
    },
  })
  // The socket has been up for long, and may have told of a request meanwhile.
  void presence.catchUp()
  return presence
}
