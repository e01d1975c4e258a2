/**
 * Tests the deletion of a client's account with open payments, refunds, disputes and saved cards.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import { Refusal } from '../../../domain/errors.ts'
import type { Payments } from '../../../engine/ports.ts'
import { cents } from '../../../shared/money.ts'
import { CARD, call, payAsPage } from '../../dev/stripe/support.ts'
import { NOTES, type Note } from '../../support/store/toy-table.ts'
import {
  crash,
  gate,
  notify,
  openWalletWorld,
  paymentsAt,
  register,
  spend,
  type WalletWorld,
} from '../payments/wallet-support.ts'

const WHY = { by: 'Olu', why: 'a test' }
const isDown = () => Promise.reject(new Refusal('payment_unavailable', 'Stripe is down.'))
let standin: Standin
let stripe: Payments
let world: WalletWorld

beforeEach(async () => {
  standin = await startStripeStandin()
  stripe = paymentsAt(standin.url)
  world = await openWalletWorld({ payments: stripe })
  await register(world, 'ana')
})
afterEach(() => standin.stop())

const ana = () => world.client('ana')
const open = (more = {}) => world.wallet.addFunds({ userId: 'ana', amountCents: cents(2_000), ...more })
const leave = async (giveUpCents?: number, from = world) =>
  from.deletion.remove(
    { user: await from.client('ana'), loginHash: '' },
    { password: '', ...(giveUpCents === undefined ? {} : { giveUpCents }) },
  )
const again = async (payments = stripe) => {
  world = await openWalletWorld({ payments, disk: crash(world) })
}

async function paid(more = {}): Promise<string> {
  const { paymentIntentId, clientSecret } = await open(more)
  await payAsPage(standin, clientSecret, CARD.good)
  await world.wallet.confirm({ userId: 'ana', paymentIntentId })
  return paymentIntentId
}

async function stays(says: RegExp): Promise<void> {
  const { balanceCents } = await ana()
  await expect(leave(balanceCents)).rejects.toMatchObject({ code: 'wrong_state', message: says })
  expect(await ana()).toMatchObject({ name: 'ana', email: 'ana@example.com' })
  expect(await ana()).not.toHaveProperty('closedAt')
}

it('what a client has left in a table is there without the personal fields', async () => {
  const mine: Note = { id: 'n1', authorId: 'ana', topic: 'tea', text: 'Call me at home', tags: [] }
  const others: Note = { ...mine, id: 'n2', authorId: 'bea' }
  await world.store.commit((tx) => {
    tx.table(NOTES).put(mine)
    tx.table(NOTES).put(others)
  })
  await leave()
  const { text: _, ...bare } = mine
  expect(await world.store.read((view) => [...view.table(NOTES).all()])).toEqual([bare, others])
})

describe('a client stays who', () => {
  it('owes money', async () => {
    const payment = await paid()
    await spend(world, 'ana', 2_000)
    await call(standin, 'POST', '/refunds', { payment_intent: payment, amount: '685' })
    await notify(world, payment, 'charge.refunded')
    expect(await ana()).toMatchObject({ debtCents: 685 })
    await stays(/You owe \$6\.85/)
  })

  it('has a payment that a bank disputes', async () => {
    const payment = await paid()
    standin.reversals.dispute(payment)
    await notify(world, payment, 'charge.dispute.created')
    await stays(/disputes/)
  })

  it('is frozen', async () => {
    await world.admin.freeze('ana', WHY)
    await stays(/frozen/)
  })

  it('waits for an unconfirmed refund', async () => {
    await paid()
    await again({ ...stripe, refund: isDown })
    await world.admin.refund('ana', 500, WHY)
    await stays(/refund/)
  })

  it('has a payment by a saved card under way', async () => {
    await paid({ saveCard: true })
    const [card] = await world.wallet.cards.list('ana')
    await again({ ...stripe, create: isDown })
    await expect(open({ cardId: card?.id ?? '' })).rejects.toMatchObject({ code: 'payment_unavailable' })
    await stays(/under way/)
  })

  it('has an open payment that cannot be cancelled, because Stripe does not respond', async () => {
    await open()
    await again({ ...stripe, cancel: isDown })
    await expect(leave()).rejects.toMatchObject({ code: 'payment_unavailable' })
    expect(await ana()).not.toHaveProperty('closedAt')
  })

  it('would lose money that came in at the last moment', async () => {
    const { clientSecret } = await open()
    await payAsPage(standin, clientSecret, CARD.good)
    await expect(leave()).rejects.toMatchObject({ code: 'invalid_input', message: /\$20\.00/ })
    expect(await ana()).toMatchObject({ name: 'ana', balanceCents: 2_000 })
  })
})

describe('when a client has left', () => {
  it('no payment that was open can be paid', async () => {
    const { paymentIntentId, clientSecret } = await open()
    await leave()
    expect((await payAsPage(standin, clientSecret, CARD.good)).status).toBe(400)
    expect(await stripe.retrieve(paymentIntentId)).toMatchObject({ status: 'failed' })
    expect((await ana()).topUps).toMatchObject([{ status: 'failed' }])
  })

  it('[T10] one that was paid all the same is unmatched, and the operator hears of it', async () => {
    const { paymentIntentId, clientSecret } = await open()
    // Stripe says that it has closed the payment, and has not.
    await again({ ...stripe, cancel: async (id) => ({ ...(await stripe.retrieve(id)), status: 'failed' }) })
    await leave()
    await payAsPage(standin, clientSecret, CARD.good)
    await notify(world, paymentIntentId, 'payment_intent.succeeded')
    expect(await ana()).toMatchObject({ balanceCents: 0 })
    expect(await world.admin.unmatchedPayments()).toMatchObject([
      { paymentIntentId, amountCents: 2_000, userId: 'ana' },
    ])
    expect(world.alarms).toMatchObject([{ fields: { paymentIntentId } }])
  })

  it('one that Stripe was just making is never sent to the page, and is given up', async () => {
    const { reached, reach } = gate()
    const { reached: answered, reach: answer } = gate()
    await again({
      ...stripe,
      create: async (wish) => {
        const made = await stripe.create(wish)
        reach()
        await answered
        return made
      },
    })
    const opening = open().catch((error: unknown) => error)
    await reached
    await leave()
    answer()
    expect(await opening).toMatchObject({ code: 'not_logged_in' })
    expect((await ana()).topUps).toMatchObject([{ status: 'failed' }])
    await world.wallet.poll()
    expect((await ana()).topUps).toMatchObject([{ status: 'failed' }])
  })

  it('money that comes back is reported to the operator', async () => {
    const payment = await paid()
    const { body } = await call(standin, 'POST', '/refunds', { payment_intent: payment, amount: '500' })
    await notify(world, payment, 'charge.refunded')
    await leave(1_500)
    standin.reversals.failRefund(String(body.id))
    await notify(world, payment, 'refund.failed')
    expect(world.alarms).toMatchObject([{ message: 'a payment of a deleted account was reversed' }])
  })

  it('the operator gives the account nothing more', async () => {
    await leave()
    const refused = { code: 'wrong_state', message: /deleted/ }
    await expect(world.admin.goodwill('ana', 500, WHY)).rejects.toMatchObject(refused)
    await expect(world.admin.assign('pi_unknown', 'ana', WHY)).rejects.toMatchObject(refused)
  })

  it('nothing that was under way writes to the account', async () => {
    const payment = await paid({ saveCard: true })
    const [card] = await world.wallet.cards.list('ana')
    await leave(2_000)
    const gone = { code: 'not_logged_in' }
    const { wallet } = world
    const cardId = card?.id ?? ''
    await expect(open()).rejects.toMatchObject(gone)
    await expect(open({ cardId })).rejects.toMatchObject({ code: 'not_found' })
    await expect(wallet.cards.makeDefault('ana', cardId)).rejects.toMatchObject({ code: 'not_found' })
    await expect(wallet.automatic.switchOff('ana')).rejects.toMatchObject(gone)
    await wallet.automatic.consider('ana')
    const before = await ana()
    await notify(world, payment, 'payment_intent.succeeded')
    expect(await ana()).toEqual(before)
  })
})

describe('the customer at Stripe', () => {
  const customer = async (id = '') => (await call(standin, 'GET', `/customers/${id}`)).body

  it('is deleted with the cards once the account is', async () => {
    await paid({ saveCard: true })
    const { customerId } = await ana()
    await leave(2_000)
    await expect.poll(() => customer(customerId)).toMatchObject({ deleted: true })
    await expect.poll(ana).not.toHaveProperty('customerId')
  })

  it('is deleted by a later start where Stripe did not respond, or the process ended first', async () => {
    await paid({ saveCard: true })
    const { customerId } = await ana()
    await again({ ...stripe, deleteCustomer: isDown })
    await leave(2_000)
    await again()
    expect(await ana()).toMatchObject({ name: 'Deleted account', customerId })
    await world.wallet.startPolling()
    world.wallet.stop()
    expect(await customer(customerId)).toMatchObject({ deleted: true })
    expect(await ana()).not.toHaveProperty('customerId')
  })

  it('is forgotten although the response to its deletion was lost', async () => {
    await paid({ saveCard: true })
    await again({
      ...stripe,
      deleteCustomer: async (id) => {
        await stripe.deleteCustomer(id)
        await isDown()
      },
    })
    await leave(2_000)
    await again()
    await world.wallet.startPolling()
    world.wallet.stop()
    expect(await ana()).not.toHaveProperty('customerId')
  })

  it('that was being made for an account that is deleted meanwhile is deleted too', async () => {
    const { reached, reach } = gate()
    const { reached: answered, reach: answer } = gate()
    await again({
      ...stripe,
      makeCustomer: async (userId) => {
        const id = await stripe.makeCustomer(userId)
        reach()
        await answered
        return id
      },
    })
    const opening = open({ saveCard: true }).catch((error: unknown) => error)
    await reached
    await leave()
    answer()
    expect(await opening).toMatchObject({ code: 'not_logged_in' })
    const { customerId } = await ana()
    await world.wallet.deleteLeftCustomers()
    expect(await customer(customerId)).toMatchObject({ deleted: true })
    expect(await ana()).not.toHaveProperty('customerId')
  })
})
