/** Lets a reader receive calls again while the summary is shown. */
import { render } from 'preact'
import { useMemo } from 'preact/hooks'
import { ReaderLine } from '../dashboard/reader-line.tsx'
import { openPresence } from '../ui/signed-in.tsx'
import type { SessionStore } from './store.ts'
import type { KnownSession, SessionParts } from './types.ts'

interface SessionReachableProps {
  store: SessionStore
  parts: Pick<SessionParts, 'api' | 'root' | 'ring' | 'mediaPrewarm' | 'enterSession'>
  known: KnownSession
}

export function SessionReachable({ store, parts, known }: SessionReachableProps) {
  const presence = useMemo(() => open({ store, parts, known }), [])
  return <ReaderLine presence={presence} settings={store.settings} serverNow={store.serverNow} />
}

function open({ store, parts, known }: SessionReachableProps) {
  const { socket, settings, me } = known
  const presence = openPresence({
    api: parts.api,
    socket,
    me,
    openSession: undefined,
    ring: parts.ring,
    mediaPrewarm: parts.mediaPrewarm,
    enter: (session) => {
      store.stop()
      presence.stop()
      render(null, parts.root)
      parts.enterSession({ socket, settings, me: presence.user.value, session })
    },
  })
  // The socket connected long ago, and may have announced a request meanwhile.
  void presence.catchUp()
  return presence
}
