/**
 * Lists the collections that the store keeps beside users, sessions and earnings, a declaration
 * each.
 */
import { checkMail, type Mail } from './mail.ts'
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

/**
 * Mails that are to be sent, and what became of those that were. A record never holds the token of
 * its link, and is removed thirty days after it is final.
 */
export const MAILS: TableDeclaration<Mail> = {
  name: 'mails',
  file: 'mail.json',
  key: 'id',
  owner: 'userId',
  indexes: ['status', 'to'],
  onlyGrows: false,
  personal: ['to', 'values', 'words'],
  check: checkMail,
}

/** All of them. */
export const TABLES: readonly AnyTable[] = [UNMATCHED_PAYMENTS, MAILS]
