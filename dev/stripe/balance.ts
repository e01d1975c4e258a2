/** Converts amounts to the currency in which the account settles. */
import { type BalanceTransaction, newId, seconds } from './objects.ts'

/** A movement on the account's balance, in the currency of a payment. */
export interface Move {
  readonly amount: number
  readonly currency: string
  readonly type: BalanceTransaction['type']
  readonly category: string
  readonly source: string
  readonly description?: string
  readonly fee?: number
}

/** The balance of the account, in the one currency that it settles in. */
export interface Balance {
  add(move: Move): BalanceTransaction
  /**
   * Settles from now on in `currency`, of which one unit of a payment's currency is worth `rate`.
   */
  settlesIn(currency: string, rate: number | undefined): void
}

export function createBalance({ now }: { now: () => Date }): Balance {
  let settlement = { currency: 'usd', rate: 1 }
  return {
    settlesIn(currency, rate = 1) {
      settlement = { currency, rate }
    },

    add({ amount, currency: of, type, category, source, description, fee = 0 }) {
      const { currency, rate } = settlement
      const settled = Math.round(amount * rate)
      return {
        id: newId('txn'),
        object: 'balance_transaction',
        amount: settled,
        available_on: seconds(now()),
        balance_type: 'payments',
        created: seconds(now()),
        currency,
        description: description ?? null,
        exchange_rate: currency === of ? null : rate,
        fee,
        fee_details: fee === 0 ? [] : [feeDetail(fee, currency)],
        net: settled - fee,
        reporting_category: category,
        source,
        status: 'available',
        type,
      }
    },
  }
}

function feeDetail(amount: number, currency: string): BalanceTransaction['fee_details'][number] {
  return { amount, application: null, currency, description: 'Stripe processing fees', type: 'stripe_fee' }
}
