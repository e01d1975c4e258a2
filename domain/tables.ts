/**
 * Lists the collections that the store keeps beside users, sessions and earnings, a declaration
 * each.
 */
import type { AnyTable, TableDeclaration } from './table.ts'
import type { UnmatchedPayment } from './unmatched-payment.ts'

/**
 * Payments that belong to no top-up of ours, each recorded once for the operator to resolve. The
 * record holds no personal data but an id.
 */
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
