/** What the journal's entries come to, against what people and payments say of themselves. */
import { reversalTarget } from '../../domain/top-up.ts'
import { isClient } from '../../domain/user.ts'
import type { Memory } from './memory.ts'
import type { Fold } from './totals.ts'

/** By the entries alone: wallets, earnings, the house's share and what came in from outside, in cents. */
export type Totals = Readonly<Record<'wallets' | 'earnings' | 'house' | 'stripe' | 'goodwill', number>>

/** What users hold against the sum of their entries. */
export function balanceProblems(memory: Memory, fold: Fold, complete: boolean): string[] {
  if (!complete) return []
  const held = [...memory.users.values()].flatMap((user): [string, number][] =>
    isClient(user)
      ? [
          [`wallet:${user.id}`, user.balanceCents],
          [`debt:${user.id}`, 0 - (user.debtCents ?? 0)],
        ]
      : [[`earnings:${user.id}`, memory.earnings.get(user.id) ?? 0]],
  )
  const wrong = held.filter(([account, cents]) => (fold.accounts.get(account) ?? 0) !== cents)
  return wrong.map(
    ([account, cents]) =>
      `${account} holds ${cents}, but its entries sum to ${fold.accounts.get(account) ?? 0}`,
  )
}

/** [R1] [R4] What each payment's record says of it against its entries, and against what it says has gone back. */
export function paymentProblems(memory: Memory, { payments }: Fold, complete: boolean): string[] {
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

export function totalsOf(fold: Fold): Totals {
  const totals = { wallets: 0, earnings: 0, house: 0, stripe: 0, goodwill: 0 }
  for (const [account, cents] of fold.accounts) {
    if (account.startsWith('wallet:')) totals.wallets += cents
    else if (account.startsWith('earnings:')) totals.earnings += cents
    else if (account === 'house') totals.house += cents
    else if (account === 'goodwill') totals.goodwill -= cents
    else totals.stripe -= cents
  }
  return totals
}
