import { type Charges, createCharges } from './charges.ts'
import { type Customers, createCustomers } from './customers.ts'
import { createIntents, type Intents } from './intents.ts'
import { createReturns, type Returns } from './returns.ts'

/** Everything that one stand-in knows. */
export interface Shop {
  readonly intents: Intents
  readonly charges: Charges
  readonly customers: Customers
  readonly returns: Returns
}

export function createShop(parts: {
  now: () => Date
  onEvent: (type: string, object: object) => void
}): Shop {
  const charges = createCharges()
  const customers = createCustomers(parts)
  const intents = createIntents({ ...parts, customers, charges })
  const returns = createReturns({ ...parts, charges, findIntent: intents.find })
  return { intents, charges, customers, returns }
}
