/** Decides whether a change that can wait is written now. */
import { Refusal } from '../../domain/errors.ts'
import { createJournalBudget } from './journal/budget.ts'
import type { Outcome } from './transaction.ts'

const LINE_BYTES = 64 // what a line has besides its fields
const ONLY_ESSENTIALS =
  'We cannot save anything new right now. Running sessions continue. Please try again in a few minutes.'

/**
 * Undoes the change where room is short or its account has had too many. Throws `storage_full`,
 * `rate_limited`.
 */
export type Admit = (change: Omit<Outcome<unknown>, 'answer'>, now: number) => void

/** Creates the check; without `dailyBytes` accounts have no limit. */
export function createAdmission(isShort: () => boolean, dailyBytes: number | undefined): Admit {
  const budget = dailyBytes === undefined ? undefined : createJournalBudget(dailyBytes)
  return ({ accountId, fields, undo }, now) => {
    try {
      if (isShort()) throw new Refusal('storage_full', ONLY_ESSENTIALS, { retryAfterSeconds: 60 })
      budget?.take(accountId, Buffer.byteLength(fields) + LINE_BYTES, now)
    } catch (error) {
      undo()
      throw error
    }
  }
}
