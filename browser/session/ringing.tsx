import { useCountdown } from '../dashboard/incoming.tsx'
import { formatRate } from '../lib/format.ts'
import { sayFailure } from '../lib/messages.ts'
import { Alert } from '../ui/alert.tsx'
import { Avatar } from '../ui/avatar.tsx'
import { Icon } from '../ui/icon.tsx'
import type { SessionBoard } from './store.ts'

/** Before anybody has answered: nothing runs, and nothing is charged. */
export function SessionRinging({ board }: { board: SessionBoard }) {
  return board.iAmReader ? <ReaderRinging board={board} /> : <ClientRinging board={board} />
}

function ClientRinging({ board }: { board: SessionBoard }) {
  const { readerName, kind, rateCents, requestedAt } = board.session.value
  const left = useCountdown(requestedAt + board.settings.ringTimeoutMs, board.serverNow)
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
      <Failed board={board} />
      <button type="button" class="button" disabled={board.leaving.value} onClick={() => void board.cancel()}>
        <Icon name="close" />
        Cancel
      </button>
    </section>
  )
}

/** A reader answers on the dashboard, where the ring is; this page only knows the way there. */
function ReaderRinging({ board }: { board: SessionBoard }) {
  return (
    <section class="ringing">
      <h1>
        <bdi>{board.session.value.clientName}</bdi> is ringing
      </h1>
      <p>Accept or decline the request on your dashboard.</p>
      <a class="button primary" href="/dashboard">
        Return to dashboard
      </a>
    </section>
  )
}

function Failed({ board }: { board: SessionBoard }) {
  if (!board.failure.value) return null
  return (
    <Alert>
      <p>{sayFailure(board.failure.value)}</p>
    </Alert>
  )
}
