import { type Request, type Response, Router } from 'express'
import { Refusal } from '../domain/errors.ts'

const PAYMENT_ID = /^\w{1,255}$/
// A page's own key. A secret key must never come this way.
const PUBLISHABLE = /^pk_/

/**
 * The page's way to the stand-in: its stand-in for Stripe.js speaks to our own origin, in JSON, and we pass on what
 * Stripe.js does, paying one payment and looking at it, as Stripe's forms, with the publishable key and that payment's
 * secret. `base` is the stand-in's address, or STRIPE_API_BASE. To be mounted after the JSON parser, and only
 * where one of the two is in use. Refuses `not_found` and `payment_unavailable`.
 */
export function standinRoutes({ base }: { base: string }): Router {
  const router = Router()
  const payments = `${base}/v1/payment_intents`

  for (const move of ['confirm', 'authenticate'] as const) {
    router.post(`/stripe-standin/v1/payment_intents/:id/${move}`, async (req, res) => {
      const { id, form } = mustBeFromPage(req, req.body)
      await pass(res, `${payments}/${id}/${move}`, { method: 'POST', body: form })
    })
  }

  router.get('/stripe-standin/v1/payment_intents/:id', async (req, res) => {
    const { id, form } = mustBeFromPage(req, req.query)
    await pass(res, `${payments}/${id}?${form}`, {})
  })

  return router
}

function mustBeFromPage(
  req: Request<{ id: string }>,
  fields: unknown,
): { id: string; form: URLSearchParams } {
  const { id } = req.params
  const form = formOf(fields)
  if (PAYMENT_ID.test(id) && PUBLISHABLE.test(form.get('key') ?? '')) return { id, form }
  throw new Refusal('not_found', 'There is nothing at this address.')
}

function formOf(fields: unknown): URLSearchParams {
  const texts = Object.entries(fields ?? {}).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  )
  return new URLSearchParams(texts)
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
