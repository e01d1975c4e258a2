/**
 * Tests the stand-in beyond taking one card: customers, saved cards, refunds, disputes, and its
 * switches.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, type StandinParts, startStripeStandin } from '../../../dev/stripe/server.ts'
import { type Answer, CARD, call, payAsPage, SECRET_KEY } from './support.ts'

const TWENTY = { amount: '2000', currency: 'usd' }
let standin: Standin
let clock: { now: number }

const restart = async (parts: StandinParts = {}) => {
  await standin?.stop()
  clock = { now: Date.UTC(2026, 10, 22) }
  standin = await startStripeStandin({ now: () => new Date(clock.now), ...parts })
}
beforeEach(() => restart())
afterEach(() => standin.stop())

const post = (path: string, form: Record<string, string> = {}, key?: string): Promise<Answer> =>
  call(standin, 'POST', path, form, {
    authorization: `Bearer ${SECRET_KEY}`,
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  })
const get = (path: string, form: Record<string, string> = {}) => call(standin, 'GET', path, form)
const errorOf = ({ body }: Answer) => body.error as Record<string, unknown>

async function paid(): Promise<string> {
  const { body } = await post('/payment_intents', TWENTY)
  await payAsPage(standin, String(body.client_secret), CARD.good)
  return String(body.id)
}

async function savedCard(number: string = CARD.good): Promise<{ customer: string; method: string }> {
  const customer = String((await post('/customers', { 'metadata[userId]': 'u1' })).body.id)
  const form = { ...TWENTY, customer, setup_future_usage: 'off_session' }
  const { body } = await post('/payment_intents', form)
  await payAsPage(standin, String(body.client_secret), number)
  const list = await get(`/customers/${customer}/payment_methods`, { type: 'card' })
  return { customer, method: (list.body.data as { id: string }[])[0]?.id ?? '' }
}

describe('customers and their cards', () => {
  it('keep a card that was paid with for later use, and no other', async () => {
    const { customer, method } = await savedCard()
    expect(method).toMatch(/^pm_/)
    await paid()
    const { body } = await get(`/customers/${customer}/payment_methods`, { type: 'card' })
    expect(body.data).toHaveLength(1)
  })

  it('charge it at once, and for no other customer', async () => {
    const { customer, method } = await savedCard()
    const form = { ...TWENTY, customer, payment_method: method, confirm: 'true' }
    expect((await post('/payment_intents', form)).body).toMatchObject({ status: 'succeeded' })
    const other = String((await post('/customers')).body.id)
    expect((await post('/payment_intents', { ...form, customer: other })).status).toBe(400)
    const unknown = await post('/payment_intents', { ...form, customer: 'cus_none' })
    expect([unknown.status, errorOf(unknown).code]).toEqual([400, 'resource_missing'])
  })

  it('forget it', async () => {
    const { customer, method } = await savedCard()
    expect((await post(`/payment_methods/${method}/detach`)).body).toMatchObject({ customer: null })
    const { body } = await get(`/customers/${customer}/payment_methods`, { type: 'card' })
    expect(body.data).toEqual([])
    expect((await post(`/payment_methods/${method}/detach`)).status).toBe(400)
  })

  it('are gone for good when they are deleted, with what they had saved', async () => {
    const { customer, method } = await savedCard()
    const deleted = { id: customer, object: 'customer', deleted: true }
    expect((await call(standin, 'DELETE', `/customers/${customer}`)).body).toEqual(deleted)
    expect((await get(`/customers/${customer}`)).body).toEqual(deleted)
    const cards = await get(`/customers/${customer}/payment_methods`, { type: 'card' })
    expect([cards.status, errorOf(cards).param]).toEqual([404, 'customer'])
    const form = { ...TWENTY, customer, payment_method: method, confirm: 'true' }
    const refused = await post('/payment_intents', form)
    expect([refused.status, errorOf(refused).param]).toEqual([400, 'customer'])
    expect((await call(standin, 'DELETE', `/customers/${customer}`)).status).toBe(404)
  })

  it('are refused by a bank that wants to see the person who is away', async () => {
    const { customer, method } = await savedCard()
    standin.replaceCard(method, CARD.checked)
    const form = { ...TWENTY, customer, payment_method: method, confirm: 'true', off_session: 'true' }
    const refused = await post('/payment_intents', form)
    expect(refused.status).toBe(402)
    expect(errorOf(refused)).toMatchObject({
      code: 'authentication_required',
      payment_intent: { status: 'requires_payment_method' },
    })
    const { off_session: _, ...here } = form
    expect((await post('/payment_intents', here)).body).toMatchObject({ status: 'requires_action' })
  })
})

describe('refunds', () => {
  it('give back up to what came in, and no cent more', async () => {
    const payment_intent = await paid()
    expect((await post('/refunds', { payment_intent, amount: '1500' })).body).toMatchObject({
      amount: 1500,
      status: 'succeeded',
    })
    expect((await post('/refunds', { payment_intent, amount: '501' })).status).toBe(400)
    expect((await post('/refunds', { payment_intent })).body).toMatchObject({ amount: 500 })
    expect(errorOf(await post('/refunds', { payment_intent }))).toMatchObject({
      code: 'charge_already_refunded',
    })
    const { body } = await get(`/payment_intents/${payment_intent}`, { 'expand[0]': 'latest_charge' })
    expect(body.latest_charge).toMatchObject({ amount_refunded: 2000, refunded: true })
  })

  it('are none for what was never paid', async () => {
    const { body } = await post('/payment_intents', TWENTY)
    expect((await post('/refunds', { payment_intent: String(body.id) })).status).toBe(400)
  })

  it('that failed can be made again', async () => {
    const payment_intent = await paid()
    const { body } = await post('/refunds', { payment_intent })
    standin.reversals.failRefund(String(body.id))
    expect((await post('/refunds', { payment_intent })).status).toBe(200)
  })
})

describe('refunds that are pending', () => {
  it('count as given back, and arrive or fail later', async () => {
    const payment_intent = await paid()
    standin.reversals.holdRefunds(true)
    const one = await post('/refunds', { payment_intent, amount: '700' })
    const other = await post('/refunds', { payment_intent, amount: '300' })
    expect(one.body).toMatchObject({ status: 'pending', balance_transaction: null })
    expect((await post('/refunds', { payment_intent, amount: '1001' })).status).toBe(400)
    standin.reversals.finishRefund(String(one.body.id))
    standin.reversals.failRefund(String(other.body.id))
    expect((await get('/refunds', { payment_intent })).body.data).toMatchObject([
      { amount: 300, status: 'failed' },
      { amount: 700, status: 'succeeded', balance_transaction: expect.stringMatching(/^txn_/) },
    ])
  })
})

describe('disputes', () => {
  it('are under review once evidence is sent; so is a mere inquiry, which moves no money', async () => {
    const [one, other] = [await paid(), await paid()]
    const dispute = standin.reversals.dispute(one)
    const inquiry = standin.reversals.dispute(other, { inquiry: true })
    expect(standin.reversals.answerDispute(dispute.id).status).toBe('under_review')
    expect(standin.reversals.answerDispute(inquiry.id)).toMatchObject({
      status: 'warning_under_review',
      balance_transactions: [],
    })
    expect(standin.reversals.closeDispute(inquiry.id, 'won').status).toBe('warning_closed')
  })

  it('move the balance in the currency of the account, at the rate of the day, with their fee', async () => {
    standin.settlesIn('eur', 0.87)
    const { id } = standin.reversals.dispute(await paid(), { feeApart: true })
    standin.settlesIn('eur', 0.85)
    const { amount, currency, balance_transactions: moves } = standin.reversals.closeDispute(id, 'won')
    expect({ amount, currency }).toEqual({ amount: 2000, currency: 'usd' })
    expect(moves).toMatchObject([
      { amount: -1740, currency: 'eur', exchange_rate: 0.87, fee: 0, reporting_category: 'dispute' },
      { currency: 'eur', reporting_category: 'fee', type: 'stripe_fee' },
      { amount: 1700, currency: 'eur', exchange_rate: 0.85, reporting_category: 'dispute_reversal' },
    ])
  })

  it('withdraw, and give back what was withdrawn when they are won', async () => {
    const payment_intent = await paid()
    const { id } = standin.reversals.dispute(payment_intent)
    const listed = async () => (await get('/disputes', { payment_intent })).body.data
    expect(await listed()).toMatchObject([
      { status: 'needs_response', balance_transactions: [{ amount: -2000 }] },
    ])
    standin.reversals.closeDispute(id, 'won')
    expect(await listed()).toMatchObject([
      { status: 'won', balance_transactions: [{ amount: -2000 }, { amount: 2000 }] },
    ])
  })
})

/** Returns true if anything has happened since events are held back. */
function hasEvent(): boolean {
  let events = 0
  standin.webhooks.release((held) => {
    events = held.length
    return []
  })
  standin.webhooks.hold()
  return events > 0
}

describe('idempotency keys', () => {
  it('are forgotten after a day', async () => {
    const first = await post('/payment_intents', TWENTY, 'key')
    clock.now += 24 * 3_600_000 - 1
    expect((await post('/payment_intents', TWENTY, 'key')).body.id).toBe(first.body.id)
    clock.now += 1
    expect((await post('/payment_intents', TWENTY, 'key')).body.id).not.toBe(first.body.id)
  })

  it('are in use until the first response is given', async () => {
    let letGo = () => {}
    const until = new Promise<void>((resolve) => {
      letGo = resolve
    })
    standin.webhooks.hold()
    standin.failNext({ until })
    const first = post('/payment_intents', TWENTY, 'key')
    while (!hasEvent()) await setImmediate()
    expect(errorOf(await post('/payment_intents', TWENTY, 'key'))).toMatchObject({
      code: 'idempotency_key_in_use',
    })
    letGo()
    expect((await first).status).toBe(200)
    expect((await post('/payment_intents', TWENTY, 'key')).body.id).toBe((await first).body.id)
  })
})

describe('webhooks that are held back', () => {
  it('are delivered in any order and number, or not at all', async () => {
    const heard: string[] = []
    const hook = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        heard.push(JSON.parse(body).type)
        response.end()
        hook.emit('heard')
      })
    })
    hook.listen(0, '127.0.0.1')
    await once(hook, 'listening')
    await restart({ webhookUrl: `http://127.0.0.1:${(hook.address() as AddressInfo).port}` })
    standin.webhooks.hold()
    await paid()
    expect(heard).toEqual([])
    const twice = (held: readonly { type: string; body: string }[]) =>
      held.filter(({ type }) => type.endsWith('succeeded')).flatMap((event) => [event, event])
    standin.webhooks.release(twice)
    while (heard.length < 2) await once(hook, 'heard')
    expect(heard).toEqual(['payment_intent.succeeded', 'payment_intent.succeeded'])
    hook.closeAllConnections()
    hook.close()
  })
})
