/** Draws a request that came to nothing: what happened, another try, and who else is available. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { ReaderView } from '../../../shared/protocol/views.ts'
import { formatRate } from '../../lib/format.ts'
import { sayEnd, sayNotCharged } from '../../lib/messages.ts'
import { Alert } from '../../ui/alert.tsx'
import { sayAtOnce } from '../../ui/announcements.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { SessionStore } from '../store.ts'
import { useRingAgain } from './ring-again.ts'

export function NotAnswered({ store }: { store: SessionStore }) {
  const session = store.session.value
  const heading = useRef<HTMLHeadingElement>(null)
  const { sending, failure, ring } = useRingAgain(store)
  const [what = '', ...rest] = sayEnd(session, store.iAmReader).split(/(?<=\.) /)
  useEffect(() => {
    document.title = 'No session · SoulSeer'
    sayAtOnce(`${what} ${rest.join(' ')}`)
    heading.current?.focus()
  }, [])
  return (
    <section class="ringing not-answered">
      <Avatar name={store.iAmReader ? session.clientName : session.readerName} size="large" />
      <h1 ref={heading} tabIndex={-1}>
        {what.replace(/\.$/, '')}
      </h1>
      <p>{rest.join(' ')}</p>
      {failure.value && <Alert>{sayNotCharged(failure.value)}</Alert>}
      <div class="row">
        {!store.iAmReader && (
          <button
            type="button"
            class="button primary"
            aria-disabled={sending.value}
            onClick={() => void ring()}
          >
            <Icon name={session.kind} />
            Try again
          </button>
        )}
        <a class="button" href="/dashboard">
          Return to dashboard
        </a>
      </div>
      {!store.iAmReader && <Others store={store} ring={(readerId) => void ring(readerId)} />}
    </section>
  )
}

const FEW = 2

function Others({ store, ring }: { store: SessionStore; ring: (readerId: string) => void }) {
  const others = useSignal<readonly ReaderView[]>([])
  useEffect(() => {
    void store.whoElse().then((found) => (others.value = found.slice(0, FEW)))
  }, [])
  if (others.value.length === 0) return null
  return (
    <section class="others" aria-labelledby="others-title">
      <h2 id="others-title">Available now</h2>
      <ul>
        {others.value.map((reader) => (
          <li key={reader.id}>
            <Avatar name={reader.name} />
            <p>
              <b>
                <bdi>{reader.name}</bdi>
              </b>
              <small>{[reader.speciality, formatRate(reader.rateCents)].filter(Boolean).join(' · ')}</small>
            </p>
            <button type="button" class="button" onClick={() => ring(reader.id)}>
              <Icon name={store.session.value.kind} />
              Call<span class="unseen"> {reader.name}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
