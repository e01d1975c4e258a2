/**
 * Tests the failures between a page, our server and Stripe: each row is one case with its required
 * outcome.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../dev/stripe/server.ts'
import { Refusal } from '../../domain/errors.ts'
import type { Payments } from '../../engine/ports.ts'
import { cents } from '../../shared/money.ts'
import { CARD, call, payAsPage } from '../dev/stripe/support.ts'
import type { MemoryDisk } from '../support/store/memory-disk.ts'
import {
  crash,
  gate,
  notify,
  openWalletWorld,
  paymentsAt,
  register,
  spend,
  type WalletWorld,
} from './payments/wallet-support.ts'

const HOUR = 3_600_000
const WHY = { by: 'Olu', why: 'paid twice' }
const refused = new Refusal('payment_unavailable', 'Stripe is down.')
let standin: Standin
let stripe: Payments
let world: WalletWorld

beforeEach(async () => {
  standin = await startStripeStandin()
  stripe = paymentsAt(standin.url)
  world = await openWalletWorld({ payments: stripe })
  await register(world, 'ana')
  await register(world, 'ben')
})
afterEach(() => standin.stop())

const twenty = { userId: 'ana', amountCents: cents(2_000), attemptKey: 'click 1' }
const refusal = (code: Refusal['code']) => expect.objectContaining({ name: 'Refusal', code })
const open = () => world.wallet.addFunds(twenty)
const restart = async (more: { now?: number } = {}) => {
  world = await openWalletWorld({ payments: stripe, disk: crash(world), ...more })
}

async function paid(): Promise<string> {
  const { paymentIntentId, clientSecret } = await open()
  await payAsPage(standin, clientSecret, CARD.good)
  return paymentIntentId
}

async function made(): Promise<unknown[]> {
  return (await call(standin, 'GET', '/payment_intents', { limit: '100' })).body.data as unknown[]
}

/** The outcome of a case: Ana's balance, and the number of payments at Stripe. */
interface Row {
  name: string
  run: () => Promise<unknown>
  balanceCents: number
  payments: number
}

const ROWS: Row[] = [
  {
    name: 'a crash before Stripe is asked: the next start makes the payment under the same key',
    run: async () => {
      const { reached, reach } = gate()
      const dying = await openWalletWorld({
        payments: {
          ...stripe,
          create: () => {
            reach()
            return new Promise(() => undefined)
          },
        },
        disk: crash(world),
      })
      void dying.wallet.addFunds(twenty)
      await reached
      world = dying
      await restart()
      await world.wallet.poll()
      await payAsPage(standin, (await open()).clientSecret, CARD.good)
      await world.wallet.poll()
    },
    balanceCents: 2_000,
    payments: 1,
  },
  {
    name: 'a lost answer: the state is unknown, the retry finds the payment',
    run: async () => {
      standin.failNext('lost_response')
      await notify(world, await paid(), 'payment_intent.succeeded')
    },
    balanceCents: 2_000,
    payments: 1,
  },
  {
    name: 'an outage: refused, and the same attempt goes on later',
    run: async () => {
      standin.failNext('server_error', 'server_error', 'server_error')
      await expect(open()).rejects.toEqual(refusal('payment_unavailable'))
      await notify(world, await paid(), 'payment_intent.succeeded')
    },
    balanceCents: 2_000,
    payments: 1,
  },
  {
    name: 'a key that is in use: asked again until it is free',
    run: async () => {
      const { reached, reach } = gate()
      standin.failNext({ until: reached })
      const first = stripe.create({ topUpId: 't', userId: 'ana', amountCents: cents(2_000) })
      const second = stripe.create({ topUpId: 't', userId: 'ana', amountCents: cents(2_000) })
      reach()
      expect((await first).id).toBe((await second).id)
    },
    balanceCents: 0,
    payments: 1,
  },
  {
    name: 'the same key with other particulars: 409',
    run: async () => {
      await open()
      await expect(world.wallet.addFunds({ ...twenty, amountCents: cents(3_000) })).rejects.toEqual(
        refusal('idempotency_mismatch'),
      )
    },
    balanceCents: 0,
    payments: 1,
  },
  {
    name: 'a key older than a day: never used again',
    run: async () => {
      const deaf = await openWalletWorld({
        payments: { ...stripe, create: () => Promise.reject(refused) },
        disk: crash(world),
      })
      await expect(deaf.wallet.addFunds(twenty)).rejects.toBe(refused)
      world = deaf
      await restart({ now: deaf.clock.now + 25 * HOUR })
      await world.wallet.poll()
      await expect(open()).rejects.toEqual(refusal('not_found'))
    },
    balanceCents: 0,
    payments: 0,
  },
  {
    name: 'a page that is closed after paying, and a webhook that comes',
    run: async () => notify(world, await paid(), 'payment_intent.succeeded'),
    balanceCents: 2_000,
    payments: 1,
  },
  {
    name: 'a webhook that never comes: polling at the next start credits',
    run: async () => {
      await paid()
      await restart()
      await world.wallet.startPolling()
      world.wallet.stop()
    },
    balanceCents: 2_000,
    payments: 1,
  },
  {
    name: 'declined, then paid with another card: one payment, one credit',
    run: async () => {
      const { paymentIntentId, clientSecret } = await open()
      await payAsPage(standin, clientSecret, CARD.declined)
      await notify(world, paymentIntentId, 'payment_intent.payment_failed')
      await payAsPage(standin, clientSecret, CARD.good)
      await notify(world, paymentIntentId, 'payment_intent.succeeded')
      await notify(world, paymentIntentId, 'payment_intent.payment_failed')
    },
    balanceCents: 2_000,
    payments: 1,
  },
  {
    name: 'a double click: one payment',
    run: async () => {
      await Promise.all([open(), open(), open()])
      await notify(world, await paid(), 'payment_intent.succeeded')
    },
    balanceCents: 2_000,
    payments: 1,
  },
  {
    name: 'another person’s payment: credited to its owner alone',
    run: async () => {
      const paymentIntentId = await paid()
      await expect(world.wallet.confirm({ userId: 'ben', paymentIntentId })).rejects.toEqual(
        refusal('forbidden'),
      )
      await world.wallet.confirm({ userId: 'ana', paymentIntentId })
      expect((await world.client('ben')).balanceCents).toBe(0)
    },
    balanceCents: 2_000,
    payments: 1,
  },
  {
    name: 'a part that is refunded in the dashboard',
    run: async () => {
      const paymentIntentId = await paid()
      await call(standin, 'POST', '/refunds', { payment_intent: paymentIntentId, amount: '700' })
      await notify(world, paymentIntentId, 'charge.refunded')
    },
    balanceCents: 1_300,
    payments: 1,
  },
  {
    name: 'a refund that fails later',
    run: async () => {
      const paymentIntentId = await paid()
      const { body } = await call(standin, 'POST', '/refunds', { payment_intent: paymentIntentId })
      await notify(world, paymentIntentId, 'charge.refunded')
      standin.reversals.failRefund(String(body.id))
      await notify(world, paymentIntentId, 'refund.failed')
    },
    balanceCents: 2_000,
    payments: 1,
  },
  {
    name: 'a dispute that is won',
    run: async () => {
      const paymentIntentId = await paid()
      await notify(world, paymentIntentId, 'payment_intent.succeeded')
      await spend(world, 'ana', 1_500)
      const { id } = standin.reversals.dispute(paymentIntentId)
      await notify(world, paymentIntentId, 'charge.dispute.funds_withdrawn')
      standin.reversals.closeDispute(id, 'won')
      await notify(world, paymentIntentId, 'charge.dispute.closed')
    },
    balanceCents: 500,
    payments: 1,
  },
  {
    name: 'a refund and a dispute of one payment: capped at what came in',
    run: async () => {
      const paymentIntentId = await paid()
      await call(standin, 'POST', '/refunds', { payment_intent: paymentIntentId, amount: '1500' })
      standin.reversals.dispute(paymentIntentId)
      await notify(world, paymentIntentId, 'charge.dispute.created')
      expect((await world.client('ana')).debtCents ?? 0).toBe(0)
    },
    balanceCents: 0,
    payments: 1,
  },
  {
    name: 'days without an endpoint: the look at the whole account finds what went back',
    run: async () => {
      const paymentIntentId = await paid()
      await notify(world, paymentIntentId, 'payment_intent.succeeded')
      await call(standin, 'POST', '/refunds', { payment_intent: paymentIntentId, amount: '500' })
      await restart()
      await world.wallet.startPolling()
      world.wallet.stop()
    },
    balanceCents: 1_500,
    payments: 1,
  },
]

describe('each failure has its end', () => {
  it.each(ROWS)('$name', async ({ run, balanceCents, payments }) => {
    await run()
    expect((await world.client('ana')).balanceCents).toBe(balanceCents)
    expect(await made()).toHaveLength(payments)
    await restart()
    expect((await world.client('ana')).balanceCents).toBe(balanceCents)
  })
})

describe('bad debt', () => {
  it('is written off once, by an operator who says why, and the books still hold', async () => {
    const paymentIntentId = await paid()
    await notify(world, paymentIntentId, 'payment_intent.succeeded')
    await spend(world, 'ana', 1_500)
    await call(standin, 'POST', '/refunds', { payment_intent: paymentIntentId })
    await notify(world, paymentIntentId, 'charge.refunded')
    expect((await world.client('ana')).debtCents).toBe(1_500)
    await expect(world.admin.writeOff('ana', { by: 'Olu', why: '' })).rejects.toEqual(
      refusal('invalid_input'),
    )
    await world.admin.writeOff('ana', WHY)
    await restart()
    expect(await world.client('ana')).toMatchObject({ balanceCents: 0, debtCents: 0 })
    await expect(world.admin.writeOff('ana', WHY)).rejects.toEqual(refusal('wrong_state'))
    expect((await world.client('ana')).adjustments).toMatchObject([
      { kind: 'write-off', cents: 1_500, ...WHY },
    ])
  })
})

describe('[T9] a payment that a folder put back from an older copy has forgotten', () => {
  const payLater = async (amountCents: number): Promise<string> => {
    const { paymentIntentId, clientSecret } = await world.wallet.addFunds({
      userId: 'ana',
      amountCents: cents(amountCents),
    })
    await payAsPage(standin, clientSecret, CARD.good)
    await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    return paymentIntentId
  }
  const putBack = async (copy: MemoryDisk) => {
    world = await openWalletWorld({ payments: stripe, disk: copy, now: world.clock.now })
  }

  it('is credited once by the look at the account, and is then a top-up like any other', async () => {
    await payLater(2_000)
    const copy = crash(world)
    const forgotten = await payLater(3_000)
    await putBack(copy)
    expect(await world.client('ana')).toMatchObject({ balanceCents: 2_000 })
    await world.wallet.startPolling()
    await notify(world, forgotten, 'payment_intent.succeeded')
    expect(await world.client('ana')).toMatchObject({ balanceCents: 5_000 })
    expect(await world.admin.unmatchedPayments()).toEqual([])
    expect(world.alarms).toEqual([])
    await restart()
    expect((await world.client('ana')).topUps).toHaveLength(2)
  })

  it('is found by the start where the copy knows of no payment at all', async () => {
    const copy = crash(world)
    await payLater(3_000)
    await putBack(copy)
    await world.wallet.startPolling()
    expect(await world.client('ana')).toMatchObject({ balanceCents: 3_000 })
  })

  it('is left to the operator where some of it has gone back', async () => {
    await payLater(2_000)
    const copy = crash(world)
    const forgotten = await payLater(3_000)
    await call(standin, 'POST', '/refunds', { payment_intent: forgotten, amount: '1000' })
    await putBack(copy)
    await notify(world, forgotten, 'payment_intent.succeeded')
    expect(await world.client('ana')).toMatchObject({ balanceCents: 2_000 })
    expect(await world.admin.unmatchedPayments()).toMatchObject([
      { paymentIntentId: forgotten, userId: 'ana' },
    ])
  })

  it('is left to the operator where its owner’s account is closed', async () => {
    const copy = crash(world)
    const forgotten = await payLater(3_000)
    await putBack(copy)
    const ana = await world.client('ana')
    await world.store.commit((tx) => tx.putUser({ ...ana, closedAt: tx.now }))
    await notify(world, forgotten, 'payment_intent.succeeded')
    expect(await world.client('ana')).toMatchObject({ balanceCents: 0 })
    expect(await world.admin.unmatchedPayments()).toMatchObject([
      { paymentIntentId: forgotten, userId: 'ana' },
    ])
  })

  it('is unmatched with an id that no client has, or without the name of a top-up', async () => {
    const odd = await stripe.create({ topUpId: '', userId: 'ana', amountCents: cents(2_000) })
    await payAsPage(standin, odd.clientSecret, CARD.good)
    world = await openWalletWorld({
      payments: {
        ...stripe,
        retrieve: async (id) => ({ ...(await stripe.retrieve(id)), topUpId: undefined }),
      },
      disk: crash(world),
    })
    await notify(world, odd.id, 'payment_intent.succeeded')
    expect(await world.client('ana')).toMatchObject({ balanceCents: 0 })
  })
})

describe('money without an owner', () => {
  it('is recorded once, credited to no client, and listed for the operator', async () => {
    const foreign = await stripe.create({ topUpId: 'none', userId: 'nobody', amountCents: cents(2_000) })
    await payAsPage(standin, foreign.clientSecret, CARD.good)
    await notify(world, foreign.id, 'payment_intent.succeeded')
    await notify(world, foreign.id, 'payment_intent.succeeded')
    expect(await world.admin.unmatchedPayments()).toMatchObject([
      { paymentIntentId: foreign.id, amountCents: 2_000, why: 'no top-up', userId: 'nobody' },
    ])
    expect(world.alarms).toHaveLength(2)
  })

  it('is given to a client by the operator, once, and is then a top-up like any other', async () => {
    const foreign = await stripe.create({ topUpId: 'none', userId: 'nobody', amountCents: cents(2_000) })
    await payAsPage(standin, foreign.clientSecret, CARD.good)
    await notify(world, foreign.id, 'payment_intent.succeeded')
    expect(await world.admin.assign(foreign.id, 'ana', WHY)).toMatchObject({ balanceCents: 2_000 })
    expect(await world.admin.unmatchedPayments()).toEqual([])
    await expect(world.admin.assign(foreign.id, 'ana', WHY)).rejects.toEqual(refusal('wrong_state'))
    await expect(world.admin.assign(foreign.id, 'ben', WHY)).rejects.toEqual(refusal('wrong_state'))
    await notify(world, foreign.id, 'payment_intent.succeeded')
    await restart()
    expect((await world.client('ana')).balanceCents).toBe(2_000)
    expect(await world.admin.statement('ana')).toMatch(/balance \$20\.00; the lines sum to \$20\.00: agrees$/)
    await call(standin, 'POST', '/refunds', { payment_intent: foreign.id, amount: '500' })
    await notify(world, foreign.id, 'charge.refunded')
    expect((await world.client('ana')).balanceCents, 'a refund at Stripe finds its way').toBe(1_500)
    await world.admin.refund('ana', undefined, WHY)
    expect((await world.client('ana')).balanceCents).toBe(0)
  })

  it('is not given where nothing has come in', async () => {
    const unpaid = await stripe.create({ topUpId: 'none', userId: 'nobody', amountCents: cents(2_000) })
    await expect(world.admin.assign(unpaid.id, 'ana', WHY)).rejects.toEqual(refusal('payment_mismatch'))
    await expect(world.admin.assign('pi_none', 'ana', WHY)).rejects.toEqual(refusal('not_found'))
    expect((await world.client('ana')).balanceCents).toBe(0)
  })

  it('is found by the daily reconciliation where no webhook ever reported it', async () => {
    await notify(world, await paid(), 'payment_intent.succeeded')
    const foreign = await stripe.create({ topUpId: 'none', userId: 'nobody', amountCents: cents(900) })
    await payAsPage(standin, foreign.clientSecret, CARD.good)
    await world.wallet.startPolling()
    world.wallet.stop()
    expect(await world.admin.unmatchedPayments()).toMatchObject([{ paymentIntentId: foreign.id }])
  })

  it('is not requested before the first payment', async () => {
    const quiet = await openWalletWorld({
      payments: { ...stripe, since: () => Promise.reject(new Error('asked')) },
      disk: crash(world),
    })
    await quiet.wallet.startPolling()
    quiet.wallet.stop()
  })
})
