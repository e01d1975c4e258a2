/** Draws an automatic top-up that the bank wants the client to confirm. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { formatCents } from '../../shared/money.ts'
import type { PaymentActionView } from '../../shared/protocol/views.ts'
import { http } from '../lib/page.ts'
import type { BrowserSocket } from '../lib/socket.ts'
import { Alert } from '../ui/alert.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { payAction } from './top-up-action.ts'
import { createTopUpServer } from './top-up-server.ts'

interface PaymentActionProps {
  userId: string
  action: PaymentActionView
  onDone: () => void
}

/** Draws one button, which opens Stripe's dialog over the page. */
export function PaymentAction({ userId, action, onDone }: PaymentActionProps) {
  const busy = useSignal(false)
  const problem = useSignal('')
  const confirm = async () => {
    if (busy.value) return
    busy.value = true
    const said = await payAction({ userId, action, server: createTopUpServer(http) })
    busy.value = false
    problem.value = said ?? ''
    if (said === undefined) onDone()
  }
  return (
    <div class="payment-action">
      <p>
        Your bank wants to confirm the automatic top-up of <b>{formatCents(action.amountCents)}</b>. Nothing
        has been taken yet.
      </p>
      {problem.value && <Alert>{problem.value}</Alert>}
      <button type="button" class="button primary" aria-disabled={busy.value} onClick={() => void confirm()}>
        Confirm with your bank
      </button>
    </div>
  )
}

/**
 * Draws the same over a call, as soon as the server asks for it; when closed, it stays in the list
 * of payments.
 */
export function PaymentActionWindow({ userId, socket }: { userId: string; socket: BrowserSocket }) {
  const action = useSignal<PaymentActionView | undefined>(undefined)
  useEffect(() => {
    const take = (told: PaymentActionView) => {
      action.value = told
    }
    socket.on('payment:action', take)
    return () => void socket.off('payment:action', take)
  }, [socket])
  const close = () => {
    action.value = undefined
  }
  if (!action.value) return null
  return (
    <Dialog title="Confirm with your bank" className="over-call" onClose={close} closeLabel="Later">
      <PaymentAction userId={userId} action={action.value} onDone={close} />
    </Dialog>
  )
}
