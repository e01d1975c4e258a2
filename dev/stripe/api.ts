/** Routes requests to the stand-in's operations, as Stripe's API does. */
import { StripeFault } from './errors.ts'
import { allowOnly, type Form, parseForm } from './form.ts'
import type { Answer, Idempotency } from './idempotency.ts'
import type { PaymentIntent } from './objects.ts'
import type { Shop } from './shop.ts'

export interface ApiRequest {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly idempotencyKey: string | undefined
  readonly body: string
}

export interface ApiParts {
  shop: Shop
  idempotency: Idempotency
  secretKey: string
  publishableKey: string
}

interface Call {
  readonly shop: Shop
  readonly id: string
  readonly form: Form
}

interface Route {
  readonly method: string
  readonly path: RegExp
  /** True if a page may call it too, with the publishable key and the payment's own secret. */
  readonly byPage: boolean
  readonly run: (call: Call) => object
}

type Method = 'GET' | 'POST' | 'DELETE'

/**
 * Declares `POST /v1/payment_intents/:id/confirm` and so on; `*` at the end marks what a page may
 * call too.
 */
function route(name: `${Method} /${string}`, run: (call: Call) => object): Route {
  const [method = '', path = '', mark] = name.split(' ')
  return {
    method,
    path: new RegExp(`^/v1${path.replace(':id', '(\\w+)')}$`),
    byPage: mark === '*',
    run,
  }
}

const ROUTES: readonly Route[] = [
  route('POST /payment_intents', ({ shop, form }) => shop.intents.create(form)),
  route('GET /payment_intents', ({ shop, form }) => shop.intents.list(form)),
  route('GET /payment_intents/:id *', retrieve),
  route('POST /payment_intents/:id/confirm *', ({ shop, id, form }) => shop.intents.confirm(id, form)),
  route('POST /payment_intents/:id/authenticate *', ({ shop, id, form }) =>
    shop.intents.authenticate(id, form),
  ),
  route('POST /payment_intents/:id/cancel', ({ shop, id, form }) => shop.intents.cancel(id, form)),
  route('POST /customers', ({ shop, form }) => shop.customers.create(form)),
  route('GET /customers/:id', ({ shop, id, form }) => shop.customers.find(id, form)),
  route('DELETE /customers/:id', ({ shop, id }) => shop.customers.delete(id)),
  route('GET /customers/:id/payment_methods', ({ shop, id, form }) => shop.customers.cardsOf(id, form)),
  route('POST /payment_methods/:id/detach', ({ shop, id, form }) => shop.customers.detach(id, form)),
  route('POST /refunds', ({ shop, form }) => shop.refunds.create(form)),
  route('GET /refunds', ({ shop, form }) => shop.refunds.list(form)),
  route('GET /disputes', ({ shop, form }) => shop.disputes.list(form)),
]

function retrieve({ shop, id, form }: Call): object {
  allowOnly(form, ['key', 'client_secret', 'expand[0]'])
  const intent = shop.intents.find(id)
  const wanted = form.get('expand[0]')
  if (wanted === undefined) return intent
  if (wanted !== 'latest_charge') {
    throw new StripeFault(400, {
      type: 'invalid_request_error',
      message: `This property cannot be expanded (${wanted}).`,
    })
  }
  return { ...intent, latest_charge: shop.charges.find(intent.latest_charge) ?? null }
}

/** Handles one request as Stripe would: authenticates it, finds the operation, runs it. */
export function createApi(parts: ApiParts): (request: ApiRequest) => Answer & { replayed: boolean } {
  return (request) => {
    try {
      const { route, call } = find(parts.shop, request)
      const asPage = mustBeAllowed(parts, route, call, request)
      const fingerprint = `${request.method} ${request.url} ${request.body}`
      const run = () => attempt(() => ok(route.run(call), asPage), asPage)
      return parts.idempotency.once(request.idempotencyKey, fingerprint, run)
    } catch (error) {
      return { ...faultAnswer(error, false), replayed: false }
    }
  }
}

function find(shop: Shop, { method, url, body }: ApiRequest): { route: Route; call: Call } {
  const { pathname, search } = new URL(url, 'http://standin')
  const form = parseForm(method === 'POST' ? body : search)
  for (const route of ROUTES) {
    const match = route.method === method ? route.path.exec(pathname) : null
    if (match) return { route, call: { shop, id: match[1] ?? '', form } }
  }
  throw new StripeFault(404, {
    type: 'invalid_request_error',
    message: `Unrecognized request URL (${method}: ${pathname}).`,
  })
}

/** Returns true if a page makes the request; throws Stripe's 401 or 403 when it may not. */
function mustBeAllowed(parts: ApiParts, route: Route, call: Call, { authorization }: ApiRequest): boolean {
  if (authorization === `Bearer ${parts.secretKey}`) return false
  if (call.form.get('key') !== parts.publishableKey) {
    throw new StripeFault(401, { type: 'invalid_request_error', message: 'Invalid API Key provided.' })
  }
  const secret = call.form.get('client_secret')
  if (route.byPage && secret === call.shop.intents.find(call.id).client_secret) return true
  throw new StripeFault(403, {
    type: 'invalid_request_error',
    message: 'This needs a secret key, or the secret of the payment.',
  })
}

function ok(body: object, asPage: boolean): Answer {
  return { status: 200, body: JSON.stringify(asPage ? forPage(body as PaymentIntent) : body) }
}

function attempt(run: () => Answer, asPage: boolean): Answer {
  try {
    return run()
  } catch (error) {
    return faultAnswer(error, asPage)
  }
}

function faultAnswer(error: unknown, asPage: boolean): Answer {
  if (!(error instanceof StripeFault)) throw error
  const { payment_intent: intent, ...rest } = error.error
  const shown = intent && { payment_intent: asPage ? forPage(intent) : intent }
  return { status: error.status, body: JSON.stringify({ error: { ...rest, ...shown } }) }
}

/** Returns what Stripe shows of a payment to a page that knows its secret. */
function forPage(intent: PaymentIntent): Partial<PaymentIntent> {
  return Object.fromEntries(PAGE_FIELDS.map((field) => [field, intent[field]]))
}

const PAGE_FIELDS = [
  'id',
  'object',
  'amount',
  'amount_details',
  'automatic_payment_methods',
  'canceled_at',
  'cancellation_reason',
  'capture_method',
  'client_secret',
  'confirmation_method',
  'created',
  'currency',
  'description',
  'last_payment_error',
  'livemode',
  'next_action',
  'payment_method',
  'payment_method_types',
  'processing',
  'receipt_email',
  'setup_future_usage',
  'shipping',
  'source',
  'status',
] as const satisfies readonly (keyof PaymentIntent)[]
