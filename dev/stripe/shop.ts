/** Assembles the parts of one stand-in. */
import { type Balance, createBalance } from './balance.ts'
import { type Charges, createCharges } from './charges.ts'
import { type Customers, createCustomers } from './customers.ts'
import { createDisputes, type Disputes } from './disputes.ts'
import { badRequest, noSuch } from './errors.ts'
import { createIntents, type Intents } from './intents.ts'
import { createRefunds, type Refunds } from './refunds.ts'
import type { ReturnsParts } from './reversals.ts'

/** The state of one stand-in. */
export interface Shop {
  readonly balance: Balance
  readonly intents: Intents
  readonly charges: Charges
  readonly customers: Customers
  readonly refunds: Refunds
  readonly disputes: Disputes
}

export function createShop(parts: {
  now: () => Date
  onEvent: (type: string, object: object) => void
}): Shop {
  const balance = createBalance(parts)
  const charges = createCharges({ ...parts, balance })
  const customers = createCustomers(parts)
  const intents = createIntents({ ...parts, customers, charges })

  const paidIntent: ReturnsParts['paidIntent'] = (id) => {
    if (!intents.has(id)) throw noSuch('payment_intent', id, 'payment_intent')
    const intent = intents.find(id)
    const charge = charges.find(intent.latest_charge)
    if (intent.status === 'succeeded' && charge) return { intent, charge }
    throw badRequest('This payment has not succeeded.', 'payment_intent_unexpected_state', 'payment_intent')
  }

  const reversalParts = { ...parts, charges, balance, paidIntent }
  return {
    balance,
    intents,
    charges,
    customers,
    refunds: createRefunds(reversalParts),
    disputes: createDisputes(reversalParts),
  }
}
