/** One press of Pay, from the card form to the balance; knows no page. */
import type { TopUpView } from '../shared/protocol.ts'
import type { Answer, Failure } from './api.ts'
import type { Elements, StripeJs, StripeJsError } from './stripe-js.ts'
import type { Attempts } from './top-up-attempt.ts'
import type { TopUpServer } from './top-up-server.ts'

export type Paid =
  | { kind: 'added'; balanceCents: number }
  /** The bank has not said its last word. */
  | { kind: 'pending' }
  /** The card was charged, and our server could not be asked to add it: it will be added without the page. */
  | { kind: 'unconfirmed' }
  /** What was typed is no card yet, the bank said no, or the line broke: the same attempt goes on. */
  | { kind: 'declined'; error: StripeJsError }
  | { kind: 'refused'; failure: Failure }

export interface PayParts {
  userId: string
  amountCents: number
  stripe: StripeJs
  elements: Elements
  server: TopUpServer
  attempts: Attempts
}

/**
 * Checks the form, opens the payment, has Stripe charge the card and our server credit it. Pressed again after any
 * failure it goes on with the same payment, so that one attempt is charged once.
 */
export async function pay(parts: PayParts): Promise<Paid> {
  const { userId, stripe, elements, server, attempts } = parts
  const checked = await elements.submit()
  if (checked.error) return { kind: 'declined', error: checked.error }

  const opened = await open(parts)
  if (!opened.ok) return { kind: 'refused', failure: opened.failure }
  const { paymentIntentId, clientSecret, status, balanceCents } = opened.value
  if (status === 'succeeded') return added(attempts, balanceCents)

  const { error } = await stripe.confirmPayment({ elements, clientSecret, redirect: 'if_required' })
  if (error && isNo(error)) return { kind: 'declined', error }

  const credited = await server.confirm({ userId, paymentIntentId })
  if (credited.ok && credited.value.status === 'succeeded')
    return added(attempts, credited.value.balanceCents)
  if (error && !isUnderway(error)) return { kind: 'declined', error }
  return credited.ok ? { kind: 'pending' } : { kind: 'unconfirmed' }
}

/** The attempt's payment; a new attempt where the old one has come to its end. */
async function open(parts: PayParts): Promise<Answer<TopUpView>> {
  const first = await openOnce(parts)
  if (!isOver(first)) return first
  parts.attempts.finish()
  return openOnce(parts)
}

function openOnce({ userId, amountCents, server, attempts }: PayParts): Promise<Answer<TopUpView>> {
  return server.addFunds({ userId, amountCents, key: attempts.keyFor(userId, amountCents) })
}

function isOver(answer: Answer<TopUpView>): boolean {
  if (answer.ok) return answer.value.status === 'failed'
  return answer.failure.code === 'idempotency_mismatch' || answer.failure.code === 'not_found'
}

/** Whether an error says for certain that nothing was taken; after a lost line only Stripe's own record does. */
function isNo(error: StripeJsError): boolean {
  return (error.type === 'card_error' || error.type === 'validation_error') && !isUnderway(error)
}

/** Stripe refuses to charge a payment again that it has charged already, when only the answer was lost. */
function isUnderway({ payment_intent: payment }: StripeJsError): boolean {
  return payment?.status === 'succeeded' || payment?.status === 'processing'
}

function added(attempts: Attempts, balanceCents: number): Paid {
  attempts.finish()
  return { kind: 'added', balanceCents }
}
