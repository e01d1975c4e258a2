/** Continues a payment that waits for the client. */
import type { PaymentActionView } from '../../shared/protocol/views.ts'
import { loadStripe } from './stripe-js.ts'
import { NO_FORM, sayPaid, UNSURE } from './top-up-messages.ts'
import type { TopUpServer } from './top-up-server.ts'

/** Continues the payment; resolves with what to say, or undefined when the money has been added. */
export async function payAction(parts: {
  userId: string
  action: PaymentActionView
  server: TopUpServer
}): Promise<string | undefined> {
  const { userId, server } = parts
  const { clientSecret, cardId, paymentIntentId } = parts.action
  const settings = await server.settings()
  if (!settings.ok) return NO_FORM
  try {
    const stripe = await loadStripe(settings.value)
    const confirmParams = { payment_method: cardId }
    const { error } = await stripe.confirmPayment({ clientSecret, confirmParams, redirect: 'if_required' })
    const credited = await server.confirm({ userId, paymentIntentId })
    if (credited.ok && credited.value.status === 'succeeded') return undefined
    return sayPaid(error ? { kind: 'declined', error } : { kind: 'pending' })
  } catch (error) {
    console.error(error)
    return UNSURE
  }
}
