/**
 * Adds up the journal's entries independently, trusting none of the sums that are recorded beside
 * them.
 */
import type { EndedSession } from '../../domain/session.ts'
import type { JournalRecord, MoneyLeg } from './journal/record.ts'

export interface BookedLeg {
  readonly seq: number
  readonly at: number
  readonly key: string
  readonly account: string
  readonly cents: number
  readonly after: number
}

/** The other side of what came to clients: what they were given, and the world outside. */
const MAY_OWE = new Set(['stripe', 'goodwill'])

export interface RunningTotals {
  /** Cents that every account holds by its entries alone. */
  readonly accounts: ReadonlyMap<string, number>
  /** Cents of each payment at Stripe that are in by its entries alone. */
  readonly payments: ReadonlyMap<string, number>
  /** Adds a record; returns what is wrong with it, and calls `onLeg` for every leg. */
  add(record: JournalRecord, onLeg?: (leg: BookedLeg) => void): string[]
}

/**
 * Creates the totals. `fromStart` is false when the journal's beginning is missing: an account then
 * starts with what it first had.
 */
export function createRunningTotals(fromStart: boolean): RunningTotals {
  const accounts = new Map<string, number>()
  const payments = new Map<string, number>()
  const keys = new Set<string>()
  const charged = new Map<string, { charged: number; earned: number; keys: string[] }>()

  function leg(
    record: JournalRecord,
    key: string,
    [account, cents, after]: MoneyLeg,
  ): { problems: string[]; held: number } {
    const before = accounts.get(account) ?? (fromStart || after === undefined ? 0 : after - cents)
    const held = before + cents
    accounts.set(account, held)
    const problems: string[] = []
    if (!Number.isSafeInteger(cents)) problems.push(`${key} moves ${cents} cents`)
    if (after !== undefined && after !== held) {
      problems.push(`${account} holds ${held} by its entries, but record ${record.seq} says ${after}`)
    }
    if (account.startsWith('debt:') ? held > 0 : held < 0 && !MAY_OWE.has(account))
      problems.push(`${account} comes to ${held} in record ${record.seq}`)
    return { problems, held }
  }

  function noteCharge(key: string, legs: readonly MoneyLeg[]): void {
    const id = /^charge:(.+):[^:]*$/.exec(key)?.[1]
    if (id === undefined) return
    const sums = charged.get(id) ?? { charged: 0, earned: 0, keys: [] }
    for (const [account, cents] of legs) {
      if (account.startsWith('wallet:')) sums.charged -= cents
      if (account.startsWith('earnings:')) sums.earned += cents
    }
    sums.keys.push(key)
    charged.set(id, sums)
  }

  function notePayment(key: string, legs: readonly MoneyLeg[]): void {
    const id = /^(?:topup|reversal):([^:]+)/.exec(key)?.[1]
    if (id === undefined) return
    const left = legs.reduce((sum, [account, cents]) => sum + (account === 'stripe' ? cents : 0), 0)
    payments.set(id, (payments.get(id) ?? 0) - left)
  }

  function ended(session: EndedSession): string[] {
    const sums = charged.get(session.id) ?? { charged: 0, earned: 0, keys: [] }
    charged.delete(session.id)
    // A session that is over is charged no more, and keys by the million would fill the memory.
    for (const key of sums.keys) keys.delete(key)
    return sessionProblems(session, sums, fromStart)
  }

  return {
    accounts,
    payments,
    add: (record, onLeg) => {
      const problems: string[] = []
      for (const [key, ...legs] of record.money ?? []) {
        if (keys.has(key)) problems.push(`${key} is booked twice, the second time in record ${record.seq}`)
        keys.add(key)
        const sum = legs.reduce((total, [, cents]) => total + cents, 0)
        if (sum !== 0) problems.push(`the legs of ${key} in record ${record.seq} sum to ${sum}`)
        for (const each of legs) {
          const { problems: found, held } = leg(record, key, each)
          problems.push(...found)
          onLeg?.({ seq: record.seq, at: record.at, key, account: each[0], cents: each[1], after: held })
        }
        noteCharge(key, legs)
        notePayment(key, legs)
      }
      for (const session of record.ended ?? []) problems.push(...ended(session))
      return problems
    },
  }
}

/** Returns where a session's record differs from its charges and from its entries. */
function sessionProblems(
  session: EndedSession,
  sums: { charged: number; earned: number },
  complete: boolean,
): string[] {
  const { id, chargedCents, earnedCents, billedMs, durationSeconds, charges } = session
  const listed = charges.reduce((total, charge) => total + charge.cents, 0)
  const checks: [boolean, string][] = [
    [listed === chargedCents, `its charges sum to ${listed}, not ${chargedCents}`],
    [!complete || sums.charged === chargedCents, `its entries took ${sums.charged}, not ${chargedCents}`],
    [
      !complete || sums.earned === earnedCents,
      `its entries gave the reader ${sums.earned}, not ${earnedCents}`,
    ],
    [earnedCents <= chargedCents, `the reader earned ${earnedCents} of ${chargedCents}`],
    [durationSeconds === Math.floor(billedMs / 1000), `${billedMs} ms are not ${durationSeconds} seconds`],
    [charges.every((charge) => charge.billedMs <= billedMs), `a charge lies beyond its ${billedMs} ms`],
  ]
  return checks.filter(([holds]) => !holds).map(([, problem]) => `session ${id}: ${problem}`)
}
