/**
 * Lists deliberate bugs. Each takes the place of one part of the real thing, and every one must be
 * found by the simulation.
 */
import type { OpenStore } from '../../adapters/store/store.ts'
import type * as billing from '../../domain/billing.ts'
import { entry } from '../../domain/ledger.ts'
import type * as session from '../../domain/session.ts'
import type * as spending from '../../domain/spending.ts'
import type * as topUps from '../../domain/top-up.ts'
import type { createAct, TellingTx } from '../../engine/commit.ts'
import type { EngineEvent } from '../../engine/events.ts'
import type { createApplyPayment } from '../../engine/payments/apply-payment.ts'
import type { createRefunds } from '../../engine/payments/refunds.ts'
import type { Tx } from '../../engine/ports.ts'
import type { Charging, ChargingParts, createCharging } from '../../engine/sessions/charging.ts'
import { cents } from '../../shared/money.ts'
import type { Rule } from './auditor/findings.ts'
import type { Course } from './simulation.ts'

/** Returns the function that takes the place of the real one. */
export type Instead<F> = (real: F) => F

/** The functions that a bug replaces; everything else stays real. */
export interface Plant {
  readonly settle?: Instead<typeof billing.settle>
  readonly nextWake?: Instead<typeof billing.nextWake>
  readonly pause?: Instead<typeof session.pause>
  readonly resume?: Instead<typeof session.resume>
  readonly fundsFor?: Instead<typeof spending.fundsFor>
  readonly mayBeFree?: Instead<typeof spending.mayBeFree>
  readonly changeDailyLimit?: Instead<typeof spending.changeDailyLimit>
  readonly noteSpending?: Instead<typeof spending.noteSpending>
  readonly nextTurn?: Instead<typeof spending.nextTurn>
  readonly reversalTarget?: Instead<typeof topUps.reversalTarget>
  readonly createCharging?: Instead<typeof createCharging>
  readonly createAct?: Instead<typeof createAct>
  readonly createApplyPayment?: Instead<typeof createApplyPayment>
  readonly createRefunds?: Instead<typeof createRefunds>
  readonly store?: Instead<OpenStore>
}

export interface Bug {
  readonly name: string
  /** The rule by whose name it must be found; others may be broken along with it. */
  readonly breaks: Rule
  /** The seed to try first, where none of the first two shows it: a hint, which may grow old. */
  readonly shownBy?: number
  /** The settings that make it show sooner. */
  readonly often?: Course['often']
  /** The operator's settings, where the bug depends on them. */
  readonly settings?: Course['settings']
  /** Creates a new one for each run, as some bugs have memory. */
  readonly plant: () => Plant
}

/** The bug that is in force. */
export const planted: { bug: Plant } = { bug: {} }

/** Returns `real`, or the function that the active bug puts in its place. */
export function orPlanted<F>(real: F, instead: Instead<F> | undefined): F {
  return instead ? instead(real) : real
}

export const chargingWith = (change: (real: Charging) => Partial<Charging>): Plant => ({
  createCharging:
    (real) =>
    (...parts) => {
      const made = real(...parts)
      return { ...made, ...change(made) }
    },
})

export const inEachCommit = (change: (tx: Tx) => Partial<Tx>): Plant => ({
  store: (real) => ({
    ...real,
    commit: (decide) =>
      real.commit(((tx: Tx) =>
        decide(Object.create(tx, Object.getOwnPropertyDescriptors(change(tx))))) as never),
  }),
})

const withoutSilence = (parts: ChargingParts): ChargingParts => ({
  ...parts,
  evidence: { ...parts.evidence, silence: () => undefined },
})

/** Adds one more cent, or a whole rate, to a charge. */
function withMore<S extends session.StartedSession>(
  done: billing.Settlement<S>,
  more: number,
  { intervalMs }: billing.Terms,
): billing.Settlement<S> {
  const { chargedCents, earnedCents, billedMs, charges } = done.session
  const minute = Math.max(1, Math.ceil(billedMs / intervalMs))
  const charge = { minute, billedMs, cents: more, at: 0 }
  const step = {
    charge,
    chargedCents: cents(chargedCents + more),
    earnedCents: cents(earnedCents + more),
    readerCents: cents(more),
    spendableCents: cents(done.spendableCents - more),
  }
  return {
    ...done,
    steps: [...done.steps, step],
    spendableCents: step.spendableCents,
    session: {
      ...done.session,
      chargedCents: step.chargedCents,
      earnedCents: step.earnedCents,
      charges: [...charges, charge],
    },
  }
}

const NOBODY_PROMPTED = { funds: false, minute: false }

export const BUGS: readonly Bug[] = [
  {
    name: 'an end posts the last charge once more',
    breaks: 'S6',
    plant: () =>
      chargingWith((real) => ({
        end(tx, open, reason) {
          const ended = real.end(tx, open, reason)
          const client = tx.user(open.clientId)
          const again = ended.charges.at(-1)?.cents ?? 0
          if (again === 0 || client?.role !== 'client' || client.balanceCents < again) return ended
          const to = [{ account: `earnings:${open.readerId}`, cents: cents(again) }] as const
          tx.post(entry(`charge:${open.id}:end`, `wallet:${open.clientId}`, cents(again), to))
          return ended
        },
      })),
  },
  {
    name: 'a payment is credited once for each message about it',
    breaks: 'L1',
    plant: () => ({
      createApplyPayment: (real) => (parts) => {
        const settle = real(parts)
        let deliveries = 0
        return async (payment, ownerId = payment.userId) => {
          const before = await settle({ ...payment, status: 'pending' }, ownerId)
          const outcome = await settle(payment, ownerId)
          if (before.kind !== 'known' || before.status !== 'succeeded') return outcome
          deliveries += 1
          const amount = cents(payment.amountReceivedCents)
          await parts.act((tx) =>
            tx.post(
              entry(`topup:${payment.id}:${deliveries}`, 'stripe', amount, [
                { account: `wallet:${ownerId}`, cents: amount },
              ]),
            ),
          )
          return outcome
        }
      },
    }),
  },
  {
    name: 'amounts are rounded to the nearest cent',
    breaks: 'S1',
    plant: () => ({
      settle: (real) => (open, to, spendable, how, terms) => {
        const done = real(open, to, spendable, how, terms)
        const rounded = Math.round((open.rateCents * done.session.billedMs) / terms.intervalMs)
        const short = done.steps.length > 0 && done.spendableCents > 0 && rounded > done.session.chargedCents
        return short ? withMore(done, 1, terms) : done
      },
    }),
  },
  {
    name: 'a minute is charged and the meter does not note where it stands',
    breaks: 'S4',
    plant: () => {
      const marks = new Map<string, { billedMs: number; settledAt: number }>()
      return {
        settle: (real) => (open, to, spendable, how, terms) => {
          const done = real(open, to, spendable, how, terms)
          if (how !== 'tick' || done.ranDry || open.status !== 'live') return done
          const { billedMs } = done.session
          marks.set(open.id, { billedMs, settledAt: open.settledAt + billedMs - open.billedMs })
          return { ...done, session: { ...done.session, billedMs: open.billedMs, settledAt: open.settledAt } }
        },
        nextWake: (real) => (live, funds, terms) => real({ ...live, ...marks.get(live.id) }, funds, terms),
      }
    },
  },
  {
    name: 'each wake-up of the meter charges a minute',
    breaks: 'S1',
    shownBy: 12,
    plant: () => ({
      settle: (real) => (open, to, spendable, how, terms) => {
        const done = real(open, to, spendable, how, terms)
        const wokeForLess = how === 'tick' && done.steps.length === 0 && done.spendableCents >= open.rateCents
        return wokeForLess ? withMore(done, open.rateCents, terms) : done
      },
    }),
  },
  {
    name: 'the unfinished minute of a session that was hung up is free',
    breaks: 'S1',
    plant: () => ({
      settle: (real) => (open, to, spendable, how, terms) =>
        real(open, to, spendable, how === 'hangup' ? 'tick' : how, terms),
    }),
  },
  {
    name: 'a reader can be rung who is in a session already',
    breaks: 'S8',
    shownBy: 3,
    often: { ring: 16 },
    plant: () =>
      inEachCommit((tx) => ({
        openSessionOf: (userId) =>
          tx.user(userId)?.role === 'reader' ? undefined : tx.openSessionOf(userId),
      })),
  },
  {
    name: 'the time in which the server was gone is billed',
    breaks: 'S10',
    plant: () =>
      chargingWith((real) => ({
        pause: (tx, live, lastGoodAt, cause) =>
          real.pause(tx, live, cause === 'server_stopped' ? tx.now : lastGoodAt, cause),
      })),
  },
  {
    name: 'after a crash only whole minutes count',
    breaks: 'S10',
    plant: () =>
      chargingWith((real) => ({
        pause: (tx, live, lastGoodAt, cause) =>
          real.pause(tx, live, cause === 'server_stopped' ? live.settledAt : lastGoodAt, cause),
      })),
  },
  {
    name: 'the time of a pause is billed',
    breaks: 'S9',
    plant: () => ({
      resume: (real) => (paused, at) => ({ ...real(paused, at), settledAt: paused.pausedAt }),
    }),
  },
  {
    name: 'a connection may be lost any number of times',
    breaks: 'B17',
    often: { interrupt: 30, connect: 30 },
    settings: { maxInterruptions: 3 },
    plant: () => ({
      createCharging: (real) => (parts) => real({ ...parts, maxInterruptions: Infinity }),
    }),
  },
  {
    name: 'a short pause is counted, and its time is left out',
    breaks: 'S15',
    often: { interrupt: 30, connect: 30, wait: 20 },
    settings: { maxInterruptions: 300 },
    plant: () => ({
      resume: (real) => (paused, at) => {
        const live = real(paused, at)
        const [before, last] = [paused.pauses.at(-2), live.pauses.at(-1)]
        if (!before || !last || live.pauses.length === paused.pauses.length) return live
        return { ...live, pauses: [...live.pauses.slice(0, -1), { ...last, to: before.to ?? at }] }
      },
    }),
  },
  {
    name: 'a pause takes back a minute that has been charged',
    breaks: 'S4',
    shownBy: 4,
    often: { fallSilent: 8, toTheMark: 12 },
    plant: () => ({
      settle: (real) => (open, to, spendable, how, terms) => {
        const done = real(open, to, spendable, how, terms)
        if (how !== 'partial' || open.status !== 'live' || to >= open.settledAt) return done
        const billedMs = Math.max(0, open.billedMs - (open.settledAt - to))
        return { ...done, session: { ...done.session, billedMs } }
      },
    }),
  },
  {
    name: 'a silence is billed until it is noticed',
    breaks: 'S7',
    shownBy: 10,
    plant: () => ({
      createCharging: (real) => (parts) => {
        const deaf = real(withoutSilence(parts))
        return { ...deaf, pause: (tx, live, _, cause) => deaf.pause(tx, live, tx.now, cause) }
      },
    }),
  },
  {
    name: 'a server that was held up bills what it did not hear',
    breaks: 'S7',
    shownBy: 12,
    often: { heldUp: 10, gather: 24, toTheMark: 16, fund: 12 },
    plant: () => ({ createCharging: (real) => (parts) => real(withoutSilence(parts)) }),
  },
  {
    name: 'a late timer bills past the end of the money',
    breaks: 'S5',
    shownBy: 30,
    often: { heldUp: 10, gather: 24, toTheMark: 30, fund: 3 },
    plant: () => ({
      settle: (real) => (open, to, spendable, how, terms) => {
        const done = real(open, to, spendable, how, terms)
        if (!done.ranDry || open.status !== 'live') return done
        const billedMs = Math.max(done.session.billedMs, open.billedMs + to - open.settledAt)
        return { ...done, session: { ...done.session, billedMs } }
      },
    }),
  },
  {
    name: 'a top-up does not move the end of the money',
    breaks: 'S5',
    often: { fund: 24, gather: 16, toTheMark: 14 },
    plant: () => {
      const budgets = new Map<string, number>()
      return {
        settle: (real) => (open, to, spendable, how, terms) => {
          const budget = budgets.get(open.id) ?? open.chargedCents + spendable
          budgets.set(open.id, budget)
          const left = Math.max(0, Math.min(spendable, budget - open.chargedCents))
          return real(open, to, cents(left), how, terms)
        },
      }
    },
  },
  {
    name: 'a prompt comes again after a restart',
    breaks: 'S11',
    shownBy: 4,
    often: { stop: 8, toTheMark: 14, connect: 16 },
    plant: () => ({
      pause: (real) => (live, cause, at) => {
        const paused = real(live, cause, at)
        return cause === 'server_stopped' ? { ...paused, prompted: NOBODY_PROMPTED } : paused
      },
    }),
  },
  {
    name: 'what happened is announced before it is on disk',
    breaks: 'A1',
    often: { end: 8, ring: 12, answer: 12 },
    plant: () => ({
      createAct: (real) => (parts) => {
        const heard: EngineEvent[] = []
        const act = real({ ...parts, announce: () => undefined })
        return (decide) => {
          const done = act(((tx: TellingTx) =>
            decide(
              Object.assign(Object.create(tx), { tell: (event: EngineEvent) => heard.push(event) }),
            )) as typeof decide)
          for (const event of heard.splice(0)) parts.announce(event)
          return done
        }
      },
    }),
  },
  {
    name: 'a new share of the platform’s holds for the session that runs',
    breaks: 'S13',
    plant: () =>
      chargingWith((real) => ({
        chargeUpTo(tx, live, to, how) {
          const { feePercent: _, ...rest } = live
          return real.chargeUpTo(tx, rest, to, how)
        },
      })),
  },
  {
    name: 'a new rate holds for the session that runs',
    breaks: 'S13',
    shownBy: 13,
    plant: () =>
      chargingWith((real) => ({
        chargeUpTo(tx, live, to, how) {
          const reader = tx.user(live.readerId)
          const rateCents = reader?.role === 'reader' ? reader.rateCents : live.rateCents
          return real.chargeUpTo(tx, { ...live, rateCents }, to, how)
        },
      })),
  },
  {
    name: 'a charge reaches the platform instead of the reader',
    breaks: 'L1',
    plant: () =>
      inEachCommit((tx) => ({
        post: ({ key, legs }) =>
          tx.post({
            key,
            legs: legs.map((leg) =>
              leg.account.startsWith('earnings:') ? { ...leg, account: 'house' } : leg,
            ),
          }),
      })),
  },
]
