/**
 * Checks the behaviour of Stripe that we rely on against the stand-in and, where there is a test
 * key in STRIPE_SECRET_KEY, against Stripe itself: both must respond alike.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPayments } from '../../../adapters/stripe/payments.ts'
import { STANDIN_KEYS } from '../../../dev/stripe/keys.ts'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import type { Refusal } from '../../../domain/errors.ts'
import type { Payments } from '../../../engine/ports.ts'
import { cents } from '../../../shared/money.ts'

const TEST_KEY = process.env.STRIPE_SECRET_KEY?.match(/^sk_test_(?!standin)\w+$/)?.[0]
const log = { info() {}, warn() {}, error() {} }
const refusal = (code: Refusal['code']) => expect.objectContaining({ name: 'Refusal', code })
const newName = () => randomBytes(8).toString('hex')

const STRIPES: [string, () => Promise<{ payments: Payments; stop: () => Promise<void> }>, boolean][] = [
  [
    'the stand-in',
    async () => {
      const standin: Standin = await startStripeStandin()
      return {
        payments: createPayments({ ...STANDIN_KEYS, apiBase: standin.url, log }),
        stop: standin.stop,
      }
    },
    false,
  ],
  [
    'Stripe in test mode',
    async () => ({
      payments: createPayments({ secretKey: TEST_KEY ?? '', webhookSecret: 'whsec_unused', log }),
      stop: async () => undefined,
    }),
    TEST_KEY === undefined,
  ],
]

describe.each(STRIPES)('%s', (name, start, isSkipped) => {
  if (isSkipped) {
    it.skip(`is not asked: there is no test key in STRIPE_SECRET_KEY, so ${name} cannot be compared`, () => {})
    return
  }
  let payments: Payments
  let stop: () => Promise<void>
  let customerId: string
  const userId = `contract-${newName()}`

  beforeAll(async () => {
    const started = await start()
    payments = started.payments
    stop = started.stop
    customerId = await payments.makeCustomer(userId)
  })
  afterAll(() => stop())

  const wish = (more: object = {}) => ({ topUpId: newName(), userId, amountCents: cents(2_000), ...more })
  const charged = (cardId: string, isAway = false) =>
    payments.create(wish({ customerId, charge: { cardId, isAway } }))

  it('opens a payment, finds it again under its key, and returns our metadata', async () => {
    const one = wish()
    const payment = await payments.create(one)
    expect(payment).toMatchObject({ status: 'pending', currency: 'usd', topUpId: one.topUpId, userId })
    expect(payment.clientSecret).toContain('_secret_')
    expect((await payments.create(one)).id).toBe(payment.id)
    expect(await payments.retrieve(payment.id)).toEqual(payment)
  })

  it('refuses a used key for another amount', async () => {
    const one = wish()
    await payments.create(one)
    const other = { ...one, amountCents: cents(3_000) }
    await expect(payments.create(other)).rejects.toEqual(refusal('idempotency_mismatch'))
  })

  it('knows no payment that was never made', async () => {
    await expect(payments.retrieve('pi_neverMade')).rejects.toEqual(refusal('not_found'))
  })

  it('charges a card, and returns the card and the receipt', async () => {
    const payment = await charged('pm_card_visa')
    expect(payment).toMatchObject({ status: 'succeeded', amountReceivedCents: 2_000 })
    const { card, receiptUrl } = await payments.detailsOf(payment.id)
    expect(card).toMatchObject({ brand: 'visa', last4: '4242', fingerprint: expect.any(String) })
    expect(receiptUrl).toMatch(/^https:/)
  })

  it('reports a decline with its reason, its charge and its card, and leaves the payment open', async () => {
    const payment = await charged('pm_card_chargeDeclinedInsufficientFunds')
    expect(payment).toMatchObject({
      status: 'pending',
      decline: {
        tryId: expect.stringMatching(/^ch_/),
        code: 'insufficient_funds',
        card: { brand: 'visa', last4: '9995' },
      },
    })
  })

  it('asks for the person where the bank does', async () => {
    expect(await charged('pm_card_authenticationRequired')).toMatchObject({
      status: 'pending',
      needsPerson: true,
    })
    const away = await charged('pm_card_authenticationRequired', true)
    expect(away).toMatchObject({ status: 'pending', decline: { code: 'authentication_required' } })
  })

  it('keeps a card that was to be saved, charges it, and forgets it', async () => {
    const saving = wish({
      customerId,
      saveCard: true,
      charge: { cardId: 'pm_card_mastercard', isAway: false },
    })
    expect((await payments.create(saving)).status).toBe('succeeded')
    const [card] = await payments.cardsOf(customerId)
    expect(card).toMatchObject({ brand: 'mastercard', last4: '4444', expiryYear: expect.any(Number) })
    expect((await charged(card?.id ?? '', true)).status).toBe('succeeded')
    await payments.forgetCard(card?.id ?? '')
    expect(await payments.cardsOf(customerId)).toEqual([])
  })

  it('gives money back once for each name, up to what came in, and lists it', async () => {
    const { id: paymentIntentId } = await charged('pm_card_visa')
    const refundId = newName()
    for (let n = 0; n < 2; n += 1) {
      await payments.refund({ paymentIntentId, refundId, amountCents: cents(700) })
    }
    expect(await payments.reversalsOf(paymentIntentId)).toEqual({
      refunds: [{ cents: 700, failed: false, refundId }],
      withdrawnCents: 0,
      openDisputes: 0,
    })
    const tooMuch = { paymentIntentId, refundId: newName(), amountCents: cents(1_301) }
    await expect(payments.refund(tooMuch)).rejects.toEqual(refusal('payment_mismatch'))
  })

  it('closes an open payment for good, and reports a paid one as it is', async () => {
    const { id } = await payments.create(wish())
    expect((await payments.cancel(id)).status).toBe('failed')
    const paid = await charged('pm_card_visa')
    expect((await payments.cancel(paid.id)).status).toBe('succeeded')
  })

  it('lists recent payments and refunds', async () => {
    const before = Date.now() - 60_000
    const paid = await charged('pm_card_visa')
    await payments.refund({ paymentIntentId: paid.id, refundId: newName(), amountCents: cents(100) })
    const lately = await payments.since(before)
    expect(lately.paid.map(({ id }) => id)).toContain(paid.id)
    expect(lately.returned).toContain(paid.id)
  })
})
