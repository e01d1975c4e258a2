/** Compares the totals of the journal's entries with what users and payments record. */
import { reversalTarget } from '../../domain/top-up.ts'
import { isClient } from '../../domain/user.ts'
import type { Memory } from './memory.ts'
import type { RunningTotals } from './totals.ts'

/**
 * Sums of the entries alone, in cents: wallets, earnings, the house's share and what came in from
 * outside.
 */
export type Totals = Readonly<Record<'wallets' | 'earnings' | 'house' | 'stripe' | 'goodwill', number>>

/** Returns where the balances of users differ from the sums of their entries. */
export function balanceProblems(memory: Memory, running: RunningTotals, complete: boolean): string[] {
  if (!complete) return []
  const held = [...memory.users.values()].flatMap((user): [string, number][] =>
    isClient(user)
      ? [
          [`wallet:${user.id}`, user.balanceCents],
          [`debt:${user.id}`, 0 - (user.debtCents ?? 0)],
        ]
      : [[`earnings:${user.id}`, memory.earnings.get(user.id) ?? 0]],
  )
  const wrong = held.filter(([account, cents]) => (running.accounts.get(account) ?? 0) !== cents)
  return wrong.map(
    ([account, cents]) =>
      `${account} holds ${cents}, but its entries sum to ${running.accounts.get(account) ?? 0}`,
  )
}

/**
 * [R1] [R4] Returns where a payment's record differs from its entries, or from what it says was
 * reversed.
 */
export function paymentProblems(memory: Memory, { payments }: RunningTotals, complete: boolean): string[] {
  if (!complete) return []
  const paid = [...memory.users.values()].flatMap((user) =>
    isClient(user) ? user.topUps.filter(({ status }) => status === 'succeeded') : [],
  )
  return paid.flatMap((topUp) => {
    const { paymentIntentId = '', amountCents, reversedCents = 0 } = topUp
    const moved = payments.get(paymentIntentId) ?? 0
    const left = amountCents - reversedCents
    const target = reversalTarget(topUp)
    const problems = [
      ...(moved === left ? [] : [`its entries come to ${moved} cents, but its record says ${left}`]),
      ...(target === reversedCents ? [] : [`${reversedCents} cents of it are out, and ${target} should be`]),
    ]
    return problems.map((problem) => `payment ${paymentIntentId}: ${problem}`)
  })
}

export function totalsOf(running: RunningTotals): Totals {
  const totals = { wallets: 0, earnings: 0, house: 0, stripe: 0, goodwill: 0 }
  for (const [account, cents] of running.accounts) {
    if (account.startsWith('wallet:')) totals.wallets += cents
    else if (account.startsWith('earnings:')) totals.earnings += cents
    else if (account === 'house') totals.house += cents
    else if (account === 'goodwill') totals.goodwill -= cents
    else totals.stripe -= cents
  }
  return totals
}
