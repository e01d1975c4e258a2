/** Words what the payment form says about money: what happened, what was taken, what to do. */
import { formatCents } from '../../shared/money.ts'
import type { CardView } from '../../shared/protocol/views.ts'
import type { Failure } from '../lib/http.ts'
import { sayNotCharged } from '../lib/messages.ts'
import type { StripeJsError } from './stripe-js.ts'
import type { Paid } from './top-up-pay.ts'

export const NO_FORM =
  'The card form could not be loaded. Nothing was taken. Check your connection and try again.'
/**
 * Used while it is unknown whether the card was charged: never a reason to say that nothing was
 * taken.
 */
export const UNSURE =
  'The payment could not be completed. Press the button again: you will not be charged twice.'

const DECLINES: Record<string, string> = {
  insufficient_funds:
    'This card does not have enough funds. Nothing was taken. Try a smaller amount or another card.',
  expired_card: 'This card has expired. Nothing was taken. Try another card.',
  test_mode_live_card:
    'This is a test payment: no real card works here, and nothing was taken. Use 4242 4242 4242 4242.',
  processing_error: 'Something went wrong at the bank. Nothing was taken. Try again in a minute.',
  payment_intent_authentication_failure:
    'Your bank could not confirm that it is you. Nothing was taken. Try again, or use another card.',
  incorrect_number: 'This card number is not valid. Nothing was taken. Check it and try again.',
  authentication_required:
    'Your bank wants to confirm that it is you, and could not. Nothing was taken. Try again, or use another card.',
  incorrect_cvc: 'The security code does not match this card. Nothing was taken. Check it and try again.',
}
const DECLINED = 'Your bank declined this card. Nothing was taken. Try another card or another amount.'
const UNFINISHED = 'The card details are incomplete. Check the number, the date and the code.'

/** Returns the result of pressing Pay, unless the money was added. */
export function sayPaid(paid: Exclude<Paid, { kind: 'added' }>): string {
  if (paid.kind === 'refused') return sayRefusal(paid.failure)
  if (paid.kind === 'declined') return sayDecline(paid.error)
  if (paid.kind === 'unsure') return UNSURE
  if (paid.kind === 'pending') {
    return 'Your payment is still being confirmed. We add it as soon as it clears: you do not need to pay again.'
  }
  return (
    'Your card was charged, but we could not be reached to add it. It will be added automatically. ' +
    'You can also press the button again: you will not be charged twice.'
  )
}

/** Returns a refusal; for these the server sends the amounts, or what there was too much of. */
function sayRefusal(failure: Failure): string {
  const { code, detail, retryAfterSeconds } = failure
  if (code === 'twin_payment' && detail) return detail
  if (code === 'rate_limited' && detail && retryAfterSeconds) {
    return `${detail} Try again in ${formatWait(retryAfterSeconds)}.`
  }
  return sayNotCharged(failure)
}

/**
 * Returns a wait in words, rounded up because an early retry is refused again: `3600` → `"1 hour"`,
 * `400` → `"7 minutes"`.
 */
function formatWait(seconds: number): string {
  const [amount, unit] = seconds > HOUR_S ? [seconds / HOUR_S, 'hour'] : [seconds / 60, 'minute']
  const whole = Math.ceil(amount)
  return `${whole} ${unit}${whole === 1 ? '' : 's'}`
}

const HOUR_S = 3_600

function sayDecline({ type, code, decline_code }: StripeJsError): string {
  const known = DECLINES[decline_code ?? ''] ?? DECLINES[code ?? '']
  if (known) return known
  if (type === 'card_error') return DECLINED
  return type === 'validation_error' ? UNFINISHED : UNSURE
}

/** Returns what an amount buys: `2000` at `250` with Mara → `"about 8 more minutes with Mara"`. */
export function sayMinutes(amountCents: number, rateCents: number, readerName: string | undefined): string {
  const minutes = Math.floor(amountCents / rateCents)
  const time =
    minutes < 1
      ? 'less than one more minute'
      : `about ${minutes} more ${minutes === 1 ? 'minute' : 'minutes'}`
  return readerName ? `${time} with ${readerName}` : time
}

/** Returns the same for a small tile: `"≈ 8 min"`. */
export function sayMinutesShort(amountCents: number, rateCents: number): string {
  const minutes = Math.floor(amountCents / rateCents)
  return minutes < 1 ? '< 1 min' : `≈ ${minutes} min`
}

/** Returns an amount without empty cents: `2000` → `"$20"`, `1250` → `"$12.50"`. */
export function sayAmount(amountCents: number): string {
  return formatCents(amountCents).replace(/\.00$/, '')
}

const BRANDS: Record<string, string> = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  amex: 'American Express',
  discover: 'Discover',
  diners: 'Diners Club',
  jcb: 'JCB',
  unionpay: 'UnionPay',
}

/** Returns a card's name: `"Visa ending in 4242"`. */
export function sayCard({ brand, last4 }: { brand: string; last4: string }): string {
  return `${BRANDS[brand] ?? 'Card'} ending in ${last4}`
}

/** Returns a card's expiry: `"Good until 12/34"`. */
export function sayExpiry({ expiryMonth, expiryYear }: CardView): string {
  return `Good until ${String(expiryMonth).padStart(2, '0')}/${String(expiryYear % 100).padStart(2, '0')}`
}
