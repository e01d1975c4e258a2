/** Moves what earlier builds kept in stray-payments.json into the table of unmatched payments. */
import { OperatorError } from '../../domain/errors.ts'
import { UNMATCHED_PAYMENTS } from '../../domain/tables.ts'
import type { UnmatchedPayment } from '../../domain/unmatched-payment.ts'
import type { Log, Store } from '../../engine/ports.ts'
import type { Disk } from './disk/disk.ts'
import { discard, readWhole } from './disk/files.ts'
import { isObject } from './journal/record.ts'

export const STRAYS_FILE = 'stray-payments.json'

/**
 * Moves the file's records and removes it once they are on disk. A build that is put back for a
 * while makes the file again, so it is looked for at every start. What cannot be moved stays where
 * it is, and is logged.
 */
export async function moveStrayPayments(disk: Disk, store: Pick<Store, 'commit'>, log: Log): Promise<void> {
  try {
    const text = (await readWhole(disk, STRAYS_FILE))?.toString('utf8')
    if (text === undefined) return
    const payments = parse(text)
    await store.commit((tx) => {
      const table = tx.table(UNMATCHED_PAYMENTS)
      for (const payment of payments) if (!table.get(payment.paymentIntentId)) table.put(payment)
    }, 'recovery')
  } catch (error) {
    log.error(
      { err: error, file: STRAYS_FILE },
      'these payments could not be moved; the next start tries again',
    )
    return
  }
  await discard(disk, STRAYS_FILE)
}

function parse(text: string): UnmatchedPayment[] {
  const found: unknown = JSON.parse(text)
  if (!Array.isArray(found) || !found.every(isPayment)) {
    throw new OperatorError(`${STRAYS_FILE} is no list of payments`)
  }
  return found
}

function isPayment(value: unknown): value is UnmatchedPayment {
  if (!isObject(value)) return false
  const { paymentIntentId, amountCents, currency, why, at, userId = '', topUpId = '' } = value
  const texts = [paymentIntentId, currency, why, userId, topUpId]
  return (
    texts.every((each) => typeof each === 'string') &&
    paymentIntentId !== '' &&
    Number.isSafeInteger(amountCents) &&
    typeof at === 'number'
  )
}
