/**
 * Whatever is paid, given back, disputed and told of, in any order and number, with crashes between: our balances end where
 * Stripe's own records say they must.
 */

import { expect, it } from 'vitest'
import { Refusal } from '../../domain/errors.ts'
import type { Payments } from '../../engine/ports.ts'
import { type Standin, startStripeStandin } from '../../standin/server.ts'
import { CARD, call, payAsPage } from '../standin/support.ts'
import fc from '../support/properties.ts'
import { sampleSize } from '../support/sample.ts'
import { crash, type House, notify, openHouse, paymentsAt, register, spend } from './wallet-support.ts'

const RUNS = sampleSize(40, 400)
const HOUR = 3_600_000
const WARRANT = { by: 'Olu', why: 'a property' }

let standin: Standin
let stripe: Payments
/** How many of the next answers of Stripe's are lost after it has done what was asked. */
let losing = 0

/** Stripe behind a line that can lose answers. */
function losingAnswers(payments: Payments): Payments {
  const calls = Object.entries(payments).map(([name, call]) => [
    name,
    async (...args: unknown[]) => {
      const answer = await (call as (...args: unknown[]) => unknown)(...args)
      if (losing === 0) return answer
      losing -= 1
      throw new Refusal('payment_unavailable', 'The answer was lost.')
    },
  ])
  return { ...(Object.fromEntries(calls) as Payments), readNotice: payments.readNotice }
}

/** One history: the house, and what has been done at Stripe. */
interface Story {
  house: House
  payments: { id: string; clientSecret: string }[]
  refunds: string[]
  disputes: string[]
  spentCents: number
}

type Step = (story: Story, pick: number) => Promise<unknown>

const at = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)]
const NEWS = [
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'charge.refunded',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
  'charge.dispute.closed',
]

const STEPS: Record<string, Step> = {
  open: async (story, pick) => {
    const wish = { userId: 'ana', amountCents: 500 + (pick % 5) * 250, attemptKey: `key ${pick % 4}` }
    const view = await allowed(story.house.wallet.addFunds(wish), 'idempotency_mismatch', 'not_found')
    const known = story.payments.some(({ id }) => id === view?.paymentIntentId)
    if (view && !known) story.payments.push({ id: view.paymentIntentId, clientSecret: view.clientSecret })
  },
  pay: async ({ payments }, pick) => {
    const payment = at(payments, pick)
    if (payment) await payAsPage(standin, payment.clientSecret, pick % 3 === 0 ? CARD.declined : CARD.good)
  },
  cancel: async ({ payments }, pick) => {
    const payment = pick % 5 === 0 ? at(payments, pick) : undefined
    if (payment) await call(standin, 'POST', `/payment_intents/${payment.id}/cancel`)
  },
  return: async ({ house, payments }, pick) => {
    const payment = at(payments, pick)
    if (payment) await house.wallet.confirm({ userId: 'ana', paymentIntentId: payment.id })
  },
  refund: async (story, pick) => {
    const payment = at(story.payments, pick)
    if (!payment) return
    const form = { payment_intent: payment.id, amount: String(100 + (pick % 7) * 150) }
    const { status, body } = await call(standin, 'POST', '/refunds', form)
    if (status === 200) story.refunds.push(String(body.id))
  },
  hold: async (_story, pick) => standin.returns.holdRefunds(pick % 2 === 0),
  failRefund: async ({ refunds }, pick) => {
    const refund = at(refunds, pick)
    if (refund) standin.returns.failRefund(refund)
  },
  dispute: async (story, pick) => {
    const payment = at(story.payments, pick)
    if (!payment || story.disputes.length > 2) return
    const { body } = await call(standin, 'GET', `/payment_intents/${payment.id}`)
    if (body.status !== 'succeeded') return
    const amount = pick % 3 === 0 ? Math.ceil(Number(body.amount_received) / 2) : undefined
    const wish = { inquiry: pick % 4 === 0, feeApart: pick % 5 === 0, ...(amount ? { amount } : {}) }
    story.disputes.push(standin.returns.dispute(payment.id, wish).id)
  },
  answer: async ({ disputes }, pick) => {
    const dispute = at(disputes, pick)
    if (dispute) standin.returns.answerDispute(dispute)
  },
  rate: async (_story, pick) => {
    if (pick % 3 === 0) standin.settlesIn('usd', undefined)
    else standin.settlesIn('eur', 0.8 + (pick % 40) / 100)
  },
  close: async (story, pick) => {
    const dispute = story.disputes.splice(pick % Math.max(1, story.disputes.length), 1)[0]
    if (dispute) standin.returns.closeDispute(dispute, pick % 2 === 0 ? 'won' : 'lost')
  },
  news: async ({ house, payments }, pick) => {
    const payment = at(payments, pick)
    if (payment) await notify(house, payment.id, at(NEWS, pick >> 3) ?? '')
  },
  spend: async (story, pick) => {
    const { balanceCents } = await story.house.client('ana')
    const amount = Math.min(balanceCents, 1 + (pick % 900))
    if (amount === 0) return
    await spend(story.house, 'ana', amount)
    story.spentCents += amount
  },
  giveBack: async ({ house }, pick) => {
    await allowed(house.admin.refund('ana', 1 + (pick % 800), WARRANT), 'insufficient_funds')
  },
  sweep: ({ house }) => house.wallet.sweep(),
  look: async ({ house }) => {
    await house.wallet.startSweeping()
    house.wallet.stop()
  },
  later: async ({ house }, pick) => {
    house.clock.now += (pick % 5) * HOUR
  },
  lose: async (_story, pick) => {
    losing = 1 + (pick % 2)
  },
  crash: async (story) => {
    const { clock } = story.house
    story.house = await openHouse({ payments: stripe, disk: crash(story.house), now: clock.now })
  },
}

/** What most of a history is made of. */
const OFTEN = ['spend', 'spend', 'refund', 'failRefund', 'dispute', 'close', 'pay', 'news', 'news', 'news']

async function allowed<T>(work: Promise<T>, ...codes: Refusal['code'][]): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Refusal && codes.includes(error.code)) return undefined
    throw error
  }
}

/** What Stripe's records say of one payment: what came in, and how much of it is out again. */
async function atStripe(id: string): Promise<{ received: number; back: number }> {
  const { body } = await call(standin, 'GET', `/payment_intents/${id}`)
  const received = Number(body.amount_received)
  const of = { payment_intent: id, limit: '100' }
  const refunds = (await call(standin, 'GET', '/refunds', of)).body.data as {
    amount: number
    status: string
  }[]
  const disputes = (await call(standin, 'GET', '/disputes', of)).body.data as DisputeSeen[]
  const refunded = refunds.filter(({ status }) => status !== 'failed').reduce((sum, r) => sum + r.amount, 0)
  const withdrawn = disputes.filter(isOut).reduce((sum, { amount }) => sum + amount, 0)
  return { received, back: Math.min(received, refunded + withdrawn) }
}

interface DisputeSeen {
  amount: number
  status: string
  balance_transactions: unknown[]
}

/** Money is out from the opening of a dispute until it is won; an inquiry never moves any. */
function isOut({ status, balance_transactions }: DisputeSeen): boolean {
  return balance_transactions.length > 0 && status !== 'won'
}

async function holds({ house, payments, spentCents }: Story): Promise<void> {
  const client = await house.client('ana')
  const { balanceCents, debtCents = 0, topUps } = client
  let expected = 0 - spentCents
  for (const { id } of payments) {
    const { received, back } = await atStripe(id)
    const record = topUps.find(({ paymentIntentId }) => paymentIntentId === id)
    expect({ id, status: record?.status === 'succeeded', back: record?.reversedCents ?? 0 }).toEqual({
      id,
      status: received > 0,
      back,
    })
    expected += received - back
  }
  expect(balanceCents - debtCents).toBe(expected)
  expect(Math.min(balanceCents, debtCents)).toBe(0)
  expect(await house.admin.statement('ana')).toContain(`lines sum to`)
}

it('[T1, T5, R1, R2, R3] every history ends where Stripe’s records say', async () => {
  const step = fc.tuple(fc.constantFrom(...Object.keys(STEPS), ...OFTEN), fc.nat(1_000_000))
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      standin = await startStripeStandin()
      stripe = losingAnswers(paymentsAt(standin.url))
      try {
        await holds(await tell(steps))
      } finally {
        await standin.stop()
      }
    }),
    { numRuns: RUNS },
  )
})

/** Two payments that were paid and credited. */
const BEGINNING: readonly [string, number][] = [
  ['open', 0],
  ['open', 5],
  ['pay', 4],
  ['pay', 1],
  ['return', 0],
  ['return', 1],
]

async function tell(steps: readonly [string, number][]): Promise<Story> {
  losing = 0
  const house = await openHouse({ payments: stripe, now: Date.now() })
  await register(house, 'ana')
  const story: Story = { house, payments: [], refunds: [], disputes: [], spentCents: 0 }
  for (const [name, pick] of [...BEGINNING, ...steps]) {
    const work = STEPS[name]?.(story, pick) ?? Promise.resolve()
    await allowed(work, 'payment_unavailable')
  }
  losing = 0
  await story.house.wallet.sweep()
  for (const { id } of story.payments) {
    await notify(story.house, id, 'payment_intent.succeeded')
    await notify(story.house, id, 'charge.refunded')
  }
  return story
}
