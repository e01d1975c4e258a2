/** Connects pages to the stand-in through our own server. */
import { type Response, Router, text } from 'express'
import { Refusal } from '../../domain/errors.ts'
import { parseForm } from './form.ts'

const FORM = 'application/x-www-form-urlencoded'
const BODY_MAX = '16kb'
const PAYMENT_ID = /^\w{1,255}$/
// A page's own key. A secret key must never come this way.
const PUBLISHABLE = /^pk_/

/**
 * Creates the page's router to the stand-in: the stand-in for Stripe.js speaks to our own origin,
 * and we forward what Stripe.js does, paying one payment and reading it, with the publishable key
 * and that payment's secret. `base` is the stand-in's address, or STRIPE_API_BASE. To be mounted at
 * `/stripe-standin`, before the JSON parser, and only where one of the two is in use. Refuses
 * `not_found` and `payment_unavailable`.
 */
export function standinRoutes({ base }: { base: string }): Router {
  const router = Router()
  const payments = `${base}/v1/payment_intents`

  for (const move of ['confirm', 'authenticate'] as const) {
    router.post(
      `/v1/payment_intents/:id/${move}`,
      text({ type: FORM, limit: BODY_MAX }),
      async (req, res) => {
        const body = typeof req.body === 'string' ? req.body : ''
        const id = mustBeFromPage(req.params.id, body)
        await pass(res, `${payments}/${id}/${move}`, {
          method: 'POST',
          headers: { 'content-type': FORM },
          body,
        })
      },
    )
  }

  router.get('/v1/payment_intents/:id', async (req, res) => {
    const query = req.originalUrl.split('?')[1] ?? ''
    await pass(res, `${payments}/${mustBeFromPage(req.params.id, query)}?${query}`, {})
  })

  return router
}

function mustBeFromPage(id: string | undefined, form: string): string {
  if (id && PAYMENT_ID.test(id) && PUBLISHABLE.test(parseForm(form).get('key') ?? '')) return id
  throw new Refusal('not_found', 'Page not found.')
}

async function pass(res: Response, url: string, init: RequestInit): Promise<void> {
  const { status, body } = await ask(url, init)
  res.status(status).type('application/json').send(body)
}

async function ask(url: string, init: RequestInit): Promise<{ status: number; body: string }> {
  try {
    const answer = await fetch(url, init)
    return { status: answer.status, body: await answer.text() }
  } catch {
    throw new Refusal('payment_unavailable', 'The test payment service does not answer.')
  }
}
