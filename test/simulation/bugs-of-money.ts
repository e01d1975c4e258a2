/**
 * Lists deliberate bugs in the operator's settings, in clients' limits, and in money that goes
 * back.
 */

import type { Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import { creditTo } from '../../domain/ledger.ts'
import type { Payments } from '../../engine/ports.ts'
import { type Bug, chargingWith, inEachCommit, type Plant } from './bugs.ts'

const LIMITS = { limitSession: 12, limitDay: 2, toTheMark: 20, gather: 20 }
const DAYS = { limitDay: 12, sleep: 6, gather: 20, toTheMark: 10 }
const RETURNS = { sendBack: 10, gather: 20, fund: 12 }
const REFUNDS = { giveBack: 16, sleepOverIt: 8, poll: 16, fund: 16 }
const HANG_UPS = { end: 8, gather: 20 }

/** Refunds that hear something else from the bank. */
const refunds = (change: (payments: Payments) => Partial<Payments>): Plant => ({
  createRefunds: (real) => (parts) =>
    real({ ...parts, payments: { ...parts.payments, ...change(parts.payments) } }),
})

export const BUGS_OF_MONEY: readonly Bug[] = [
  {
    name: 'a session that is cut pays its unfinished minute in full',
    breaks: 'B4',
    settings: { partialMinute: 'full' },
    plant: () => ({
      settle: (real) => (open, to, spendable, how, terms) =>
        real(open, to, spendable, how === 'cut' ? 'hangup' : how, terms),
    }),
  },
  {
    name: 'a started minute is not charged in full',
    breaks: 'B4',
    often: HANG_UPS,
    settings: { partialMinute: 'full' },
    plant: () => ({
      settle: (real) => (open, to, spendable, how, terms) =>
        real(open, to, spendable, how === 'hangup' ? 'cut' : how, terms),
    }),
  },
  {
    name: 'an unfinished minute that is to be free is charged',
    breaks: 'B4',
    shownBy: 7,
    often: HANG_UPS,
    settings: { partialMinute: 'free' },
    plant: () => ({
      settle: (real) => (open, to, spendable, how, terms) =>
        real(open, to, spendable, how, { ...terms, partialMinute: 'prorated' }),
    }),
  },
  {
    name: 'the free seconds are given a third time',
    breaks: 'B13',
    shownBy: 14,
    often: { ...HANG_UPS, wait: 20 },
    settings: { freeMs: 15_000 },
    plant: () => ({
      mayBeFree:
        () =>
        (_client, _at, { freeMs }) =>
          freeMs > 0,
    }),
  },
  {
    name: 'the free seconds cover the first seconds of every session',
    breaks: 'B13',
    often: { ...HANG_UPS, wait: 20 },
    settings: { freeMs: 15_000 },
    plant: () => ({
      settle: (real) => (open, to, spendable, how, terms) =>
        real(open.courtesy ? { ...open, courtesy: false } : open, to, spendable, how, terms),
    }),
  },
  {
    name: 'the instant of a limit is a millisecond late',
    breaks: 'B14',
    often: LIMITS,
    plant: () => ({
      settle: (real) => (open, to, spendable, how, terms) => {
        const done = real(open, to, spendable, how, terms)
        const late = done.ranDry && open.limitCents !== undefined ? 1 : 0
        return { ...done, session: { ...done.session, billedMs: done.session.billedMs + late } }
      },
    }),
  },
  {
    name: 'a limit for a session is not heeded',
    breaks: 'B14',
    shownBy: 5,
    often: LIMITS,
    plant: () => ({
      fundsFor:
        (real) =>
        ({ limitCents: _, ...open }, client, at) =>
          real(open, client, at),
    }),
  },
  {
    name: 'a higher limit for the day holds at once',
    breaks: 'B15',
    often: DAYS,
    plant: () => ({
      changeDailyLimit: (real) => (client, to, at) => {
        const { raise, ...limit } = real(client, to, at)
        return raise ? { ...(to === undefined ? {} : { cents: to }) } : limit
      },
    }),
  },
  {
    name: 'a lower limit for the day waits like a higher one',
    breaks: 'B15',
    often: DAYS,
    plant: () => ({
      changeDailyLimit: (real) => (client, to, at) => {
        const limit = real(client, to, at)
        const had = client.dailyLimit?.cents
        const lowers = had !== undefined && to !== undefined && to < had
        return lowers ? { cents: had, raise: { cents: to, from: at + 86_400_000 } } : limit
      },
    }),
  },
  {
    name: 'a minute counts on the day on which it began',
    breaks: 'B15',
    often: DAYS,
    plant: () => ({ noteSpending: (real) => (client, spent, at) => real(client, spent, at - 60_000) }),
  },
  {
    name: 'a day that turned is seen only by those who look in time',
    breaks: 'S1',
    shownBy: 5,
    often: { ...DAYS, heldUp: 6 },
    plant: () => ({ nextTurn: () => () => Infinity }),
  },
  {
    name: 'a session goes on when its payment has gone back',
    breaks: 'R3',
    often: RETURNS,
    plant: () =>
      chargingWith((real) => ({
        end: (tx, open, reason) =>
          reason === 'payment_reversed' ? (open as never) : real.end(tx, open, reason),
      })),
  },
  {
    name: 'what the wallet does not cover is taken from the reader',
    breaks: 'R3',
    shownBy: 9,
    often: RETURNS,
    plant: () =>
      inEachCommit((tx) => ({
        post: ({ key, legs }) => {
          const owed = 0 - (legs.find(({ account }) => account.startsWith('debt:'))?.cents ?? 0)
          const reader = [...tx.readers()].find(({ id }) => tx.earningsOf(id) >= owed)
          const take = reader && key.startsWith('reversal:') && owed > 0
          tx.post({
            key,
            legs: take
              ? legs.map((leg) =>
                  leg.account.startsWith('debt:') ? { ...leg, account: `earnings:${reader.id}` } : leg,
                )
              : legs,
          })
        },
      })),
  },
  {
    name: 'what went back is taken again with each message about it',
    breaks: 'R1',
    often: { ...RETURNS, tellBack: 8 },
    plant: () => ({
      reversalTarget: (real) => (topUp) =>
        Math.min(topUp.amountCents, real(topUp) > 0 ? real(topUp) + (topUp.reversedCents ?? 0) : 0),
    }),
  },
  {
    name: 'what comes back of a payment is given beside the debt',
    breaks: 'L3',
    shownBy: 26,
    often: RETURNS,
    plant: () =>
      inEachCommit((tx) => ({
        post: (moved) => {
          const { key, legs } = moved
          const debt = legs.find(({ account, cents }) => account.startsWith('debt:') && cents > 0)
          const clientId = debt?.account.slice('debt:'.length)
          const cents = legs.find(({ account }) => account === 'stripe')?.cents ?? 0
          if (!debt || clientId === undefined || cents >= 0) return tx.post(moved)
          const amount = (0 - cents) as typeof debt.cents
          tx.post(creditTo(key, 'stripe', amount, { id: clientId, balanceCents: amount }))
        },
      })),
  },
  {
    name: 'a refund that the bank never made stays out of the balance',
    breaks: 'R4',
    often: REFUNDS,
    plant: () => refunds((payments) => ({ reversalsOf: () => payments.since(0) as never })),
  },
  {
    name: 'a refund is taken for failed as soon as the bank does not answer',
    breaks: 'R4',
    often: REFUNDS,
    plant: () =>
      refunds((payments) => ({
        refund: (wish) =>
          payments.refund(wish).catch(() => Promise.reject(new Refusal('payment_mismatch', 'No.'))),
      })),
  },
  {
    name: 'a refund that is not known is asked for again whatever the age of its key',
    breaks: 'R4',
    shownBy: 8,
    often: REFUNDS,
    plant: () => ({
      createRefunds: (real) => (parts) => {
        const made = real(parts)
        const again = async ({ topUps }: Client): Promise<void> => {
          for (const { paymentIntentId = '', refunds = [] } of topUps) {
            for (const { id: refundId, cents: amountCents, status } of refunds) {
              const wish = { paymentIntentId, refundId, amountCents }
              if (status === 'asked') await parts.payments.refund(wish).catch(() => undefined)
            }
          }
        }
        return {
          ...made,
          async resume() {
            for (const client of await parts.store.read((view) => [...view.clients()])) await again(client)
            return made.resume()
          },
        }
      },
    }),
  },
]
