/** The code that refunds and disputes share. */
import type { Balance } from './balance.ts'
import type { Charges } from './charges.ts'
import { allowOnly, type Form } from './form.ts'
import type { Charge, ListOf, PaymentIntent } from './objects.ts'
import { PAGE_PARAMS, pageOf } from './pagination.ts'

export interface ReturnsParts {
  now: () => Date
  charges: Charges
  balance: Balance
  /** Returns the payment and its charge; throws Stripe's refusal of one that was not paid. */
  paidIntent: (id: string) => { intent: PaymentIntent; charge: Charge }
  onEvent: (type: ReturnEvent, object: object) => void
}

export type ReturnEvent =
  | `refund.${'created' | 'failed' | 'updated'}`
  | `charge.${'refunded' | 'updated'}`
  | `charge.dispute.${'closed' | 'created' | 'funds_reinstated' | 'funds_withdrawn' | 'updated'}`

/** Returns a page of refunds or disputes, of one payment where the form names it. */
export function listOfPayment<T extends { id: string; created: number; payment_intent: string }>(
  form: Form,
  url: string,
  all: Iterable<T>,
): ListOf<T> {
  allowOnly(form, ['payment_intent', ...PAGE_PARAMS])
  const of = form.get('payment_intent')
  return pageOf(
    form,
    url,
    [...all].filter(({ payment_intent: intent }) => of === undefined || intent === of),
  )
}
