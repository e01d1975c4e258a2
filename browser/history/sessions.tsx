/** Draws the list of past sessions for either role. */
import { type Signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import type { SessionView } from '../../shared/protocol/session.ts'
import type { Role, SessionList } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'
import { type Loading, load } from '../lib/loading.ts'
import { sayNotLoaded } from '../lib/messages.ts'
import { Alert } from '../ui/alert.tsx'
import { followNewRows } from '../ui/forms.ts'
import { Loaded } from '../ui/loaded.tsx'
import { SessionTable } from '../ui/session-table.tsx'
import { hadTalk } from './had-talk.ts'

interface PastSessionsProps {
  api: Api
  viewer: Role
  listPage: Signal<Loading<SessionList>>
  /** The text shown while there are none. */
  empty: ComponentChildren
  /** Shows only the latest few, with a link to all of them. */
  brief?: boolean
}

const FEW = 5

/** Draws the list, one page at a time. */
export function PastSessions({ api, viewer, listPage, empty, brief = false }: PastSessionsProps) {
  const more = useSignal(false)
  const failed = useSignal('')
  const list = useRef<HTMLElement>(null)
  // A reader's few are the first of many: the missed requests are found among them.
  const retry = () => void load(listPage, brief && viewer === 'client' ? api.latestSessions : api.sessions)
  const showMore = async (shown: SessionList) => {
    if (more.value) return
    more.value = true
    const follow = followNewRows(list.current)
    const answer = await api.sessions(shown.nextCursor)
    more.value = false
    failed.value = answer.ok ? '' : sayNotLoaded('Earlier sessions', answer.failure)
    if (!answer.ok) return
    const { sessions, nextCursor } = answer.value
    const all = [...shown.sessions, ...sessions]
    listPage.value = { state: 'ready', value: { sessions: all, ...(nextCursor ? { nextCursor } : {}) } }
    follow()
  }
  return (
    <section class="past" aria-labelledby="past-title" ref={list}>
      <h2 id="past-title">{brief ? 'Recent sessions' : 'Sessions'}</h2>
      <Loaded of={listPage.value} what="Your sessions" retry={retry}>
        {(shown) => (
          <>
            <Talks talks={shown.sessions.filter(hadTalk)} viewer={viewer} empty={empty} brief={brief} />
            {brief && shown.sessions.length > 0 && <a href="/history">All sessions and receipts</a>}
            {failed.value && <Alert>{failed.value}</Alert>}
            {!brief && shown.nextCursor && (
              <button
                type="button"
                class="button"
                aria-disabled={more.value}
                onClick={() => void showMore(shown)}
              >
                Show earlier sessions
              </button>
            )}
          </>
        )}
      </Loaded>
    </section>
  )
}

interface TalksProps extends Pick<PastSessionsProps, 'viewer' | 'empty'> {
  talks: readonly SessionView[]
  brief: boolean
}

function Talks({ talks, viewer, empty, brief }: TalksProps) {
  if (talks.length === 0) return <p class="empty">{empty}</p>
  return <SessionTable sessions={brief ? talks.slice(0, FEW) : talks} viewer={viewer} />
}
