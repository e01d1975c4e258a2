/** Tests the choice between Stripe and the stand-in. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { connectStripe } from '../../../dev/stripe/connect.ts'
import { standinRoutes } from '../../../dev/stripe/routes.ts'
import { sendErrors } from '../../../http/errors.ts'
import { CARD, call, cardForm, idIn, PUBLISHABLE_KEY, SECRET_KEY, withStandin } from './support.ts'

const KEYS = {
  STRIPE_SECRET_KEY: 'sk_live_1',
  STRIPE_PUBLISHABLE_KEY: 'pk_live_1',
  STRIPE_WEBHOOK_SECRET: 'whsec_1',
}

describe('which Stripe a server talks to', () => {
  it('is Stripe itself in production, without any way to a stand-in', async () => {
    const stripe = await connectStripe({ production: true, ...KEYS })
    expect(stripe).toMatchObject({
      secretKey: 'sk_live_1',
      publishableKey: 'pk_live_1',
      webhookSecret: 'whsec_1',
      isStandin: false,
      apiBase: undefined,
      router: undefined,
    })
  })

  it.each([
    ['no secret key', { STRIPE_SECRET_KEY: undefined }],
    ['no publishable key', { STRIPE_PUBLISHABLE_KEY: undefined }],
    ['no webhook secret', { STRIPE_WEBHOOK_SECRET: undefined }],
    ['another address', { STRIPE_API_BASE: 'http://127.0.0.1:1' }],
  ])('is none in production with %s', async (_what, change) => {
    await expect(connectStripe({ production: true, ...KEYS, ...change })).rejects.toThrow('production')
  })

  it('is Stripe itself in development where there is a key', async () => {
    const stripe = await connectStripe({ production: false, STRIPE_SECRET_KEY: 'sk_test_1' })
    expect(stripe).toMatchObject({ secretKey: 'sk_test_1', isStandin: false, router: undefined })
  })

  it('is the address in STRIPE_API_BASE in development, with keys of one’s own or the stand-in’s', async () => {
    const STRIPE_API_BASE = 'http://127.0.0.1:1'
    const own = await connectStripe({ production: false, STRIPE_API_BASE, STRIPE_SECRET_KEY: 'sk_test_1' })
    expect(own).toMatchObject({ secretKey: 'sk_test_1', isStandin: true, apiBase: STRIPE_API_BASE })
    const bare = await connectStripe({ production: false, STRIPE_API_BASE })
    expect(bare).toMatchObject({ secretKey: SECRET_KEY, isStandin: true })
  })

  it('is an embedded stand-in in development without a key, whose webhooks go to the given address', async () => {
    const heard: string[] = []
    const hook = createServer((request, response) => {
      heard.push(String(request.headers['stripe-signature']))
      response.end()
      hook.emit('heard')
    })
    hook.listen(0, '127.0.0.1')
    await once(hook, 'listening')
    const stripe = await connectStripe({ production: false })
    stripe.announceTo(`http://127.0.0.1:${(hook.address() as AddressInfo).port}/stripe/webhook`)
    const arrival = once(hook, 'heard')
    const form = { amount: '2000', currency: 'usd' }
    const { status } = await call({ url: stripe.apiBase ?? '' }, 'POST', '/payment_intents', form)
    await arrival
    expect(status).toBe(200)
    expect(heard).toEqual([expect.stringMatching(/^t=\d+,v1=/)])
    await stripe.stop()
    hook.closeAllConnections()
    hook.close()
  })
})

describe('the page’s way to the stand-in', () => {
  async function withWay<T>(base: string, use: (way: { url: string }) => Promise<T>): Promise<T> {
    const app = express()
    app.use('/stripe-standin', standinRoutes({ base }))
    app.use(sendErrors({ info() {}, warn() {}, error() {} }, () => undefined))
    const server = createServer(app).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      return await use({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/stripe-standin` })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  it('pays one payment and shows it, with that payment’s secret', async () => {
    await withStandin({}, (standin) =>
      withWay(standin.url, async (way) => {
        const { body } = await call(standin, 'POST', '/payment_intents', { amount: '2000', currency: 'usd' })
        const secret = String(body.client_secret)
        const own = { key: PUBLISHABLE_KEY, client_secret: secret }
        const paid = await call(
          way,
          'POST',
          `/payment_intents/${idIn(secret)}/confirm`,
          cardForm(secret, CARD.checked),
          {},
        )
        expect(paid.body.status).toBe('requires_action')
        const passed = { ...own, outcome: 'succeeded' }
        const done = await call(way, 'POST', `/payment_intents/${idIn(secret)}/authenticate`, passed, {})
        expect(done.body.status).toBe('succeeded')
        const seen = await call(way, 'GET', `/payment_intents/${idIn(secret)}`, own, {})
        expect(seen.body).toMatchObject({ status: 'succeeded', amount: 2000 })
      }),
    )
  })

  it('passes nothing else, and nothing with a secret key', async () => {
    await withStandin({}, (standin) =>
      withWay(standin.url, async (way) => {
        const { body } = await call(standin, 'POST', '/payment_intents', { amount: '2000', currency: 'usd' })
        const id = String(body.id)
        const authorized = { authorization: `Bearer ${SECRET_KEY}` }
        const form = { key: PUBLISHABLE_KEY, client_secret: String(body.client_secret) }
        const tries = [
          await fetch(`${way.url}/v1/payment_intents`, { method: 'POST', headers: authorized }),
          await fetch(`${way.url}/v1/payment_intents?key=${PUBLISHABLE_KEY}`, { headers: authorized }),
          await fetch(`${way.url}/v1/payment_intents/${id}`, { headers: authorized }),
          await fetch(`${way.url}/v1/payment_intents/${id}?key=${SECRET_KEY}`, { headers: authorized }),
          await fetch(`${way.url}/v1/payment_intents/${id}%2Fcancel/confirm`, {
            method: 'POST',
            body: new URLSearchParams(form),
          }),
          await fetch(`${way.url}/v1/payment_intents/${id}/cancel`, {
            method: 'POST',
            body: new URLSearchParams(form),
          }),
        ]
        expect(tries.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404])
        const seen = await call(standin, 'GET', `/payment_intents/${id}`)
        expect(seen.body.status).toBe('requires_payment_method')
      }),
    )
  })

  it('says that the service is away when it is', async () => {
    await withWay('http://127.0.0.1:1', async (way) => {
      const form = { key: PUBLISHABLE_KEY, client_secret: 'pi_1_secret_1' }
      const { status, body } = await call(way, 'GET', '/payment_intents/pi_1', form, {})
      expect(status).toBe(502)
      expect(body.code).toBe('payment_unavailable')
    })
  })
})
