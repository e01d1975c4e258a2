import { type ListOf, PAGE_PARAMS, pageOf } from './book.ts'
import { type Card, cardNumbered, faceOf, TEST_METHODS } from './cards.ts'
import { badRequest, notThere } from './errors.ts'
import { allowOnly, below, type Form, required } from './form.ts'
import { newId, seconds } from './intent.ts'

export interface Customer {
  id: string
  object: 'customer'
  created: number
  livemode: false
  metadata: Record<string, string>
}

/** A card that a customer has saved, as Stripe shows it. */
export interface PaymentMethod {
  id: string
  object: 'payment_method'
  type: 'card'
  created: number
  customer: string | null
  card: { brand: string; last4: string; fingerprint: string; exp_month: number; exp_year: number }
  livemode: false
}

/** A saved card and the card behind it, which a page never sees. */
interface Kept {
  readonly method: PaymentMethod
  readonly card: Card
}

export interface Customers {
  create(form: Form): Customer
  mustExist(id: string): Customer
  /** Keeps a card for a customer; answers its id. */
  attach(customer: string, card: Card): PaymentMethod
  /** A card as it was once typed in, kept for nobody. */
  loose(card: Card): PaymentMethod
  cardsOf(id: string, form: Form): ListOf<PaymentMethod>
  detach(id: string, form: Form): PaymentMethod
  /** The card behind a saved one of this customer; throws Stripe's refusal where it is not saved there. */
  cardBehind(id: string, customer: string | null): Kept
  /** The bank changes its mind about a saved card. */
  replaceCard(id: string, card: Card): void
}

export function createCustomers({ now }: { now: () => Date }): Customers {
  const customers = new Map<string, Customer>()
  const kept = new Map<string, Kept>()

  const mustExist = (id: string): Customer => {
    const customer = customers.get(id)
    if (!customer) throw notThere('customer', id)
    return customer
  }

  const find = (id: string): Kept => {
    const found = kept.get(id)
    if (!found) throw notThere('payment_method', id)
    return found
  }

  const make = (card: Card, customer: string | null): PaymentMethod => {
    const { expiryMonth: exp_month, expiryYear: exp_year } = card
    const face = { ...faceOf(card), exp_month, exp_year }
    return {
      id: newId('pm'),
      object: 'payment_method',
      type: 'card',
      created: seconds(now()),
      customer,
      card: face,
      livemode: false,
    }
  }

  return {
    mustExist,
    loose: (card) => make(card, null),

    create(form) {
      allowOnly(form, ['metadata[*]'])
      const customer: Customer = {
        id: newId('cus'),
        object: 'customer',
        created: seconds(now()),
        livemode: false,
        metadata: below(form, 'metadata'),
      }
      customers.set(customer.id, customer)
      return customer
    },

    attach(customer, card) {
      const method = make(card, customer)
      kept.set(method.id, { method, card })
      return method
    },

    cardsOf(id, form) {
      allowOnly(form, ['type', ...PAGE_PARAMS])
      if (required(form, 'type') !== 'card') throw badRequest('Only cards.', 'parameter_invalid', 'type')
      mustExist(id)
      const mine = [...kept.values()].flatMap(({ method }) => (method.customer === id ? method : []))
      return pageOf(form, `/v1/customers/${id}/payment_methods`, mine)
    },

    detach(id, form) {
      allowOnly(form, [])
      const { method, card } = find(id)
      if (method.customer === null) throw badRequest('This card is attached to nobody.', 'parameter_invalid')
      const detached = { ...method, customer: null }
      kept.set(id, { method: detached, card })
      return detached
    },

    cardBehind(id, customer) {
      const number = TEST_METHODS[id]
      if (number !== undefined)
        return { method: make(cardNumbered(number), null), card: cardNumbered(number) }
      const found = find(id)
      if (customer !== null && found.method.customer === customer) return found
      throw badRequest('The card does not belong to this customer.', 'parameter_invalid', 'payment_method')
    },

    replaceCard(id, card) {
      kept.set(id, { ...find(id), card })
    },
  }
}
