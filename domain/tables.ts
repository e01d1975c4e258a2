/** The collections that the store keeps beside users, sessions and earnings: a declaration each, and nothing else. */
import type { AnyTable, TableDeclaration } from './table.ts'
import type { UnmatchedPayment } from './unmatched-payment.ts'

/** Each payment is written down once, for the operator to sort out. It names no person but by an id. */
export const UNMATCHED_PAYMENTS: TableDeclaration<UnmatchedPayment> = {
  name: 'unmatchedPayments',
  file: 'unmatched-payments.json',
  key: 'paymentIntentId',
  owner: 'userId',
  indexes: [],
  onlyGrows: true,
  personal: [],
  check: ({ amountCents }) => (Number.isSafeInteger(amountCents) ? undefined : 'it is not in whole cents'),
}

/** All of them. */
export const TABLES: readonly AnyTable[] = [UNMATCHED_PAYMENTS]
