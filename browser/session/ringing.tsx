/** Draws a session that is calling: nothing runs, and nothing is charged. */
import { useCountdown } from '../dashboard/incoming.tsx'
import { formatRate } from '../lib/format.ts'
import { sayNotCharged } from '../lib/messages.ts'
import { Alert, Said } from '../ui/alert.tsx'
import { Avatar } from '../ui/avatar.tsx'
import { Icon } from '../ui/icon.tsx'
import type { SessionStore } from './store.ts'

export function SessionRinging({ store }: { store: SessionStore }) {
  return store.iAmReader ? <ReaderRinging store={store} /> : <ClientRinging store={store} />
}

function ClientRinging({ store }: { store: SessionStore }) {
  const { readerName, kind, rateCents, requestedAt } = store.session.value
  const left = useCountdown(requestedAt + store.settings.ringTimeoutMs, store.serverNow)
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
  return (
    <section class="ringing">
      <div class="halo">
        <Avatar name={readerName} size="large" />
      </div>
      <h1>
        Calling <bdi>{readerName}</bdi>… <span class="figure-inline">{clock}</span>
      </h1>
      <p>
        A {kind} session at {formatRate(rateCents)}. Nothing is charged while it rings: the meter starts when
        you are both connected.
      </p>
      <Failed store={store} />
      <button
        type="button"
        class="button"
        aria-disabled={store.leaving.value}
        onClick={() => void store.cancel()}
      >
        <Icon name="close" />
        Cancel
      </button>
    </section>
  )
}

/** Leads the reader to the dashboard, where the request is accepted or declined. */
function ReaderRinging({ store }: { store: SessionStore }) {
  return (
    <section class="ringing">
      <h1>
        <bdi>{store.session.value.clientName}</bdi> is calling
      </h1>
      <p>Accept or decline the request on your dashboard.</p>
      <a class="button primary" href="/dashboard">
        Return to dashboard
      </a>
    </section>
  )
}

function Failed({ store }: { store: SessionStore }) {
  if (!store.failure.value) return null
  return (
    <Alert>
      <p>
        <Said words={sayNotCharged(store.failure.value)} />
      </p>
    </Alert>
  )
}
