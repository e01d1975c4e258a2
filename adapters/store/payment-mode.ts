/**
 * Keeps test money from becoming real money: a folder that holds payments opens only in the mode
 * that took them.
 */
import { isClient } from '../../domain/user.ts'
import type { PaymentMode } from './journal/record.ts'
import { UnsafeData } from './journal/scan.ts'
import type { Memory } from './memory.ts'

const WORDS: Record<PaymentMode, string> = {
  embedded: 'the Stripe stand-in of development',
  test: "Stripe's test keys",
  live: "Stripe's live keys",
}

/**
 * Checks that a folder last opened in the mode `kept` may be opened in the mode `wanted`. A folder
 * without a payment may change its mode. Throws {@link UnsafeData}.
 */
export function checkPaymentMode(
  memory: Memory,
  folder: string,
  kept: PaymentMode | undefined,
  wanted: PaymentMode | undefined,
): void {
  if (kept === undefined || wanted === undefined || kept === wanted || !holdsPayments(memory)) return
  throw new UnsafeData(
    `${folder} holds payments made through ${WORDS[kept]}, but the settings name ${WORDS[wanted]}. ` +
      'Money of one must not be spent as money of the other. Set DATA_DIR to a folder of its own for these keys, ' +
      'or start with the keys that took the payments. Nothing was changed.',
  )
}

function holdsPayments({ users }: Memory): boolean {
  for (const user of users.values()) {
    if (isClient(user) && user.topUps.some(({ status }) => status === 'succeeded')) return true
  }
  return false
}
