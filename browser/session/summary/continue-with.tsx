import { useSignal } from '@preact/signals'
import type { EndReason } from '../../../shared/protocol/session.ts'
import type { Failure } from '../../lib/http.ts'
import { sayFailure } from '../../lib/messages.ts'
import { TopUp } from '../../payments/top-up.tsx'
import { Alert } from '../../ui/alert.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { SessionBoard } from '../store.ts'

/** Ends that neither of the two wanted: the client may want to talk on. */
const CUT_SHORT: readonly EndReason[] = [
  'out_of_funds',
  'limit_reached',
  'connection_lost',
  'never_connected',
  'server_stopped',
]

const OFFERED_MS = 15 * 60_000 // later it is a receipt, and the reader's evening has gone on

/** The way on with the same reader for a client whose session was cut short; money first, where it is needed. */
export function ContinueWith({ board }: { board: SessionBoard }) {
  const paying = useSignal(false)
  const sending = useSignal(false)
  const failure = useSignal<Failure | undefined>(undefined)
  const { readerName, rateCents, endReason, endedAt = 0 } = board.session.value
  if (board.iAmReader || !endReason || !CUT_SHORT.includes(endReason)) return null
  if (board.serverNow() - endedAt > OFFERED_MS) return null
  const ring = async () => {
    if (sending.value) return
    sending.value = true
    const answer = await board.ringAgain()
    if (answer.ok) return location.assign(`/session/${answer.value.session.id}`)
    sending.value = false
    paying.value = answer.failure.code === 'insufficient_funds'
    failure.value = paying.value ? undefined : answer.failure
  }
  const close = () => {
    paying.value = false
  }
  return (
    <>
      <button type="button" class="button go" aria-disabled={sending.value} onClick={() => void ring()}>
        <Icon name={board.session.value.kind} />
        Continue with {readerName}
      </button>
      {failure.value && <Alert>{sayFailure(failure.value)}</Alert>}
      {paying.value && (
        <Dialog title="Add funds" className="funds" onClose={close}>
          <p class="hint">Your balance does not cover the first minute. It rings as soon as you have paid.</p>
          <TopUp
            userId={board.me.id}
            rateCents={rateCents}
            readerName={readerName}
            onDone={() => void ring()}
            onCancel={close}
          />
        </Dialog>
      )}
    </>
  )
}
