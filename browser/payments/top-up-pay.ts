/** Carries out one press of Pay, from the card to the balance, without any page element. */
import type { OpenedTopUpView } from '../../shared/protocol/views.ts'
import type { Answer, Failure } from '../lib/http.ts'
import type { Elements, StripeJs, StripeJsError } from './stripe-js.ts'
import type { Attempts } from './top-up-attempt.ts'
import type { TopUpServer } from './top-up-server.ts'

export type Paid =
  | { kind: 'added'; balanceCents: number; paymentIntentId: string }
  /** The bank has not decided yet. */
  | { kind: 'pending' }
  /**
   * The card was charged, but our server could not be asked to add the money: it will be added
   * without the page.
   */
  | { kind: 'unconfirmed' }
  /**
   * The typed card is incomplete, the bank declined, or the network failed: the same attempt
   * continues.
   */
  | { kind: 'declined'; error: StripeJsError }
  | { kind: 'refused'; failure: Failure }
  /** Our server was asked to charge a saved card, and what came of it is unknown. */
  | { kind: 'unsure' }

interface Wish {
  userId: string
  amountCents: number
  server: TopUpServer
  attempts: Attempts
  /** Pay although the same amount is under way elsewhere. */
  again?: boolean
}

export interface PayParts extends Wish {
  stripe: StripeJs
  elements: Elements
  saveCard?: boolean
}

export interface PaySavedParts extends Wish {
  cardId: string
  /** Loads Stripe.js, which is needed only where the bank has a question. */
  stripe: () => Promise<StripeJs>
}

/**
 * Checks the form, opens the payment, has Stripe charge the card and our server credit it. Pressed
 * again after any failure it continues the same payment, so that one attempt is charged once.
 */
export async function pay(parts: PayParts): Promise<Paid> {
  const { stripe, elements, saveCard = false } = parts
  const checked = await elements.submit()
  if (checked.error) return { kind: 'declined', error: checked.error }

  const opened = await open(parts, saveCard ? { saveCard: true } : {})
  if (!opened.ok) return { kind: 'refused', failure: opened.failure }
  const { clientSecret, status, balanceCents } = opened.value
  const { paymentIntentId } = opened.value
  if (status === 'succeeded') return added(parts.attempts, { balanceCents, paymentIntentId })

  const { error } = await stripe.confirmPayment({ elements, clientSecret, redirect: 'if_required' })
  return conclude(parts, paymentIntentId, error)
}

/** The failures after which a saved card may have been charged all the same: a response was lost. */
const LEAVES_OPEN: readonly Failure['code'][] = ['offline', 'internal', 'payment_unavailable']

/**
 * Has our server charge the saved card; the page is needed only where the bank asks for the client.
 */
export async function paySaved(parts: PaySavedParts): Promise<Paid> {
  const { cardId, attempts } = parts
  const opened = await open(parts, { cardId })
  if (!opened.ok && LEAVES_OPEN.includes(opened.failure.code)) return { kind: 'unsure' }
  if (!opened.ok) return { kind: 'refused', failure: opened.failure }
  const { clientSecret, status, balanceCents, paymentIntentId, declined, needsPerson } = opened.value
  if (status === 'succeeded') return added(attempts, { balanceCents, paymentIntentId })
  if (declined !== undefined) {
    // Another press is another try: Stripe would only repeat this result.
    attempts.finish()
    return { kind: 'declined', error: { type: 'card_error', code: declined, decline_code: declined } }
  }
  if (!needsPerson) return { kind: 'pending' }
  const { error } = await (await parts.stripe()).handleNextAction({ clientSecret })
  const paid = await conclude(parts, paymentIntentId, error)
  if (paid.kind === 'declined') attempts.finish()
  return paid
}

/**
 * Has our server ask Stripe for the payment's status, unless Stripe.js knows for certain that
 * nothing was taken.
 */
async function conclude(
  { userId, server, attempts }: Wish,
  paymentIntentId: string,
  error: StripeJsError | undefined,
): Promise<Paid> {
  if (error && isNo(error)) return { kind: 'declined', error }
  const credited = await server.confirm({ userId, paymentIntentId })
  if (credited.ok && credited.value.status === 'succeeded')
    return added(attempts, { balanceCents: credited.value.balanceCents, paymentIntentId })
  if (error && !isUnderway(error)) return { kind: 'declined', error }
  return credited.ok ? { kind: 'pending' } : { kind: 'unconfirmed' }
}

type Way = { saveCard?: true; cardId?: string }

/** Opens the attempt's payment; starts a new attempt where the old one has ended. */
async function open(parts: Wish, way: Way): Promise<Answer<OpenedTopUpView>> {
  const { attempts, userId, amountCents } = parts
  attempts.keyFor(userId, amountCents, nameOf(way))
  const wasLeft = attempts.isOld()
  const first = await openOnce(parts, way)
  if (!isOver(first, wasLeft)) return first
  attempts.finish()
  return openOnce(parts, way)
}

function openOnce(parts: Wish, way: Way): Promise<Answer<OpenedTopUpView>> {
  const { userId, amountCents, server, attempts, again = false } = parts
  const key = attempts.keyFor(userId, amountCents, nameOf(way))
  return server.addFunds({ userId, amountCents, key, again, ...way })
}

function nameOf({ cardId, saveCard }: Way): string {
  return cardId ?? (saveCard ? 'save' : '')
}

function isOver(answer: Answer<OpenedTopUpView>, wasLeft: boolean): boolean {
  if (!answer.ok) return answer.failure.code === 'idempotency_mismatch' || answer.failure.code === 'not_found'
  return answer.value.status === 'failed' || (wasLeft && answer.value.status === 'succeeded')
}

/**
 * Says whether an error proves that nothing was taken; after a network failure only Stripe's own
 * record does.
 */
function isNo(error: StripeJsError): boolean {
  return (error.type === 'card_error' || error.type === 'validation_error') && !isUnderway(error)
}

/**
 * Says whether Stripe refused to charge a payment that it has charged already, when only the
 * response was lost.
 */
function isUnderway({ payment_intent: payment }: StripeJsError): boolean {
  return payment?.status === 'succeeded' || payment?.status === 'processing'
}

function added(attempts: Attempts, what: { balanceCents: number; paymentIntentId: string }): Paid {
  attempts.finish()
  return { kind: 'added', ...what }
}
