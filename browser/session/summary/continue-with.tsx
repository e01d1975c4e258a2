/** Offers a client whose session was cut short to continue with the same reader. */
import type { EndReason } from '../../../shared/protocol/session.ts'
import { sayNotCharged } from '../../lib/messages.ts'
import type { Added } from '../../payments/checkout.ts'
import { TopUp } from '../../payments/top-up.tsx'
import { Alert } from '../../ui/alert.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { SessionStore } from '../store.ts'
import { useRingAgain } from './ring-again.ts'

/** Lists the ends that neither person wanted. */
const CUT_SHORT: readonly EndReason[] = ['out_of_funds', 'limit_reached', 'connection_lost', 'server_stopped']

const OFFERED_MS = 15 * 60_000 // later the page is a receipt, and the reader has moved on

/** Draws the offer; where the balance is too low, it starts with adding funds. */
export function ContinueWith({ store }: { store: SessionStore }) {
  const { paying, sending, failure, ring } = useRingAgain(store)
  const { readerName, rateCents, endReason, endedAt = 0 } = store.session.value
  if (store.iAmReader || !endReason || !CUT_SHORT.includes(endReason)) return null
  if (store.serverNow() - endedAt > OFFERED_MS) return null
  const close = () => {
    paying.value = false
  }
  const done = (added: Added, isOpen: boolean) => {
    // A client who closed the window no longer wants the call.
    if (isOpen) void ring()
    else store.added.value = added
  }
  return (
    <>
      <button type="button" class="button go" aria-disabled={sending.value} onClick={() => void ring()}>
        <Icon name={store.session.value.kind} />
        Continue with {readerName}
      </button>
      {failure.value && <Alert>{sayNotCharged(failure.value)}</Alert>}
      {paying.value && (
        <Dialog title="Add funds" className="funds" onClose={close}>
          <p class="hint">
            Your balance does not cover the first minute. The call starts as soon as you have paid.
          </p>
          <TopUp
            userId={store.me.id}
            rateCents={rateCents}
            readerName={readerName}
            onDone={done}
            onCancel={close}
          />
        </Dialog>
      )}
    </>
  )
}
