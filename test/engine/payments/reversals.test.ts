/** Tests refunds, disputes and the debts that they leave. */
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import { Refusal } from '../../../domain/errors.ts'
import { takeBackFrom } from '../../../domain/ledger.ts'
import { clientIn } from '../../../engine/payments/top-up-records.ts'
import type { Payments } from '../../../engine/ports.ts'
import { cents } from '../../../shared/money.ts'
import { CARD, call, payAsPage } from '../../dev/stripe/support.ts'
import {
  crash,
  gate,
  notify,
  openWalletWorld,
  paymentsAt,
  register,
  STILL_METER,
  spend,
  type WalletWorld,
  withMeter,
} from './wallet-support.ts'

let standin: Standin
let stripe: Payments
let world: WalletWorld
let paymentIntentId: string

beforeEach(async () => {
  standin = await startStripeStandin() // an account of its own: what one test paid is not another's
  stripe = paymentsAt(standin.url)
  world = await openWalletWorld({ payments: stripe })
  await register(world, 'ana')
  paymentIntentId = await paid(2_000)
})
afterEach(() => standin.stop())

const refusal = (code: Refusal['code']) => expect.objectContaining({ name: 'Refusal', code })
const NOTE = { by: 'Olu', why: 'she asked' }

async function paid(amountCents: number): Promise<string> {
  const { paymentIntentId, clientSecret } = await world.wallet.addFunds({
    userId: 'ana',
    amountCents: cents(amountCents),
  })
  await payAsPage(standin, clientSecret, CARD.good)
  await world.wallet.confirm({ userId: 'ana', paymentIntentId })
  return paymentIntentId
}

/** Makes a refund in Stripe's dashboard. */
async function refundAtStripe(amount: number): Promise<string> {
  const form = { payment_intent: paymentIntentId, amount: String(amount) }
  return String((await call(standin, 'POST', '/refunds', form)).body.id)
}

const webhook = (type: string) => notify(world, paymentIntentId, type)

/** Returns Ana's balance and debt, and the part of the payment that is out of her balance. */
async function moneyOfAna() {
  const { balanceCents, debtCents = 0, topUps } = await world.client('ana')
  const { reversedCents = 0 } = topUps[0] ?? {}
  return { balanceCents, debtCents, reversedCents }
}

describe('[R1] a refund in the dashboard', () => {
  it('takes exactly what went back, for each that is made', async () => {
    await refundAtStripe(500)
    await webhook('charge.refunded')
    expect(await moneyOfAna()).toEqual({ balanceCents: 1_500, debtCents: 0, reversedCents: 500 })
    await refundAtStripe(300)
    await webhook('refund.created')
    await webhook('charge.refunded')
    expect(await moneyOfAna()).toEqual({ balanceCents: 1_200, debtCents: 0, reversedCents: 800 })
  })

  it('gives it back to the balance when the refund fails', async () => {
    const refund = await refundAtStripe(500)
    await webhook('charge.refunded')
    standin.reversals.failRefund(refund)
    await webhook('refund.failed')
    expect(await moneyOfAna()).toEqual({ balanceCents: 2_000, debtCents: 0, reversedCents: 0 })
  })

  it('takes what is pending at once, and gives it back when it fails after all', async () => {
    standin.reversals.holdRefunds(true)
    const [one, other] = [await refundAtStripe(500), await refundAtStripe(300)]
    standin.reversals.holdRefunds(false)
    await webhook('refund.created')
    expect(await moneyOfAna()).toEqual({ balanceCents: 1_200, debtCents: 0, reversedCents: 800 })
    standin.reversals.finishRefund(one)
    standin.reversals.failRefund(other)
    await webhook('refund.updated')
    expect(await moneyOfAna()).toEqual({ balanceCents: 1_500, debtCents: 0, reversedCents: 500 })
  })

  it('[T5] before the success is heard of credits first, and ends the same', async () => {
    const { paymentIntentId: second, clientSecret } = await world.wallet.addFunds({
      userId: 'ana',
      amountCents: cents(3_000),
    })
    await payAsPage(standin, clientSecret, CARD.good)
    await call(standin, 'POST', '/refunds', { payment_intent: second, amount: '1000' })
    await notify(world, second, 'charge.refunded')
    await notify(world, second, 'payment_intent.succeeded')
    expect((await world.client('ana')).balanceCents).toBe(4_000)
  })

  it('[R3, T3] beyond the balance becomes a debt, which later money pays first', async () => {
    await spend(world, 'ana', 1_800)
    await refundAtStripe(2_000)
    await webhook('charge.refunded')
    expect(await moneyOfAna()).toEqual({ balanceCents: 0, debtCents: 1_800, reversedCents: 2_000 })
    await paid(1_000)
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 0, debtCents: 800 })
    await paid(1_000)
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 200, debtCents: 0 })
  })

  it('outlives a crash with its debt', async () => {
    await spend(world, 'ana', 2_000)
    await refundAtStripe(2_000)
    await webhook('charge.refunded')
    world = await openWalletWorld({ payments: stripe, disk: crash(world) })
    expect(await moneyOfAna()).toEqual({ balanceCents: 0, debtCents: 2_000, reversedCents: 2_000 })
    await webhook('charge.refunded')
    expect(await moneyOfAna()).toMatchObject({ debtCents: 2_000 })
  })

  it('sends every page the new balance', async () => {
    await refundAtStripe(500)
    await webhook('charge.refunded')
    expect(world.events.filter(({ type }) => type === 'balance').at(-1)).toEqual({
      type: 'balance',
      userId: 'ana',
      balanceCents: 1_500,
    })
  })
})

describe('[R2] a dispute', () => {
  const frozen = async () => (await world.wallet.payments('ana')).frozen === true

  it('takes the money and freezes; a won one restores exactly what was taken', async () => {
    await spend(world, 'ana', 1_500)
    const { id } = standin.reversals.dispute(paymentIntentId)
    await webhook('charge.dispute.created')
    expect(await moneyOfAna()).toEqual({ balanceCents: 0, debtCents: 1_500, reversedCents: 2_000 })
    expect(await frozen()).toBe(true)
    standin.reversals.closeDispute(id, 'won')
    await webhook('charge.dispute.funds_reinstated')
    expect(await moneyOfAna()).toEqual({ balanceCents: 500, debtCents: 0, reversedCents: 0 })
    expect(await frozen()).toBe(false)
  })

  it('that is lost keeps what it took, and thaws', async () => {
    const { id } = standin.reversals.dispute(paymentIntentId)
    await webhook('charge.dispute.funds_withdrawn')
    standin.reversals.closeDispute(id, 'lost')
    await webhook('charge.dispute.closed')
    expect(await moneyOfAna()).toEqual({ balanceCents: 0, debtCents: 0, reversedCents: 2_000 })
    expect(await frozen()).toBe(false)
  })

  it('that is only an inquiry moves nothing and freezes nothing', async () => {
    standin.reversals.dispute(paymentIntentId, { inquiry: true })
    await webhook('charge.dispute.created')
    expect(await moneyOfAna()).toEqual({ balanceCents: 2_000, debtCents: 0, reversedCents: 0 })
    expect(await frozen()).toBe(false)
  })

  it('freezes as long as it is under review; an inquiry under review and one that is closed do not', async () => {
    const inquiry = standin.reversals.dispute(paymentIntentId, { inquiry: true })
    standin.reversals.answerDispute(inquiry.id)
    await webhook('charge.dispute.updated')
    expect(await frozen()).toBe(false)
    standin.reversals.closeDispute(inquiry.id, 'won')
    const { id } = standin.reversals.dispute(paymentIntentId)
    standin.reversals.answerDispute(id)
    await webhook('charge.dispute.updated')
    expect(await moneyOfAna()).toEqual({ balanceCents: 0, debtCents: 0, reversedCents: 2_000 })
    expect(await frozen()).toBe(true)
    standin.reversals.closeDispute(id, 'won')
    await webhook('charge.dispute.closed')
    expect(await moneyOfAna()).toEqual({ balanceCents: 2_000, debtCents: 0, reversedCents: 0 })
    expect(await frozen()).toBe(false)
  })

  it('beside a refund of the same payment never takes more than came in', async () => {
    await refundAtStripe(1_500)
    const { id } = standin.reversals.dispute(paymentIntentId)
    await webhook('charge.dispute.created')
    expect(await moneyOfAna()).toEqual({ balanceCents: 0, debtCents: 0, reversedCents: 2_000 })
    standin.reversals.closeDispute(id, 'won')
    await webhook('charge.dispute.closed')
    expect(await moneyOfAna()).toEqual({ balanceCents: 500, debtCents: 0, reversedCents: 1_500 })
  })

  it('whose closing was not reported is found by the daily reconciliation', async () => {
    const { id } = standin.reversals.dispute(paymentIntentId)
    await webhook('charge.dispute.created')
    standin.reversals.closeDispute(id, 'won')
    await world.wallet.startPolling()
    world.wallet.stop()
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 2_000, reversedCents: 0 })
  })
})

describe('[R1, R2] a dispute at an account that settles in euros', () => {
  beforeEach(() => standin.settlesIn('eur', 0.87))
  afterEach(() => standin.settlesIn('usd', undefined))

  it.each([
    ['at the same rate', 0.87],
    ['at a worse rate', 0.85],
    ['at a better rate', 0.9],
  ])('counts in the payment’s own currency, and leaves nothing out once it is won %s', async (_at, rate) => {
    const { id } = standin.reversals.dispute(paymentIntentId, { amount: 1_000, feeApart: true })
    await webhook('charge.dispute.created')
    expect(await moneyOfAna()).toEqual({ balanceCents: 1_000, debtCents: 0, reversedCents: 1_000 })
    standin.settlesIn('eur', rate)
    standin.reversals.closeDispute(id, 'won')
    await webhook('charge.dispute.funds_reinstated')
    expect(await moneyOfAna()).toEqual({ balanceCents: 2_000, debtCents: 0, reversedCents: 0 })
  })

  it('keeps what it took when it is lost', async () => {
    const { id } = standin.reversals.dispute(paymentIntentId, { amount: 1_000 })
    standin.reversals.closeDispute(id, 'lost')
    await webhook('charge.dispute.closed')
    expect(await moneyOfAna()).toEqual({ balanceCents: 1_000, debtCents: 0, reversedCents: 1_000 })
  })

  it('puts right what an earlier version took by the rate', async () => {
    await world.store.commit((tx) => {
      const client = clientIn(tx, 'ana')
      const topUps = client.topUps.map((topUp) => ({
        ...topUp,
        elsewhereCents: 870,
        reversedCents: cents(870),
        reversals: 1,
        openDisputes: 1,
      }))
      tx.post(takeBackFrom(`reversal:${paymentIntentId}:1`, cents(870), client))
      tx.putUser({ ...clientIn(tx, 'ana'), topUps })
    })
    const { id } = standin.reversals.dispute(paymentIntentId, { amount: 1_000 })
    world = await openWalletWorld({ payments: stripe, disk: crash(world) })
    expect(await moneyOfAna()).toEqual({ balanceCents: 1_130, debtCents: 0, reversedCents: 870 })
    await webhook('charge.dispute.updated')
    expect(await moneyOfAna()).toEqual({ balanceCents: 1_000, debtCents: 0, reversedCents: 1_000 })
    standin.reversals.closeDispute(id, 'won')
    await webhook('charge.dispute.closed')
    expect(await moneyOfAna()).toEqual({ balanceCents: 2_000, debtCents: 0, reversedCents: 0 })
  })
})

describe('a fee of a dispute', () => {
  it('is the platform’s, also as a transaction of its own', async () => {
    const { id } = standin.reversals.dispute(paymentIntentId, { amount: 1_000, feeApart: true })
    await webhook('charge.dispute.created')
    expect(await moneyOfAna()).toEqual({ balanceCents: 1_000, debtCents: 0, reversedCents: 1_000 })
    standin.reversals.closeDispute(id, 'won')
    await webhook('charge.dispute.closed')
    expect(await moneyOfAna()).toEqual({ balanceCents: 2_000, debtCents: 0, reversedCents: 0 })
  })
})

describe('two responses of Stripe’s', () => {
  it('never overtake each other: the later one decides', async () => {
    const [asked, answered] = [gate(), gate()]
    const payment = await stripe.retrieve(paymentIntentId)
    let refunded = 500
    let isFirst = true
    const instant: Payments = {
      ...stripe,
      retrieve: async () => payment,
      reversalsOf: async () => {
        const returns = { refunds: [{ cents: refunded, failed: false }], withdrawnCents: 0, openDisputes: 0 }
        if (!isFirst) return returns
        isFirst = false
        asked.reach()
        await answered.reached
        return returns
      },
    }
    world = await openWalletWorld({ payments: instant, disk: crash(world) })
    const one = webhook('charge.refunded')
    await asked.reached
    refunded = 800
    const other = webhook('charge.refunded')
    // Nothing here waits for anything but the event loop: by then the other one would be done, were
    // it not in line.
    for (let turn = 0; turn < 20; turn += 1) await setImmediate()
    answered.reach()
    await Promise.all([one, other])
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 1_200, reversedCents: 800 })
  })
})

describe('unspent money back to the card', () => {
  it('that is pending at Stripe is made, and back in the balance when it fails there', async () => {
    standin.reversals.holdRefunds(true)
    expect(await world.admin.refund('ana', 700, NOTE)).toMatchObject([{ status: 'made' }])
    standin.reversals.holdRefunds(false)
    await webhook('refund.created')
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 1_300, reversedCents: 700 })
    const { body } = await call(standin, 'GET', '/refunds', { payment_intent: paymentIntentId })
    standin.reversals.failRefund((body.data as { id: string }[])[0]?.id ?? '')
    await webhook('refund.failed')
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 2_000, reversedCents: 0 })
    expect((await world.client('ana')).topUps[0]?.refunds).toMatchObject([{ status: 'failed' }])
  })

  it('leaves the balance and arrives at Stripe, with who and why on record', async () => {
    await spend(world, 'ana', 500)
    const refunds = await world.admin.refund('ana@example.com', undefined, NOTE)
    expect(refunds).toMatchObject([{ cents: 1_500, status: 'made', ...NOTE }])
    expect(await moneyOfAna()).toEqual({ balanceCents: 0, debtCents: 0, reversedCents: 1_500 })
    const { body } = await call(standin, 'GET', '/refunds', { payment_intent: paymentIntentId })
    expect(body.data).toMatchObject([{ amount: 1_500 }])
    await webhook('charge.refunded')
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 0, reversedCents: 1_500 })
  })

  it('comes out of the oldest top-up first', async () => {
    await paid(3_000)
    const refunds = await world.admin.refund('ana', 2_500, NOTE)
    expect(refunds.map(({ cents }) => cents)).toEqual([2_000, 500])
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 2_500, reversedCents: 2_000 })
  })

  it('is refused beyond what is unspent, of goodwill too, and without a name or a reason', async () => {
    await spend(world, 'ana', 1_900)
    await world.admin.goodwill('ana', 5_000, NOTE)
    await expect(world.admin.refund('ana', 2_001, NOTE)).rejects.toEqual(refusal('insufficient_funds'))
    await expect(world.admin.refund('ana', 0, NOTE)).rejects.toEqual(refusal('insufficient_funds'))
    await expect(world.admin.refund('ana', 100, { by: 'Olu', why: ' ' })).rejects.toEqual(
      refusal('invalid_input'),
    )
    await expect(world.admin.refund('nobody', 100, NOTE)).rejects.toEqual(refusal('not_found'))
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 5_100, reversedCents: 0 })
  })

  it('of a disputed payment is refused', async () => {
    const { paymentIntentId: second, clientSecret } = await world.wallet.addFunds({
      userId: 'ana',
      amountCents: cents(1_000),
    })
    await payAsPage(standin, clientSecret, CARD.good)
    await world.wallet.confirm({ userId: 'ana', paymentIntentId: second })
    standin.reversals.dispute(second)
    await notify(world, second, 'charge.dispute.created')
    await expect(world.admin.refund('ana', 2_100, NOTE)).rejects.toEqual(refusal('insufficient_funds'))
  })

  it('comes back into the balance when Stripe will not make it', async () => {
    await refundAtStripe(2_000)
    const refunds = await world.admin.refund('ana', 700, NOTE)
    expect(refunds).toMatchObject([{ status: 'failed' }])
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 2_000, reversedCents: 0 })
    await webhook('charge.refunded')
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 0, reversedCents: 2_000 })
  })

  it('stays out of the balance while its fate is unknown, and is requested again by the next start, once', async () => {
    let lost = true
    const forgetful: Payments = {
      ...stripe,
      refund: async (wish) => {
        await stripe.refund(wish)
        if (lost) throw new Refusal('payment_unavailable', 'The answer was lost.')
      },
    }
    world = await openWalletWorld({ payments: forgetful, disk: crash(world) })
    expect(await world.admin.refund('ana', 700, NOTE)).toMatchObject([{ status: 'asked' }])
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 1_300 })
    lost = false
    world = await openWalletWorld({ payments: forgetful, disk: crash(world) })
    await world.wallet.poll()
    expect((await world.client('ana')).topUps[0]?.refunds).toMatchObject([{ status: 'made' }])
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 1_300, reversedCents: 700 })
    const { body } = await call(standin, 'GET', '/refunds', { payment_intent: paymentIntentId })
    expect(body.data).toHaveLength(1)
  })
})

describe('[R4] a refund without a response', () => {
  const HOUR = 3_600_000
  const down = () => Promise.reject(new Refusal('payment_unavailable', 'Stripe is down.'))

  /** Starts the next run of the server, so many hours after the refund was requested. */
  async function later(hours: number, payments: Payments = stripe): Promise<WalletWorld> {
    world = await openWalletWorld({ payments, disk: crash(world), now: world.clock.now + hours * HOUR })
    await world.wallet.poll()
    return world
  }
  const refundsOf = async () => (await world.client('ana')).topUps[0]?.refunds
  const atStripe = async () =>
    (await call(standin, 'GET', '/refunds', { payment_intent: paymentIntentId })).body.data as unknown[]

  it('and that Stripe never made is failed once its key has lapsed: the money is back, and the operator hears it', async () => {
    standin.failNext('server_error', 'server_error', 'server_error')
    expect(await world.admin.refund('ana', 700, NOTE)).toMatchObject([{ status: 'asked' }])
    await later(25)
    expect(await refundsOf()).toMatchObject([{ status: 'failed' }])
    expect(await moneyOfAna()).toEqual({ balanceCents: 2_000, debtCents: 0, reversedCents: 0 })
    expect(await atStripe()).toHaveLength(0)
    expect(world.alarms.map(({ message }) => message)).toContain(
      'a refund was never made: the money is back in the balance',
    )
    await later(24)
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 2_000 })
    expect(await world.admin.refund('ana', 700, NOTE)).toMatchObject([{ status: 'made' }])
  })

  it('and that Stripe has made is made, and is not asked for again', async () => {
    const silent: Payments = { ...stripe, refund: (wish) => stripe.refund(wish).then(down) }
    world = await openWalletWorld({ payments: silent, disk: crash(world) })
    await world.admin.refund('ana', 700, NOTE)
    await later(25)
    expect(await refundsOf()).toMatchObject([{ status: 'made' }])
    expect(await moneyOfAna()).toEqual({ balanceCents: 1_300, debtCents: 0, reversedCents: 700 })
    expect(await atStripe()).toHaveLength(1)
  })

  it('and that a bank has sent back since is failed', async () => {
    const silent: Payments = { ...stripe, refund: (wish) => stripe.refund(wish).then(down) }
    world = await openWalletWorld({ payments: silent, disk: crash(world) })
    await world.admin.refund('ana', 700, NOTE)
    const [made] = (await atStripe()) as { id: string }[]
    standin.reversals.failRefund(made?.id ?? '')
    await later(25)
    expect(await refundsOf()).toMatchObject([{ status: 'failed' }])
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 2_000, reversedCents: 0 })
  })

  it('stays out of the balance while Stripe cannot be asked about it', async () => {
    world = await openWalletWorld({ payments: { ...stripe, refund: down }, disk: crash(world) })
    await world.admin.refund('ana', 700, NOTE)
    await later(25, { ...stripe, reversalsOf: down })
    expect(await refundsOf()).toMatchObject([{ status: 'asked' }])
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 1_300 })
    await later(1)
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 2_000 })
  })

  it('is left alone in the last hour of its key, when a request may still be on its way', async () => {
    const asked: string[] = []
    const deaf: Payments = {
      ...stripe,
      refund: () => {
        asked.push('refund')
        return down()
      },
      reversalsOf: (id) => {
        asked.push('list')
        return stripe.reversalsOf(id)
      },
    }
    world = await openWalletWorld({ payments: deaf, disk: crash(world) })
    await world.admin.refund('ana', 700, NOTE)
    await later(22.5, deaf)
    await later(1, deaf)
    expect(asked).toEqual(['refund', 'refund'])
    await later(1, deaf)
    expect(asked).toEqual(['refund', 'refund', 'list'])
  })

  it('is looked for, and not asked for again, where the wall clock has been set back since: its key may have lapsed', async () => {
    const asked: string[] = []
    const deaf: Payments = {
      ...stripe,
      refund: async (wish) => {
        asked.push('refund')
        await stripe.refund(wish)
        return down()
      },
    }
    world = await openWalletWorld({ payments: deaf, disk: crash(world) })
    await world.admin.refund('ana', 700, NOTE)
    await later(-400 * 24, deaf)
    expect(asked).toEqual(['refund'])
    expect(await refundsOf()).toMatchObject([{ status: 'made' }])
    expect(await moneyOfAna()).toEqual({ balanceCents: 1_300, debtCents: 0, reversedCents: 700 })
  })

  it('is taken out of the balance again if it turns up after all', async () => {
    world = await openWalletWorld({ payments: { ...stripe, refund: down }, disk: crash(world) })
    const [refund] = await world.admin.refund('ana', 700, NOTE)
    await later(25)
    if (refund) await stripe.refund({ paymentIntentId, refundId: refund.id, amountCents: refund.cents })
    await webhook('refund.created')
    expect(await refundsOf()).toMatchObject([{ status: 'made' }])
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 1_300, reversedCents: 700 })
  })

  it('pays what is owed first when it comes back, and a running session hears of it', async () => {
    const heard: string[] = []
    const meter = { ...STILL_METER, afterMove: (id: string) => void heard.push(id) }
    world = await openWalletWorld({ payments: { ...stripe, refund: down }, disk: crash(world) })
    await world.admin.refund('ana', 700, NOTE)
    await spend(world, 'ana', 1_300)
    const later = await openWalletWorld({
      payments: stripe,
      disk: crash(world),
      now: world.clock.now + 25 * HOUR,
    })
    world = withMeter(later, stripe, meter)
    await world.wallet.poll()
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 700, debtCents: 0 })
    expect(heard).toEqual(['ana'])
  })

  it('is asked for again in a minute, not in a day', async () => {
    const rings: number[] = []
    const at = (instant: number) => {
      rings.push(instant)
      return () => undefined
    }
    world = await openWalletWorld({ payments: { ...stripe, refund: down }, disk: crash(world), at })
    await world.wallet.startPolling()
    await world.admin.refund('ana', 700, NOTE)
    expect(rings).toContain(world.clock.now + 60_000)
    world.wallet.stop()
  })
})

describe('what the operator does by hand', () => {
  it('goodwill pays a debt first', async () => {
    await spend(world, 'ana', 2_000)
    await refundAtStripe(2_000)
    await webhook('charge.refunded')
    await world.admin.goodwill('ana', 2_500, NOTE)
    expect(await moneyOfAna()).toMatchObject({ balanceCents: 500, debtCents: 0 })
  })

  it('is on the statement, whose lines sum to what she has', async () => {
    await world.admin.goodwill('ana', 250, NOTE)
    await world.admin.refund('ana', 300, NOTE)
    await world.admin.freeze('ana', NOTE)
    await world.admin.unfreeze('ana', NOTE)
    await refundAtStripe(100)
    await webhook('charge.refunded')
    const statement = await world.admin.statement('ana')
    expect(statement).toContain('goodwill by Olu: she asked')
    expect(statement).toMatch(/refund \$3\.00 of pi_\w+, made, by Olu: she asked/)
    expect(statement).toMatch(/balance \$18\.50; the lines sum to \$18\.50: agrees$/)
  })

  it('cannot unfreeze what a dispute froze', async () => {
    standin.reversals.dispute(paymentIntentId)
    await webhook('charge.dispute.created')
    await expect(world.admin.unfreeze('ana', NOTE)).rejects.toEqual(refusal('wrong_state'))
  })
})
