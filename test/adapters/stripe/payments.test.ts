/** Tests our requests to Stripe against the stand-in. */
import Stripe from 'stripe'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPayments } from '../../../adapters/stripe/payments.ts'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import { Refusal } from '../../../domain/errors.ts'
import type { Payments } from '../../../engine/ports.ts'
import { cents } from '../../../shared/money.ts'
import { CARD, call, payAsPage, SECRET_KEY, WEBHOOK_SECRET } from '../../dev/stripe/support.ts'

let standin: Standin
let payments: Payments
let logged: object[]

function paymentsAt(apiBase: string, secretKey = SECRET_KEY): Payments {
  logged = []
  const note = (fields: object) => void logged.push(fields)
  const log = { info: note, warn: note, error: note }
  return createPayments({ secretKey, webhookSecret: WEBHOOK_SECRET, apiBase, log })
}

beforeEach(async () => {
  standin = await startStripeStandin()
  payments = paymentsAt(standin.url)
})
afterEach(() => standin.stop())

const wish = { topUpId: 't1', userId: 'u1', amountCents: cents(2000), receiptEmail: 'ana@example.com' }
const refusal = (code: Refusal['code']) => expect.objectContaining({ name: 'Refusal', code })

async function paymentsMade(): Promise<unknown[]> {
  return (await call(standin, 'GET', '/payment_intents', { limit: '100' })).body.data as unknown[]
}

describe('making and reading a payment through the SDK', () => {
  it('opens a payment that waits for a card, with our names for it at Stripe', async () => {
    const payment = await payments.create(wish)
    expect(payment).toEqual({
      id: expect.stringMatching(/^pi_/),
      status: 'pending',
      amountReceivedCents: 0,
      currency: 'usd',
      clientSecret: expect.stringContaining('_secret_'),
      topUpId: 't1',
      userId: 'u1',
    })
    expect(await paymentsMade()).toMatchObject([
      {
        amount: 2000,
        allowed_payment_method_types: ['card'],
        payment_method_types: ['card'],
        automatic_payment_methods: null,
        receipt_email: 'ana@example.com',
        statement_descriptor_suffix: 'BALANCE',
      },
    ])
  })

  it('names the payment on the client’s statement', async () => {
    const { id, clientSecret } = await payments.create(wish)
    await payAsPage(standin, clientSecret, CARD.good)
    const { body } = await call(standin, 'GET', `/payment_intents/${id}`, { 'expand[0]': 'latest_charge' })
    expect(body.latest_charge).toMatchObject({ calculated_statement_descriptor: 'SOULSEER* BALANCE' })
  })

  it('goes without a receipt where Stripe does not take the address', async () => {
    const payment = await payments.create({ ...wish, receiptEmail: 'ana@intranet' })
    expect(payment).toMatchObject({ status: 'pending', topUpId: 't1' })
    expect(await paymentsMade()).toMatchObject([{ receipt_email: null }])
  })

  it('[T4] finds the payment made before although the address has changed since', async () => {
    const first = await payments.create(wish)
    expect(await payments.create({ ...wish, receiptEmail: 'new@example.com' })).toEqual(first)
    expect(await paymentsMade()).toHaveLength(1)
  })

  it('[T4] finds the payment that an earlier version made with other parameters', async () => {
    const form = {
      amount: '2000',
      currency: 'usd',
      description: 'SoulSeer balance',
      'automatic_payment_methods[enabled]': 'true',
      'automatic_payment_methods[allow_redirects]': 'never',
      'metadata[topUpId]': 't1',
      'metadata[userId]': 'u1',
    }
    const headers = { authorization: `Bearer ${SECRET_KEY}`, 'idempotency-key': 'topup:t1' }
    const { body } = await call(standin, 'POST', '/payment_intents', form, headers)
    expect((await payments.create(wish)).id).toBe(body.id)
    expect(await paymentsMade()).toHaveLength(1)
  })

  it('[T4] finds the payment made before under the same top-up', async () => {
    const first = await payments.create(wish)
    expect(await payments.create(wish)).toEqual(first)
    expect(await paymentsMade()).toHaveLength(1)
  })

  it('reports a payment that succeeded, with the amount received', async () => {
    const { id, clientSecret } = await payments.create(wish)
    await payAsPage(standin, clientSecret, CARD.good)
    expect(await payments.retrieve(id)).toMatchObject({ status: 'succeeded', amountReceivedCents: 2000 })
  })

  it('calls a declined payment pending, since another card may pay it', async () => {
    const { id, clientSecret } = await payments.create(wish)
    await payAsPage(standin, clientSecret, CARD.declined)
    expect(await payments.retrieve(id)).toMatchObject({ status: 'pending', amountReceivedCents: 0 })
  })

  it('calls a payment that waits for the bank pending', async () => {
    const { id, clientSecret } = await payments.create(wish)
    await payAsPage(standin, clientSecret, CARD.checked)
    expect((await payments.retrieve(id)).status).toBe('pending')
  })

  it('calls a cancelled payment failed', async () => {
    const { id } = await payments.create(wish)
    await call(standin, 'POST', `/payment_intents/${id}/cancel`)
    expect((await payments.retrieve(id)).status).toBe('failed')
  })

  it.each(['pi_unknown', '../customers', 'pi_1/confirm', '', '..'])('knows no payment %j', async (id) => {
    await expect(payments.retrieve(id)).rejects.toEqual(refusal('not_found'))
  })
})

describe('what is not there at Stripe is refused in its own words', () => {
  const none = { ...wish, topUpId: 't2', customerId: 'cus_none' }

  it.each<[string, () => Promise<unknown>, string]>([
    ['a payment', () => payments.retrieve('pi_none'), 'There is no such payment.'],
    ['a payment with its card', () => payments.detailsOf('pi_none'), 'There is no such payment.'],
    ['a payment to cancel', () => payments.cancel('pi_none'), 'There is no such payment.'],
    ['a customer whose cards are asked for', () => payments.cardsOf('cus_none'), 'Your saved cards'],
    ['a customer who is to pay', () => payments.create({ ...none, saveCard: true }), 'Your saved cards'],
    [
      'a card that is to pay',
      async () => {
        const customerId = await payments.makeCustomer('u1')
        await payments.create({ ...none, customerId, charge: { cardId: 'pm_none', isAway: false } })
      },
      'This card is no longer saved.',
    ],
  ])('%s', async (_what, ask, words) => {
    await expect(ask()).rejects.toEqual(refusal('not_found'))
    await expect(ask()).rejects.toThrow(words)
    expect(logged).toEqual([])
  })

  it('a payment that is to be refunded', async () => {
    const refund = { paymentIntentId: 'pi_none', refundId: 'r1', amountCents: cents(100) }
    await expect(payments.refund(refund)).rejects.toEqual(refusal('payment_mismatch'))
    await expect(payments.refund(refund)).rejects.toThrow("No such payment_intent: 'pi_none'")
  })

  it('a card that is forgotten is forgotten already', async () => {
    await expect(payments.forgetCard('pm_none')).resolves.toBeUndefined()
  })
})

describe('when Stripe is in trouble', () => {
  it('makes one payment although its first response is lost', async () => {
    standin.failNext('lost_response')
    const payment = await payments.create(wish)
    expect(await paymentsMade()).toMatchObject([{ id: payment.id }])
  })

  it('tries again after an outage of a moment', async () => {
    standin.failNext('server_error')
    expect((await payments.create(wish)).status).toBe('pending')
  })

  it('refuses payment_unavailable after three outages, and the next attempt makes one payment', async () => {
    standin.failNext('server_error', 'server_error', 'server_error')
    await expect(payments.create(wish)).rejects.toEqual(refusal('payment_unavailable'))
    await payments.create(wish)
    expect(await paymentsMade()).toHaveLength(1)
  })

  it('refuses payment_unavailable when there is no response', async () => {
    await standin.stop()
    await expect(payments.create(wish)).rejects.toEqual(refusal('payment_unavailable'))
    standin = await startStripeStandin()
  })

  it('refuses payment_unavailable with a wrong key, and says so in the log without the key', async () => {
    const mistaken = paymentsAt(standin.url, 'sk_test_mistaken_0123456789')
    await expect(mistaken.create(wish)).rejects.toEqual(refusal('payment_unavailable'))
    expect(logged).toMatchObject([{ statusCode: 401 }])
    expect(JSON.stringify(logged)).not.toContain('0123456789')
  })
})

describe('webhook signatures [T7]', () => {
  const stripe = new Stripe('sk_test_unused')
  const event = {
    id: 'evt_1',
    object: 'event',
    type: 'payment_intent.succeeded',
    data: { object: { id: 'pi_1', object: 'payment_intent' } },
  }
  const payload = JSON.stringify(event)
  const now = Math.floor(Date.now() / 1000)

  const sign = (more: { timestamp?: number; secret?: string; body?: string } = {}) => {
    const { timestamp = now, secret = WEBHOOK_SECRET, body = payload } = more
    return stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp })
  }
  const read = (header: string, body: string | Buffer = payload) =>
    payments.readWebhook(Buffer.isBuffer(body) ? body : Buffer.from(body), header)

  it('reads what Stripe signed', () => {
    expect(read(sign())).toEqual({ type: 'payment_intent.succeeded', paymentIntentId: 'pi_1' })
  })

  it('finds no payment in an event about something else', () => {
    const body = JSON.stringify({ ...event, type: 'payout.paid', data: { object: { id: 'po_1' } } })
    expect(read(sign({ body }), body)).toEqual({ type: 'payout.paid', paymentIntentId: undefined })
  })

  it.each([
    'charge.refunded',
    'refund.created',
    'refund.updated',
    'refund.failed',
    'charge.refund.updated',
    'charge.dispute.created',
    'charge.dispute.updated',
    'charge.dispute.funds_withdrawn',
    'charge.dispute.funds_reinstated',
    'charge.dispute.closed',
  ])('reports for %s that money goes back, and of which payment', (type) => {
    const body = JSON.stringify({ ...event, type, data: { object: { id: 'x_1', payment_intent: 'pi_1' } } })
    expect(read(sign({ body }), body)).toEqual({ type, paymentIntentId: 'pi_1', isReversal: true })
  })

  it('reports every try that failed, by the name of its charge', () => {
    const last_payment_error = {
      type: 'card_error',
      code: 'card_declined',
      decline_code: 'lost_card',
      charge: 'ch_1',
      payment_method: { card: { brand: 'visa', last4: '0002', fingerprint: 'f1' } },
    }
    const type = 'payment_intent.payment_failed'
    const body = JSON.stringify({ ...event, type, data: { object: { id: 'pi_1', last_payment_error } } })
    expect(read(sign({ body }), body)).toEqual({
      type,
      paymentIntentId: 'pi_1',
      decline: {
        tryId: 'ch_1',
        code: 'lost_card',
        card: { brand: 'visa', last4: '0002', fingerprint: 'f1' },
      },
    })
  })

  it.each([
    ['a check that failed', 'invalid_request_error', 'payment_intent_authentication_failure', true],
    [
      'an attempt that came to nothing',
      'invalid_request_error',
      'payment_intent_payment_attempt_failed',
      true,
    ],
    ['a mistake of ours', 'invalid_request_error', 'parameter_missing', false],
    ['a fault of Stripe’s', 'api_error', 'lock_timeout', false],
  ])('counts %s as a try that failed where it is one', (_what, errorType, code, isTry) => {
    const last_payment_error = { type: errorType, code, payment_method: { id: 'pm_1' } }
    const type = 'payment_intent.payment_failed'
    const body = JSON.stringify({ ...event, type, data: { object: { id: 'pi_1', last_payment_error } } })
    const decline = { tryId: `pi_1:${code}:pm_1`, code }
    expect(read(sign({ body }), body)).toEqual({
      type,
      paymentIntentId: 'pi_1',
      ...(isTry ? { decline } : {}),
    })
  })

  it('takes what any of several secrets signed, while one is being replaced', () => {
    const log = { info() {}, warn() {}, error() {} }
    const webhookSecret = 'whsec_new, whsec_standin'
    const rotating = createPayments({ secretKey: SECRET_KEY, webhookSecret, apiBase: standin.url, log })
    for (const secret of ['whsec_new', WEBHOOK_SECRET]) {
      expect(rotating.readWebhook(Buffer.from(payload), sign({ secret })).paymentIntentId).toBe('pi_1')
    }
    expect(() => rotating.readWebhook(Buffer.from(payload), sign({ secret: 'whsec_old' }))).toThrow(Refusal)
    expect(() => rotating.readWebhook(Buffer.from(payload), sign({ secret: webhookSecret }))).toThrow(Refusal)
  })

  it('leaves an event of the other mode alone, and says so in the log', () => {
    const body = JSON.stringify({ ...event, livemode: true })
    expect(read(sign({ body }), body)).toEqual({ type: event.type, paymentIntentId: undefined })
    expect(logged).toMatchObject([{ type: event.type }])
  })

  it('refuses a body with any one byte altered', () => {
    const header = sign()
    for (let at = 0; at < payload.length; at += 1) {
      const altered = Buffer.from(payload)
      altered[at] = (altered[at] ?? 0) ^ 1
      expect(() => read(header, altered)).toThrow(Refusal)
    }
  })

  it.each([
    ['an old timestamp', () => sign({ timestamp: now - 301 })],
    ['another secret', () => sign({ secret: 'whsec_other' })],
    ['a timestamp put forward', () => sign({ timestamp: now - 301 }).replace(/t=\d+/, `t=${now}`)],
    ['no signature', () => ''],
    ['no v1 signature', () => `t=${now}`],
    ['nonsense', () => 'v1=abc'],
  ])('refuses %s', (_what, header) => {
    expect(() => read(header())).toThrow(expect.objectContaining({ code: 'bad_signature' }))
  })

  it('refuses a body that was parsed and written again', () => {
    const spaced = JSON.stringify(event, null, 2)
    expect(() => read(sign({ body: spaced }), JSON.stringify(JSON.parse(spaced)))).toThrow(Refusal)
  })

  it.each([
    ['no body at all', ''],
    ['what is not JSON', '<html>'],
    ['no event', 'null'],
    ['an event about nothing', '{"object":"event","type":"payment_intent.succeeded"}'],
  ])('refuses %s, however well signed', (_what, body) => {
    expect(() => read(sign({ body }), body)).toThrow(expect.objectContaining({ code: 'bad_signature' }))
  })

  it('takes one good signature among several', () => {
    const [time, good] = sign().split(',')
    expect(read(`${time},v1=${'0'.repeat(64)},${good}`).paymentIntentId).toBe('pi_1')
  })

  it('takes what the stand-in signs', async () => {
    const { signature } = await import('../../../dev/stripe/webhooks.ts')
    expect(read(signature(payload, WEBHOOK_SECRET, now)).paymentIntentId).toBe('pi_1')
  })
})

describe('the payments and refunds since an instant', () => {
  const DAY_S = 86_400
  let now: Date
  let paid: string

  beforeEach(async () => {
    await standin.stop()
    now = new Date('2026-11-01T12:00:00Z')
    standin = await startStripeStandin({ now: () => now })
    payments = paymentsAt(standin.url)
    const { id, clientSecret } = await payments.create(wish)
    await payAsPage(standin, clientSecret, CARD.good)
    paid = id
  })

  const later = (days: number) => {
    now = new Date(now.getTime() + days * DAY_S * 1000)
  }
  const lately = () => payments.since(now.getTime() - 3 * DAY_S * 1000)

  it('is a refund that was made before it and has failed since', async () => {
    const { body } = await call(standin, 'POST', '/refunds', { payment_intent: paid, amount: '500' })
    later(20)
    expect(await lately()).toEqual({ paid: [], returned: [] })
    standin.reversals.failRefund(String(body.id))
    expect(await lately()).toEqual({ paid: [], returned: [paid] })
  })

  it('is a dispute that was opened before it and is not closed, an inquiry too', async () => {
    const { id } = standin.reversals.dispute(paid, { inquiry: true })
    later(20)
    expect((await lately()).returned).toEqual([paid])
    standin.reversals.closeDispute(id, 'lost')
    expect((await lately()).returned).toEqual([])
  })
})
