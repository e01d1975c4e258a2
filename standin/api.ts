import { StripeFault } from './errors.ts'
import { allowOnly, type Form, parseForm } from './form.ts'
import type { Answer, Idempotency } from './idempotency.ts'
import type { PaymentIntent } from './intent.ts'
import type { Intents } from './intents.ts'

export interface ApiRequest {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly idempotencyKey: string | undefined
  readonly body: string
}

export interface ApiParts {
  intents: Intents
  idempotency: Idempotency
  secretKey: string
  publishableKey: string
}

interface Call {
  readonly intents: Intents
  readonly id: string
  readonly form: Form
}

interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: RegExp
  /** Whether a page may call it too, with the publishable key and the payment's own secret. */
  readonly byPage: boolean
  readonly run: (call: Call) => object
}

const ONE = '/v1/payment_intents/(\\w+)'

const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: /^\/v1\/payment_intents$/,
    byPage: false,
    run: ({ intents, form }) => intents.create(form),
  },
  {
    method: 'GET',
    path: /^\/v1\/payment_intents$/,
    byPage: false,
    run: ({ intents, form }) => intents.list(form),
  },
  {
    method: 'GET',
    path: new RegExp(`^${ONE}$`),
    byPage: true,
    run: ({ intents, id, form }) => {
      allowOnly(form, ['key', 'client_secret'])
      return intents.find(id)
    },
  },
  {
    method: 'POST',
    path: new RegExp(`^${ONE}/confirm$`),
    byPage: true,
    run: ({ intents, id, form }) => intents.confirm(id, form),
  },
  {
    method: 'POST',
    path: new RegExp(`^${ONE}/authenticate$`),
    byPage: true,
    run: ({ intents, id, form }) => intents.authenticate(id, form),
  },
  {
    method: 'POST',
    path: new RegExp(`^${ONE}/cancel$`),
    byPage: false,
    run: ({ intents, id, form }) => intents.cancel(id, form),
  },
]

/** Answers one request as Stripe would: who asks, what for, done. */
export function createApi(parts: ApiParts): (request: ApiRequest) => Answer & { replayed: boolean } {
  return (request) => {
    try {
      const { route, call } = find(parts.intents, request)
      const asPage = mustBeAllowed(parts, route, call, request)
      const fingerprint = `${request.method} ${request.url} ${request.body}`
      const run = () => attempt(() => ok(route.run(call), asPage), asPage)
      return parts.idempotency.once(request.idempotencyKey, fingerprint, run)
    } catch (error) {
      return { ...faultAnswer(error, false), replayed: false }
    }
  }
}

function find(intents: Intents, { method, url, body }: ApiRequest): { route: Route; call: Call } {
  const { pathname, search } = new URL(url, 'http://standin')
  const form = parseForm(method === 'GET' ? search : body)
  for (const route of ROUTES) {
    const match = route.method === method ? route.path.exec(pathname) : null
    if (match) return { route, call: { intents, id: match[1] ?? '', form } }
  }
  throw new StripeFault(404, {
    type: 'invalid_request_error',
    message: `Unrecognized request URL (${method}: ${pathname}).`,
  })
}

/** Whether it is a page that asks; throws Stripe's 401 or 403 when it may not. */
function mustBeAllowed(parts: ApiParts, route: Route, call: Call, { authorization }: ApiRequest): boolean {
  if (authorization === `Bearer ${parts.secretKey}`) return false
  if (call.form.get('key') !== parts.publishableKey) {
    throw new StripeFault(401, { type: 'invalid_request_error', message: 'Invalid API Key provided.' })
  }
  const secret = call.form.get('client_secret')
  if (route.byPage && secret === call.intents.find(call.id).client_secret) return true
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

/** What is ours about a payment stays with us, as at Stripe. */
function forPage({ metadata: _, ...rest }: PaymentIntent): object {
  return rest
}
