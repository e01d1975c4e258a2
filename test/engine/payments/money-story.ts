/**
 * Plays one client's money step by step: payments, refunds, disputes and webhooks, in any order and
 * number, with crashes, a deleted account and older copies of the folder between. Our balances must
 * end where Stripe's own records say.
 */

import { expect } from 'vitest'
import { audit } from '../../../adapters/store/audit.ts'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import type { Client } from '../../../domain/client.ts'
import { Refusal } from '../../../domain/errors.ts'
import { UNMATCHED_PAYMENTS } from '../../../domain/tables.ts'
import type { TopUp } from '../../../domain/top-up.ts'
import type { Payments } from '../../../engine/ports.ts'
import { cents } from '../../../shared/money.ts'
import { CARD, call, payAsPage } from '../../dev/stripe/support.ts'
import type { MemoryDisk } from '../../support/store/memory-disk.ts'
import {
  crash,
  notify,
  openWalletWorld,
  paymentsAt,
  register,
  spend,
  type WalletWorld,
} from './wallet-support.ts'

const HOUR = 3_600_000
const NOTE = { by: 'Olu', why: 'a property' }

let standin: Standin
let stripe: Payments
/** The number of Stripe's next responses that are lost after it has done the work. */
let losing = 0

/** Wraps Stripe in a connection that can lose responses. */
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
  return { ...(Object.fromEntries(calls) as Payments), readWebhook: payments.readWebhook }
}

/** One history: the world, and what has been done at Stripe. */
interface Story {
  world: WalletWorld
  payments: { id: string; clientSecret: string }[]
  refunds: string[]
  disputes: string[]
  spentCents: number
  /** Every customer that the client was at Stripe. */
  customers: Set<string>
  /** An older copy of the folder, and what had been spent by then. */
  copy: { disk: MemoryDisk; spentCents: number } | undefined
}

/** A deliberate bug: Stripe is heard wrongly. */
export type Mishearing = (stripe: Payments, standin: Standin) => Partial<Payments>

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
    const attempt = {
      userId: 'ana',
      amountCents: cents(500 + (pick % 5) * 250),
      attemptKey: `key ${pick % 4}`,
    }
    const wish = pick % 4 === 3 ? { ...attempt, saveCard: true } : attempt
    const view = await allowed(
      story.world.wallet.addFunds(wish),
      'idempotency_mismatch',
      'not_found',
      'not_logged_in',
    )
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
  return: async ({ world, payments }, pick) => {
    const payment = at(payments, pick)
    const claim = { userId: 'ana', paymentIntentId: payment?.id ?? '' }
    if (payment) await allowed(world.wallet.confirm(claim), 'not_found', 'payment_mismatch')
  },
  refund: async (story, pick) => {
    const payment = at(story.payments, pick)
    if (!payment) return
    const form = { payment_intent: payment.id, amount: String(100 + (pick % 7) * 150) }
    const { status, body } = await call(standin, 'POST', '/refunds', form)
    if (status === 200) story.refunds.push(String(body.id))
  },
  hold: async (_story, pick) => standin.reversals.holdRefunds(pick % 2 === 0),
  failRefund: async ({ refunds }, pick) => {
    const refund = at(refunds, pick)
    if (refund) standin.reversals.failRefund(refund)
  },
  dispute: async (story, pick) => {
    const payment = at(story.payments, pick)
    if (!payment || story.disputes.length > 2) return
    const { body } = await call(standin, 'GET', `/payment_intents/${payment.id}`)
    if (body.status !== 'succeeded') return
    const amount = pick % 3 === 0 ? Math.ceil(Number(body.amount_received) / 2) : undefined
    const wish = { inquiry: pick % 4 === 0, feeApart: pick % 5 === 0, ...(amount ? { amount } : {}) }
    story.disputes.push(standin.reversals.dispute(payment.id, wish).id)
  },
  answer: async ({ disputes }, pick) => {
    const dispute = at(disputes, pick)
    if (dispute) standin.reversals.answerDispute(dispute)
  },
  rate: async (_story, pick) => {
    if (pick % 3 === 0) standin.settlesIn('usd', undefined)
    else standin.settlesIn('eur', 0.8 + (pick % 40) / 100)
  },
  close: async (story, pick) => {
    const dispute = story.disputes.splice(pick % Math.max(1, story.disputes.length), 1)[0]
    if (dispute) standin.reversals.closeDispute(dispute, pick % 2 === 0 ? 'won' : 'lost')
  },
  news: async ({ world, payments }, pick) => {
    const payment = at(payments, pick)
    if (payment) await notify(world, payment.id, at(NEWS, pick >> 3) ?? '')
  },
  spend: async (story, pick) => {
    const { balanceCents } = await story.world.client('ana')
    const amount = Math.min(balanceCents, 1 + (pick % 900))
    if (amount === 0) return
    await spend(story.world, 'ana', amount)
    story.spentCents += amount
  },
  giveBack: async ({ world }, pick) => {
    await allowed(world.admin.refund('ana', 1 + (pick % 800), NOTE), 'insufficient_funds')
  },
  polling: ({ world }) => world.wallet.poll(),
  look: async ({ world }) => {
    await world.wallet.startPolling()
    world.wallet.stop()
  },
  later: async ({ world }, pick) => {
    world.clock.now += (pick % 5) * HOUR
  },
  lose: async (_story, pick) => {
    losing = 1 + (pick % 2)
  },
  crash: async (story) => {
    const { clock } = story.world
    story.world = await openWalletWorld({ payments: stripe, disk: crash(story.world), now: clock.now })
  },
  /** The account is deleted: never while anything is between the client and us or a bank. */
  leave: async ({ world, customers }) => {
    const before = await world.client('ana')
    if (before.customerId !== undefined) customers.add(before.customerId)
    const body = { password: '', giveUpCents: before.balanceCents }
    const left = world.deletion.remove({ user: before, loginHash: '' }, body).then(() => true)
    if (!(await allowed(left, 'wrong_state', 'invalid_input', 'not_logged_in'))) return
    const after = await world.client('ana')
    expect(after.topUps.filter(({ status }) => status === 'pending')).toEqual([])
    // A pending payment may have paid a debt while it was being cancelled.
    if (before.topUps.every(({ status }) => status !== 'pending')) expect(whatIsBetween(before)).toEqual([])
  },
  keepCopy: async (story) => {
    story.copy ??= { disk: crash(story.world), spentCents: story.spentCents }
  },
  putBack: async (story) => {
    if (!story.copy) return
    const { clock } = story.world
    story.world = await openWalletWorld({ payments: stripe, disk: story.copy.disk, now: clock.now })
    story.spentCents = story.copy.spentCents
    story.copy = undefined
  },
}

/** Returns the amounts that are open between a client and us or a bank. */
function whatIsBetween({ debtCents, topUps }: Client): string[] {
  const disputed = topUps.filter(({ openDisputes = 0 }) => openDisputes > 0)
  const asked = topUps.flatMap(({ refunds = [] }) => refunds.filter(({ status }) => status === 'asked'))
  return [
    ...((debtCents ?? 0) > 0 ? ['a debt'] : []),
    ...disputed.map(() => 'a dispute'),
    ...asked.map(() => 'a refund'),
  ]
}

/** The steps that most of a history consists of. */
const OFTEN = [
  'keepCopy',
  'putBack',
  'spend',
  'spend',
  'refund',
  'failRefund',
  'dispute',
  'close',
  'pay',
  'news',
  'news',
  'news',
]

/** Every step, as often as it is to come. */
export const STEPS_OF_STORY: readonly string[] = [...Object.keys(STEPS), ...OFTEN]

async function allowed<T>(work: Promise<T>, ...codes: Refusal['code'][]): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Refusal && codes.includes(error.code)) return undefined
    throw error
  }
}

/**
 * Returns Stripe's records of one payment: the amount that came in, the amount that went back, and
 * if anything has moved.
 */
async function atStripe(id: string): Promise<{ received: number; back: number; isUntouched: boolean }> {
  const { body } = await call(standin, 'GET', `/payment_intents/${id}`)
  const received = Number(body.amount_received)
  const of = { payment_intent: id, limit: '100' }
  const refunds = (await call(standin, 'GET', '/refunds', of)).body.data as {
    amount: number
    status: string
  }[]
  const disputes = (await call(standin, 'GET', '/disputes', of)).body.data as DisputeSeen[]
  const refunded = refunds.filter(({ status }) => status !== 'failed').reduce((sum, r) => sum + r.amount, 0)
  const isUntouched =
    refunds.every(({ status }) => status === 'failed') &&
    !disputes.some((each) => isOut(each) || isOpen(each))
  const withdrawn = disputes.filter(isOut).reduce((sum, { amount }) => sum + amount, 0)
  return { received, back: Math.min(received, refunded + withdrawn), isUntouched }
}

interface DisputeSeen {
  amount: number
  status: string
  balance_transactions: unknown[]
}

/**
 * Returns true if the money is out: from the opening of a dispute until it is won; an inquiry never
 * moves any.
 */
function isOut({ status, balance_transactions }: DisputeSeen): boolean {
  return balance_transactions.length > 0 && status !== 'won'
}

const isOpen = ({ status }: DisputeSeen): boolean => !['won', 'lost', 'warning_closed'].includes(status)

async function holds(story: Story): Promise<void> {
  const { world, payments, spentCents } = story
  const client = await world.client('ana')
  const { balanceCents, debtCents = 0, topUps, closedAt } = client
  const left = await world.store.read((view) => [...view.table(UNMATCHED_PAYMENTS).all()])
  const unmatched = new Set(left.map(({ paymentIntentId }) => paymentIntentId))
  let expected = 0 - spentCents
  for (const { id } of payments) {
    const { received, back, isUntouched } = await atStripe(id)
    const record = topUps.find(({ paymentIntentId }) => paymentIntentId === id)
    const isCredited = record?.status === 'succeeded'
    expect({ id, back: record?.reversedCents ?? 0 }).toEqual({ id, back: isCredited ? back : 0 })
    // [T9] A deleted account gets nothing more, and what has moved since an older copy forgot it is
    // the operator's.
    const isLeftToOperator = unmatched.has(id) && (closedAt !== undefined || (!record && !isUntouched))
    expect({ id, isDone: isCredited || isLeftToOperator }).toEqual({ id, isDone: received > 0 })
    if (isCredited) expected += received - back
  }
  expect(balanceCents - debtCents).toBe(expected)
  expect(Math.min(balanceCents, debtCents)).toBe(0)
  expect(await world.admin.statement('ana')).toContain(`lines sum to`)
  if (closedAt !== undefined) await isLeftAlone(story, topUps, closedAt)
  expect((await audit(world.disk)).problems).toEqual([])
}

/**
 * Checks that nothing has come to an account since it was deleted, and that its customers at Stripe
 * are deleted too.
 */
async function isLeftAlone({ customers }: Story, topUps: readonly TopUp[], closedAt: number): Promise<void> {
  expect(topUps.filter(({ creditedAt = 0 }) => creditedAt > closedAt)).toEqual([])
  for (const id of customers) {
    expect((await call(standin, 'GET', `/customers/${id}`)).body).toMatchObject({ id, deleted: true })
  }
}

/**
 * Plays one history against a Stripe of its own, and checks where it has ended; `mishear` plants a
 * bug.
 */
export async function tellWhole(
  steps: readonly (readonly [string, number])[],
  mishear: Mishearing = () => ({}),
): Promise<void> {
  standin = await startStripeStandin()
  const heard = paymentsAt(standin.url)
  stripe = losingAnswers({ ...heard, ...mishear(heard, standin) })
  try {
    await holds(await tell(steps))
  } finally {
    await standin.stop()
  }
}

/** Two payments that were paid and credited. */
const BEGINNING: readonly [string, number][] = [
  ['open', 0],
  ['open', 5],
  ['pay', 4],
  ['pay', 1],
  ['return', 0],
  ['return', 1],
]

async function tell(steps: readonly (readonly [string, number])[]): Promise<Story> {
  losing = 0
  const world = await openWalletWorld({ payments: stripe, now: Date.now() })
  await register(world, 'ana')
  const story: Story = {
    world,
    payments: [],
    refunds: [],
    disputes: [],
    spentCents: 0,
    customers: new Set(),
    copy: undefined,
  }
  for (const [name, pick] of [...BEGINNING, ...steps]) {
    const work = STEPS[name]?.(story, pick) ?? Promise.resolve()
    await allowed(work, 'payment_unavailable')
  }
  losing = 0
  await story.world.wallet.startPolling()
  story.world.wallet.stop()
  for (const { id } of story.payments) {
    await notify(story.world, id, 'payment_intent.succeeded')
    await notify(story.world, id, 'charge.refunded')
  }
  return story
}
