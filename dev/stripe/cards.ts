/** Knows the test cards, and what a bank says to each. */
import { createHash } from 'node:crypto'
import { badRequest, StripeFault } from './errors.ts'
import { type Form, integer, required } from './form.ts'
import type { StripeError } from './objects.ts'

/**
 * A bank's response to a card, and when it requires 3-D Secure: never, always, or until the card is
 * saved.
 */
interface Manner {
  readonly authenticate: 'never' | 'always' | 'unless_saved'
  readonly decline?: Decline
}

export interface Card extends Manner {
  readonly number: string
  readonly expiryMonth: number
  readonly expiryYear: number
}

export type Decline = Pick<StripeError, 'code' | 'decline_code' | 'message'>

const DECLINED: Decline = {
  code: 'card_declined',
  decline_code: 'generic_decline',
  message: 'Your card was declined.',
}
const NO_FUNDS: Decline = {
  code: 'card_declined',
  decline_code: 'insufficient_funds',
  message: 'Your card has insufficient funds.',
}
const EXPIRED: Decline = { code: 'expired_card', message: 'Your card has expired.' }
const PROCESSING: Decline = {
  code: 'processing_error',
  message: 'An error occurred while processing your card. Try again in a little bit.',
}
const REAL_CARD: Decline = {
  code: 'card_declined',
  decline_code: 'test_mode_live_card',
  message: 'This is a test payment and takes test cards only, such as 4242 4242 4242 4242.',
}

/** Stripe's documented test cards that we know how to play. */
const MANNERS: Record<string, Manner> = {
  '4242424242424242': { authenticate: 'never' },
  '5555555555554444': { authenticate: 'never' },
  '378282246310005': { authenticate: 'never' },
  '6011111111111117': { authenticate: 'never' },
  '4000000000000002': { authenticate: 'never', decline: DECLINED },
  '4000000000009995': { authenticate: 'never', decline: NO_FUNDS },
  '4000000000000069': { authenticate: 'never', decline: EXPIRED },
  '4000000000000119': { authenticate: 'never', decline: PROCESSING },
  '4000002500003155': { authenticate: 'unless_saved' },
  '4000002760003184': { authenticate: 'always' },
  '4000008260003178': { authenticate: 'always', decline: NO_FUNDS },
}

const FIELD = 'payment_method_data[card]'
const CENTURY = 2000

/**
 * Returns the test card that a confirmation names; throws Stripe's refusal of what is no card at
 * all.
 */
export function cardOf(form: Form, now: Date): Card {
  const number = required(form, `${FIELD}[number]`).replace(/\s/g, '')
  if (!/^\d{12,19}$/.test(number) || !passesLuhn(number)) {
    throw cardFault('incorrect_number', 'Your card number is incorrect.', 'number')
  }
  const { expiryMonth, expiryYear } = expiryIn(form, now)
  if (!/^\d{3,4}$/.test(required(form, `${FIELD}[cvc]`))) {
    throw cardFault('invalid_cvc', "Your card's security code is invalid.", 'cvc')
  }
  return cardNumbered(number, { expiryMonth, expiryYear })
}

/** Returns a card by its number alone, as a bank knows it. */
export function cardNumbered(number: string, expiry = { expiryMonth: 12, expiryYear: 2_034 }): Card {
  const manner = MANNERS[number] ?? { authenticate: 'never' as const, decline: REAL_CARD }
  return { ...manner, ...expiry, number }
}

/** Stripe's names for test cards where no form is filled in. */
export const TEST_METHODS: Record<string, string> = {
  pm_card_visa: '4242424242424242',
  pm_card_mastercard: '5555555555554444',
  pm_card_chargeDeclined: '4000000000000002',
  pm_card_chargeDeclinedInsufficientFunds: '4000000000009995',
  pm_card_authenticationRequired: '4000002760003184',
}

const BRANDS: Record<string, string> = { 3: 'amex', 4: 'visa', 5: 'mastercard', 6: 'discover' }

/** Returns the public details of a card. */
export function faceOf({ number }: Card): { brand: string; last4: string; fingerprint: string } {
  const fingerprint = createHash('sha256').update(number).digest('hex').slice(0, 16)
  return { brand: BRANDS[number[0] ?? ''] ?? 'unknown', last4: number.slice(-4), fingerprint }
}

function expiryIn(form: Form, now: Date): { expiryMonth: number; expiryYear: number } {
  const month = integer(required(form, `${FIELD}[exp_month]`), `${FIELD}[exp_month]`)
  const year = integer(required(form, `${FIELD}[exp_year]`), `${FIELD}[exp_year]`)
  if (month < 1 || month > 12) {
    throw cardFault('invalid_expiry_month', "Your card's expiration month is invalid.", 'exp_month')
  }
  const fullYear = year < 100 ? CENTURY + year : year
  const past = new Date(Date.UTC(fullYear, month)) <= now
  if (past) throw cardFault('invalid_expiry_year', "Your card's expiration year is in the past.", 'exp_year')
  return { expiryMonth: month, expiryYear: fullYear }
}

/** Checks the last digit, which every card number carries for this. */
function passesLuhn(number: string): boolean {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

function cardFault(code: string, message: string, param: string): StripeFault {
  return new StripeFault(402, { type: 'card_error', code, message, param })
}

/** Refuses a payment method that is not a card typed into the form. */
export function mustBeCard(form: Form): void {
  if (form.get('payment_method_data[type]') !== 'card') {
    throw badRequest(
      'The stand-in takes payment_method_data[type]=card and nothing else.',
      'parameter_unknown',
      'payment_method_data[type]',
    )
  }
}
