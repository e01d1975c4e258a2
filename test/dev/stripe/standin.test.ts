/** Tests the stand-in's payments, keys and webhooks. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import {
  authenticateAsPage,
  CARD,
  call,
  cardForm,
  idIn,
  PUBLISHABLE_KEY,
  payAsPage,
  SECRET_KEY,
  withStandin,
} from './support.ts'

let standin: Standin
beforeAll(async () => {
  standin = await startStripeStandin()
})
afterAll(() => standin.stop())

const TWENTY = { amount: '2000', currency: 'usd' }
const server = { authorization: `Bearer ${SECRET_KEY}` }

async function newSecret(form: Record<string, string> = TWENTY): Promise<string> {
  const { body } = await call(standin, 'POST', '/payment_intents', form)
  return String(body.client_secret)
}

function errorOf(body: Record<string, unknown>): Record<string, unknown> {
  return body.error as Record<string, unknown>
}

describe('making a payment', () => {
  it('returns one that waits for a card, with a secret and our metadata', async () => {
    const form = { ...TWENTY, 'metadata[topUpId]': 't1', 'metadata[userId]': 'u1' }
    const { status, body } = await call(standin, 'POST', '/payment_intents', form)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      object: 'payment_intent',
      amount: 2000,
      amount_received: 0,
      currency: 'usd',
      status: 'requires_payment_method',
      metadata: { topUpId: 't1', userId: 'u1' },
    })
    expect(body.id).toMatch(/^pi_\w+$/)
    expect(body.client_secret).toMatch(new RegExp(`^${body.id}_secret_\\w+$`))
  })

  it.each([
    ['an unknown parameter', { ...TWENTY, amuont: '1' }, 'parameter_unknown', 'amuont'],
    [
      'an unknown nested parameter',
      { ...TWENTY, 'metadata[a][b]': '1' },
      'parameter_unknown',
      'metadata[a][b]',
    ],
    [
      'a list of payment methods',
      { ...TWENTY, 'payment_method_types[0]': 'card' },
      'payment_method_types_no_longer_supported',
      'payment_method_types',
    ],
    [
      'two ways to choose payment methods',
      { ...TWENTY, 'allowed_payment_method_types[0]': 'card', 'automatic_payment_methods[enabled]': 'true' },
      'parameters_exclusive',
      undefined,
    ],
    ['no e-mail address', { ...TWENTY, receipt_email: 'ana' }, 'email_invalid', 'receipt_email'],
    [
      'a name without a letter on the statement',
      { ...TWENTY, statement_descriptor_suffix: '1234' },
      'parameter_invalid',
      'statement_descriptor_suffix',
    ],
    ['no amount', { currency: 'usd' }, 'parameter_missing', 'amount'],
    ['no currency', { amount: '2000' }, 'parameter_missing', 'currency'],
    ['a fraction of a cent', { ...TWENTY, amount: '20.5' }, 'parameter_invalid_integer', 'amount'],
    ['49 cents', { ...TWENTY, amount: '49' }, 'amount_too_small', 'amount'],
    ['a million dollars', { ...TWENTY, amount: '100000000' }, 'amount_too_large', 'amount'],
  ])('refuses %s as Stripe does', async (_what, form, code, param) => {
    const { status, body } = await call(standin, 'POST', '/payment_intents', form as Record<string, string>)
    expect(status).toBe(400)
    expect(errorOf(body)).toMatchObject({ type: 'invalid_request_error', code, ...(param ? { param } : {}) })
  })

  it('takes 50 cents', async () => {
    const { status } = await call(standin, 'POST', '/payment_intents', { ...TWENTY, amount: '50' })
    expect(status).toBe(200)
  })

  it.each([
    ['no key', {}],
    ['a wrong key', { authorization: 'Bearer sk_test_other' }],
    ['a live key', { authorization: 'Bearer sk_live_real' }],
  ])('refuses %s', async (_what, headers) => {
    const { status } = await call(standin, 'POST', '/payment_intents', TWENTY, headers)
    expect(status).toBe(401)
  })

  it('knows no other routes', async () => {
    const { status, body } = await call(standin, 'POST', '/transfers', {})
    expect(status).toBe(404)
    expect(errorOf(body).message).toContain('Unrecognized request URL (POST: /v1/transfers)')
  })

  it('does not start with a key that is not its own', async () => {
    await expect(startStripeStandin({ secretKey: 'sk_live_real' })).rejects.toThrow('its own keys')
    await expect(startStripeStandin({ secretKey: 'sk_test_51Real' })).rejects.toThrow('its own keys')
  })
})

describe('idempotency keys', () => {
  it('replays the first response for the same request', async () => {
    const headers = { ...server, 'idempotency-key': 'same' }
    const first = await call(standin, 'POST', '/payment_intents', TWENTY, headers)
    const again = await call(standin, 'POST', '/payment_intents', TWENTY, headers)
    expect(again.body.id).toBe(first.body.id)
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expect(again.headers.get('idempotent-replayed')).toBe('true')
  })

  it('refuses another request under a used key', async () => {
    const headers = { ...server, 'idempotency-key': 'other amount' }
    await call(standin, 'POST', '/payment_intents', TWENTY, headers)
    const { status, body } = await call(
      standin,
      'POST',
      '/payment_intents',
      { ...TWENTY, amount: '3000' },
      headers,
    )
    expect(status).toBe(400)
    expect(errorOf(body).type).toBe('idempotency_error')
  })

  it('lets a request that failed validation be corrected under its key', async () => {
    const headers = { ...server, 'idempotency-key': 'corrected' }
    await call(standin, 'POST', '/payment_intents', { ...TWENTY, amount: '1' }, headers)
    const { status } = await call(standin, 'POST', '/payment_intents', TWENTY, headers)
    expect(status).toBe(200)
  })
})

describe('paying as a page does', () => {
  it('succeeds with 4242', async () => {
    const secret = await newSecret()
    const { status, body } = await payAsPage(standin, secret, CARD.good)
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'succeeded', amount: 2000, next_action: null })
    const { body: seen } = await call(standin, 'GET', `/payment_intents/${idIn(secret)}`)
    expect(seen).toMatchObject({ amount_received: 2000, latest_charge: expect.stringMatching(/^ch_/) })
  })

  it.each([
    [CARD.declined, 'generic_decline'],
    [CARD.noFunds, 'insufficient_funds'],
    ['4111111111111111', 'test_mode_live_card'],
  ])('declines %s and leaves the payment open for another card', async (number, declineCode) => {
    const secret = await newSecret()
    const { status, body } = await payAsPage(standin, secret, number)
    expect(status).toBe(402)
    expect(errorOf(body)).toMatchObject({
      type: 'card_error',
      code: 'card_declined',
      decline_code: declineCode,
      payment_intent: { status: 'requires_payment_method' },
    })
    const retried = await payAsPage(standin, secret, CARD.good)
    expect(retried.body).toMatchObject({ status: 'succeeded', last_payment_error: null })
  })

  it.each([
    [
      'a number that is no card',
      { 'payment_method_data[card][number]': '4242424242424241' },
      'incorrect_number',
    ],
    ['a past month', { 'payment_method_data[card][exp_year]': '20' }, 'invalid_expiry_year'],
    ['month 13', { 'payment_method_data[card][exp_month]': '13' }, 'invalid_expiry_month'],
    ['a short code', { 'payment_method_data[card][cvc]': '1' }, 'invalid_cvc'],
  ])('refuses %s', async (_what, change, code) => {
    const secret = await newSecret()
    const form = { ...cardForm(secret, CARD.good), ...change } as Record<string, string>
    const { status, body } = await call(standin, 'POST', `/payment_intents/${idIn(secret)}/confirm`, form, {})
    expect(status).toBe(402)
    expect(errorOf(body)).toMatchObject({ type: 'card_error', code })
  })

  it('asks for the bank, then succeeds when the person passes', async () => {
    const secret = await newSecret()
    const asked = await payAsPage(standin, secret, CARD.checked)
    expect(asked.body).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } })
    const passed = await authenticateAsPage(standin, secret, 'succeeded')
    expect(passed.body).toMatchObject({ status: 'succeeded' })
  })

  it('takes nothing when the person fails at the bank, and another card may be tried', async () => {
    const secret = await newSecret()
    await payAsPage(standin, secret, CARD.checked)
    const failed = await authenticateAsPage(standin, secret, 'failed')
    expect(failed.status).toBe(400)
    expect(errorOf(failed.body)).toMatchObject({
      type: 'invalid_request_error',
      code: 'payment_intent_authentication_failure',
      payment_intent: { status: 'requires_payment_method' },
    })
    expect((await payAsPage(standin, secret, CARD.good)).body.status).toBe('succeeded')
  })

  it('declines a card that passes the bank but has no money', async () => {
    const secret = await newSecret()
    await payAsPage(standin, secret, CARD.checkedNoFunds)
    const { status, body } = await authenticateAsPage(standin, secret, 'succeeded')
    expect(status).toBe(402)
    expect(errorOf(body).decline_code).toBe('insufficient_funds')
  })

  it('pays once: a paid payment cannot be paid again', async () => {
    const secret = await newSecret()
    await payAsPage(standin, secret, CARD.good)
    const { status, body } = await payAsPage(standin, secret, CARD.good)
    expect(status).toBe(400)
    expect(errorOf(body)).toMatchObject({
      code: 'payment_intent_unexpected_state',
      payment_intent: { status: 'succeeded' },
    })
  })

  it('shows a page neither our notes nor another payment', async () => {
    const secret = await newSecret({ ...TWENTY, 'metadata[userId]': 'u1' })
    const other = await newSecret()
    const page = { key: PUBLISHABLE_KEY }
    const own = await call(
      standin,
      'GET',
      `/payment_intents/${idIn(secret)}`,
      { ...page, client_secret: secret },
      {},
    )
    expect(own.status).toBe(200)
    expect(own.body).not.toHaveProperty('metadata')
    const foreign = { ...page, client_secret: other }
    expect((await call(standin, 'GET', `/payment_intents/${idIn(secret)}`, foreign, {})).status).toBe(403)
    expect((await call(standin, 'POST', '/payment_intents', { ...page, ...TWENTY }, {})).status).toBe(403)
  })
})

describe('looking at and cancelling payments', () => {
  it('cancels an open payment, which then cannot be paid', async () => {
    const secret = await newSecret()
    const { body } = await call(standin, 'POST', `/payment_intents/${idIn(secret)}/cancel`)
    expect(body.status).toBe('canceled')
    expect((await payAsPage(standin, secret, CARD.good)).status).toBe(400)
  })

  it('responds 404 for an unknown payment', async () => {
    const { status, body } = await call(standin, 'GET', '/payment_intents/pi_none')
    expect(status).toBe(404)
    expect(errorOf(body).code).toBe('resource_missing')
  })

  it('lists newest first, a page at a time', async () => {
    await withStandin({}, async (fresh) => {
      const made: unknown[] = []
      for (const amount of ['1000', '2000', '3000']) {
        made.unshift((await call(fresh, 'POST', '/payment_intents', { ...TWENTY, amount })).body.id)
      }
      const first = await call(fresh, 'GET', '/payment_intents', { limit: '2' })
      expect(first.body).toMatchObject({ has_more: true, data: [{ id: made[0] }, { id: made[1] }] })
      const rest = await call(fresh, 'GET', '/payment_intents', {
        limit: '2',
        starting_after: String(made[1]),
      })
      expect(rest.body).toMatchObject({ has_more: false, data: [{ id: made[2] }] })
    })
  })
})

describe('webhooks', () => {
  interface Delivery {
    body: string
    signature: string
    answer: (status: number) => void
  }

  /**
   * Starts a receiver whose responses the test decides, with a function that waits for the next
   * delivery.
   */
  async function receiver() {
    const arrived: Delivery[] = []
    const waiting: ((delivery: Delivery) => void)[] = []
    const http: Server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        const answer = (status: number) => void response.writeHead(status).end()
        const delivery = { body, signature: String(request.headers['stripe-signature']), answer }
        const next = waiting.shift()
        if (next) next(delivery)
        else arrived.push(delivery)
      })
    })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const { port } = http.address() as AddressInfo
    return {
      url: `http://127.0.0.1:${port}/hook`,
      next: () =>
        new Promise<Delivery>((resolve) => {
          const ready = arrived.shift()
          if (ready) resolve(ready)
          else waiting.push(resolve)
        }),
      stop: () => {
        http.closeAllConnections()
        http.close()
      },
    }
  }

  it('reports each step, and again until the response is 2xx', async () => {
    const hook = await receiver()
    await withStandin({ webhookUrl: hook.url, webhookRetryMs: [0, 0] }, async (signing) => {
      const { body } = await call(signing, 'POST', '/payment_intents', TWENTY)
      const created = await hook.next()
      expect(JSON.parse(created.body)).toMatchObject({
        object: 'event',
        type: 'payment_intent.created',
        data: { object: { id: body.id } },
      })
      created.answer(500)
      const again = await hook.next()
      expect(again.body).toBe(created.body)
      again.answer(200)
      await payAsPage(signing, String(body.client_secret), CARD.good)
      const paid = await hook.next()
      expect(JSON.parse(paid.body).type).toBe('payment_intent.succeeded')
      expect(paid.signature).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/)
      paid.answer(200)
    })
    hook.stop()
  })
})

describe('faults', () => {
  it('can do the work and lose the response', async () => {
    await withStandin({}, async (faulty) => {
      faulty.failNext('lost_response')
      await expect(call(faulty, 'POST', '/payment_intents', TWENTY)).rejects.toThrow()
      const { body } = await call(faulty, 'GET', '/payment_intents')
      expect(body.data).toHaveLength(1)
    })
  })

  it('can be out of order', async () => {
    await withStandin({}, async (faulty) => {
      faulty.failNext('server_error')
      expect((await call(faulty, 'POST', '/payment_intents', TWENTY)).status).toBe(500)
      expect((await call(faulty, 'GET', '/payment_intents')).body.data).toHaveLength(0)
    })
  })
})
