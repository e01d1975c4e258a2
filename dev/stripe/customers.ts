/** Keeps the stand-in's customers and their saved cards. */

import { type Card, cardNumbered, TEST_METHODS } from './cards.ts'
import { badRequest, noSuch, notThere } from './errors.ts'
import { allowOnly, below, type Form, required } from './form.ts'
import {
  type Customer,
  type DeletedCustomer,
  type ListOf,
  newId,
  type PaymentMethod,
  seconds,
} from './objects.ts'
import { PAGE_PARAMS, pageOf } from './pagination.ts'
import { newPaymentMethod } from './payment-methods.ts'

/** A saved card and the card behind it, which a page never sees. */
interface Kept {
  readonly method: PaymentMethod
  readonly card: Card
}

export interface Customers {
  create(form: Form): Customer
  /** Finds a customer; of a deleted one there is nothing but its id. */
  find(id: string, form: Form): Customer | DeletedCustomer
  /** Deletes a customer for good, and detaches what it had saved. */
  delete(id: string): DeletedCustomer
  /** Throws Stripe's refusal of a parameter that names an unknown or deleted customer. */
  mustExist(id: string): void
  /** Keeps a card for a customer. */
  attach(customer: string, card: Card): PaymentMethod
  /** Returns a card as it was once typed in, saved to no customer. */
  loose(card: Card): PaymentMethod
  cardsOf(id: string, form: Form): ListOf<PaymentMethod>
  detach(id: string, form: Form): PaymentMethod
  /**
   * Returns the card behind a saved one of this customer; throws Stripe's refusal where it is not
   * saved there.
   */
  cardBehind(id: string, customer: string | null): Kept
  /** Gives a saved card another behaviour at the bank. */
  replaceCard(id: string, card: Card): void
}

export interface CustomersParts {
  now: () => Date
  onEvent: (type: 'customer.created' | 'customer.deleted', customer: Customer) => void
}

export function createCustomers({ now, onEvent }: CustomersParts): Customers {
  const customers = new Map<string, Customer>()
  const deleted = new Set<string>()
  const kept = new Map<string, Kept>()

  const isThere = (id: string): boolean => customers.has(id) && !deleted.has(id)

  const inPath = (id: string): Customer => {
    const customer = customers.get(id)
    if (customer && !deleted.has(id)) return customer
    throw notThere('customer', id)
  }

  const find = (id: string): Kept => {
    const found = kept.get(id)
    if (!found) throw notThere('payment_method', id)
    return found
  }

  const loose = (card: Card): PaymentMethod => newPaymentMethod(card, null, now())

  return {
    loose,

    mustExist(id) {
      if (!isThere(id)) throw noSuch('customer', id, 'customer')
    },

    create(form) {
      allowOnly(form, ['metadata[*]'])
      const customer = newCustomer(below(form, 'metadata'), now())
      customers.set(customer.id, customer)
      onEvent('customer.created', customer)
      return customer
    },

    find(id, form) {
      allowOnly(form, [])
      return deleted.has(id) ? gone(id) : inPath(id)
    },

    delete(id) {
      const customer = inPath(id)
      deleted.add(id)
      for (const { method, card } of kept.values()) {
        if (method.customer === id) kept.set(method.id, { method: { ...method, customer: null }, card })
      }
      onEvent('customer.deleted', customer)
      return gone(id)
    },

    attach(customer, card) {
      const method = newPaymentMethod(card, customer, now())
      kept.set(method.id, { method, card })
      return method
    },

    cardsOf(id, form) {
      allowOnly(form, ['type', ...PAGE_PARAMS])
      if (required(form, 'type') !== 'card') throw badRequest('Only cards.', 'parameter_invalid', 'type')
      inPath(id)
      const mine = [...kept.values()].flatMap(({ method }) => (method.customer === id ? method : []))
      return pageOf(form, `/v1/customers/${id}/payment_methods`, mine)
    },

    detach(id, form) {
      allowOnly(form, [])
      const { method, card } = find(id)
      if (method.customer === null)
        throw badRequest('This card is attached to no customer.', 'parameter_invalid')
      const detached = { ...method, customer: null }
      kept.set(id, { method: detached, card })
      return detached
    },

    cardBehind(id, customer) {
      const number = TEST_METHODS[id]
      if (number !== undefined) return { method: loose(cardNumbered(number)), card: cardNumbered(number) }
      const found = kept.get(id)
      if (!found) throw noSuch('PaymentMethod', id, 'payment_method')
      if (customer !== null && found.method.customer === customer) return found
      throw badRequest(
        `The customer does not have a payment method with the ID ${id}.`,
        'resource_missing',
        'payment_method',
      )
    },

    replaceCard(id, card) {
      kept.set(id, { ...find(id), card })
    },
  }
}

function gone(id: string): DeletedCustomer {
  return { id, object: 'customer', deleted: true }
}

function newCustomer(metadata: Record<string, string>, at: Date): Customer {
  return {
    id: newId('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created: seconds(at),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: null,
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata,
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  }
}
