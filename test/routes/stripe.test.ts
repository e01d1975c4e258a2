/** Tests the payment routes and the webhook. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Request } from 'express'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../dev/stripe/server.ts'
import { signature } from '../../dev/stripe/webhooks.ts'
import { Refusal } from '../../domain/errors.ts'
import type { Identity } from '../../engine/accounts/logins.ts'
import type { Authentication } from '../../http/authentication.ts'
import { sendErrors } from '../../http/errors.ts'
import { stripeRoutes, stripeWebhook } from '../../routes/stripe.ts'
import { cents } from '../../shared/money.ts'
import { CARD, payAsPage, WEBHOOK_SECRET } from '../dev/stripe/support.ts'
import { openWalletWorld, paymentsAt, register, type WalletWorld } from '../engine/payments/wallet-support.ts'

interface Answer {
  status: number
  body: Record<string, unknown>
}

let standin: Standin
let world: WalletWorld
let url: string
let stop: () => void

beforeEach(async () => {
  standin = await startStripeStandin()
  world = await openWalletWorld({ payments: paymentsAt(standin.url) })
  await register(world, 'ana')
  await register(world, 'ben')
  await world.store.commit((tx) =>
    tx.putUser({
      id: 'mara',
      role: 'reader',
      name: 'Mara',
      email: 'mara@example.com',
      passwordHash: 'hash',
      createdAt: tx.now,
      logins: [],
      rateCents: cents(250),
      available: false,
    }),
  )
  const server = createServer(appOver(world))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  stop = () => {
    server.closeAllConnections()
    server.close()
  }
})
afterEach(async () => {
  stop()
  await standin.stop()
})

/** Mounts the routes as the app does, for people who say who they are in a header. */
function appOver({ wallet, store }: WalletWorld): express.Express {
  const requireLogin = async (req: Request): Promise<Identity> => {
    const user = await store.read((view) => view.user(req.get('x-user') ?? ''))
    if (!user) throw new Refusal('not_logged_in', 'Log in first.')
    return { user, loginHash: 'hash' }
  }
  const unused = () => {
    throw new Error('not used here')
  }
  const auth: Authentication = {
    requireLogin,
    identify: async () => undefined,
    identifyVisitor: async () => undefined,
    newLogin: unused,
    setCookies: unused,
    setDevice: unused,
    clearLogin: unused,
    isOurs: () => true,
    visitorIn: () => undefined,
    nameVisitor: () => '',
    siteOf: () => ({ host: '', origins: [] }),
    deviceOf: () => undefined,
  }
  const app = express()
  app.use(stripeWebhook({ wallet }))
  app.use(express.json())
  app.use(stripeRoutes({ wallet, auth }))
  app.use(sendErrors({ info() {}, warn() {}, error() {} }, () => undefined))
  return app
}

async function send(
  method: 'GET' | 'POST',
  path: string,
  {
    user = 'ana',
    body,
    headers = {},
  }: { user?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const answer = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', 'x-user': user, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const twenty = { userId: 'ana', amountCents: 2000 }

async function paidTopUp(): Promise<string> {
  const { body } = await send('POST', '/add-funds', { body: twenty })
  await payAsPage(standin, String(body.clientSecret), CARD.good)
  return String(body.paymentIntentId)
}

async function balance(): Promise<unknown> {
  return (await send('GET', '/check-balance?userId=ana')).body.balanceCents
}

describe('POST /add-funds', () => {
  it('opens a payment and credits nothing yet', async () => {
    const { status, body } = await send('POST', '/add-funds', { body: twenty })
    expect(status).toBe(200)
    expect(body).toEqual({
      paymentIntentId: expect.stringMatching(/^pi_/),
      clientSecret: expect.stringContaining('_secret_'),
      status: 'pending',
      balanceCents: 0,
    })
  })

  it('returns the same payment to the same Idempotency-Key, and 409 to another amount under it', async () => {
    const headers = { 'Idempotency-Key': 'click 1' }
    const first = await send('POST', '/add-funds', { body: twenty, headers })
    const again = await send('POST', '/add-funds', { body: twenty, headers })
    expect(again).toEqual(first)
    const other = await send('POST', '/add-funds', { body: { ...twenty, amountCents: 3000 }, headers })
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_mismatch' } })
  })

  it.each([
    [20, 2_000],
    [19.99, 1_999],
    ['20.50', 2_050],
    [500, 50_000],
  ])('takes the brief’s amount of %s dollars', async (amount, amountCents) => {
    expect((await send('POST', '/add-funds', { body: { userId: 'ana', amount } })).status).toBe(200)
    expect((await world.client('ana')).topUps).toMatchObject([{ amountCents }])
  })

  it.each([4.99, 500.01, 20.001, '1e2', -20, '', true, null, '２０'])(
    'takes no %j dollars',
    async (amount) => {
      expect((await send('POST', '/add-funds', { body: { userId: 'ana', amount } })).status).toBe(400)
      expect((await send('POST', '/add-funds', { body: { userId: 'ben', amount: 20 } })).status).toBe(403)
    },
  )

  it.each([500, 50_000])('takes %i cents', async (amountCents) => {
    expect((await send('POST', '/add-funds', { body: { userId: 'ana', amountCents } })).status).toBe(200)
  })

  it.each([
    ['too little', { amountCents: 499 }],
    ['too much', { amountCents: 50_001 }],
    ['a fraction of a cent', { amountCents: 2000.5 }],
    ['a text', { amountCents: '2000' }],
    ['a negative amount', { amountCents: -2000 }],
    ['no amount', { amountCents: undefined }],
    ['nothing that is an id', { userId: { $ne: '' } }],
  ])('refuses %s as invalid_input', async (_what, change) => {
    const { status, body } = await send('POST', '/add-funds', { body: { ...twenty, ...change } })
    expect(status).toBe(400)
    expect(body).toMatchObject({
      code: 'invalid_input',
      errors: [expect.objectContaining({ path: expect.any(String) })],
    })
    expect((await world.client('ana')).topUps).toEqual([])
  })

  it.each(['', 'x'.repeat(256)])('refuses an Idempotency-Key of a length it cannot keep', async (key) => {
    const { status } = await send('POST', '/add-funds', { body: twenty, headers: { 'Idempotency-Key': key } })
    expect(status).toBe(400)
  })

  it("refuses another person's account, a reader, and a caller without a login", async () => {
    expect(await send('POST', '/add-funds', { user: 'ben', body: twenty })).toMatchObject({ status: 403 })
    const reader = { user: 'mara', body: { ...twenty, userId: 'mara' } }
    expect(await send('POST', '/add-funds', reader)).toMatchObject({ status: 403 })
    expect(await send('POST', '/add-funds', { user: '', body: twenty })).toMatchObject({ status: 401 })
  })

  it('returns 502 payment_unavailable while Stripe cannot be reached', async () => {
    standin.failNext('server_error', 'server_error', 'server_error')
    const { status, body } = await send('POST', '/add-funds', { body: twenty })
    expect(status).toBe(502)
    expect(body.code).toBe('payment_unavailable')
  })
})

describe('POST /add-funds/confirm', () => {
  it('credits what Stripe says succeeded, once', async () => {
    const body = { userId: 'ana', paymentIntentId: await paidTopUp() }
    const expected = { status: 200, body: { status: 'succeeded', balanceCents: 2000 } }
    expect(await send('POST', '/add-funds/confirm', { body })).toEqual(expected)
    expect(await send('POST', '/add-funds/confirm', { body })).toEqual(expected)
    expect(await balance()).toBe(2000)
  })

  it("returns 403 for another person's payment or account, 404 for none, 400 for nonsense", async () => {
    const paymentIntentId = await paidTopUp()
    const bens = { user: 'ben', body: { userId: 'ben', paymentIntentId } }
    expect(await send('POST', '/add-funds/confirm', bens)).toMatchObject({ status: 403 })
    const asAna = { user: 'ben', body: { userId: 'ana', paymentIntentId } }
    expect(await send('POST', '/add-funds/confirm', asAna)).toMatchObject({ status: 403 })
    const unknown = { body: { userId: 'ana', paymentIntentId: 'pi_unknown' } }
    expect(await send('POST', '/add-funds/confirm', unknown)).toMatchObject({ status: 404 })
    const path = { body: { userId: 'ana', paymentIntentId: '../customers' } }
    expect(await send('POST', '/add-funds/confirm', path)).toMatchObject({ status: 404 })
    expect(await send('POST', '/add-funds/confirm', { body: {} })).toMatchObject({ status: 400 })
    expect(await balance()).toBe(0)
  })
})

describe('GET /check-balance', () => {
  it('returns the balance with its currency', async () => {
    expect(await send('GET', '/check-balance?userId=ana')).toEqual({
      status: 200,
      body: { userId: 'ana', balanceCents: 0, currency: 'usd' },
    })
  })

  it("refuses another person's, a reader's, an unknown one and none", async () => {
    expect((await send('GET', '/check-balance?userId=ben')).status).toBe(403)
    expect((await send('GET', '/check-balance?userId=mara', { user: 'mara' })).status).toBe(403)
    expect((await send('GET', '/check-balance?userId=ana', { user: '' })).status).toBe(401)
    expect((await send('GET', '/check-balance')).status).toBe(400)
  })
})

describe('POST /stripe/webhook', () => {
  async function deliver(body: string, header?: string): Promise<number> {
    const signed = header ?? signature(body, WEBHOOK_SECRET, Math.floor(Date.now() / 1000))
    const headers = { 'content-type': 'application/json', 'stripe-signature': signed }
    return (await fetch(`${url}/stripe/webhook`, { method: 'POST', headers, body })).status
  }
  // Spaced as Stripe sends it: only the raw bytes carry the signature.
  const event = (id: string) =>
    JSON.stringify({ object: 'event', type: 'payment_intent.succeeded', data: { object: { id } } }, null, 2)

  it('returns 200, and 200 again, and credits once', async () => {
    const body = event(await paidTopUp())
    expect(await deliver(body)).toBe(200)
    expect(await deliver(body)).toBe(200)
    expect(await balance()).toBe(2000)
  })

  it('returns 400 to a body, a time or a signature that is not Stripe’s, and changes nothing', async () => {
    const body = event(await paidTopUp())
    const old = signature(body, WEBHOOK_SECRET, Math.floor(Date.now() / 1000) - 600)
    const foreign = signature(body, 'whsec_other', Math.floor(Date.now() / 1000))
    expect(await deliver(body, old)).toBe(400)
    expect(await deliver(body, foreign)).toBe(400)
    expect(await deliver(body, '')).toBe(400)
    expect(await deliver('', foreign)).toBe(400)
    expect(await balance()).toBe(0)
  })

  it('returns 200 to what is none of our business', async () => {
    expect(await deliver(event('pi_unknown'))).toBe(200)
    expect(
      await deliver(JSON.stringify({ object: 'event', type: 'payout.paid', data: { object: {} } })),
    ).toBe(200)
  })

  it('returns 5xx while Stripe cannot be asked, so that Stripe sends it again', async () => {
    const body = event(await paidTopUp())
    standin.failNext('server_error', 'server_error', 'server_error')
    expect(await deliver(body)).toBe(502)
    expect(await deliver(body)).toBe(200)
    expect(await balance()).toBe(2000)
  })
})
