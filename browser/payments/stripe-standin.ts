/**
 * Replaces Stripe.js where no real card can be charged: the same calls, a card form of our own, and
 * a server that imitates Stripe behind our own address. Loaded only in development, in place of
 * Stripe's script.
 */

import type {
  Elements,
  ElementsOptions,
  FutureUse,
  PaymentElement,
  StripeJs,
  StripeJsError,
} from './stripe-js.ts'
import { askBank, type CardForm, createCardForm } from './stripe-standin-form.ts'

const API = '/stripe-standin/v1/payment_intents'

interface Payment {
  id: string
  status: string
  amount: number
  payment_method_types: readonly string[]
  setup_future_usage: FutureUse
}

type Reply = { payment: Payment; error?: undefined } | { payment?: undefined; error: StripeJsError }

interface StandinElements extends Elements {
  readonly form: CardForm
  /** Returns what the form says it will charge. */
  readonly amount: () => number
  readonly methods: readonly string[]
  /** Returns what the form says the card will be used for. */
  readonly futureUse: () => FutureUse
  readonly submitted: () => boolean
}

const made = new WeakMap<Elements, StandinElements>()

window.Stripe = (publishableKey) => ({
  elements: createElements,

  async confirmPayment(options) {
    const talk = createTalk(publishableKey, options.clientSecret)
    const fields =
      'elements' in options
        ? await fieldsOf(options.elements, talk)
        : { fields: { use_stripe_sdk: 'true', ...options.confirmParams } }
    if ('error' in fields) return fields
    return resultOf(await askedBank(talk, await talk('POST', '/confirm', fields.fields)))
  },

  async handleNextAction({ clientSecret }) {
    const talk = createTalk(publishableKey, clientSecret)
    return resultOf(await askedBank(talk, await talk('GET')))
  },
})

/**
 * Resolves with what was typed; throws, as Stripe.js does, when the form is not about this payment.
 */
async function fieldsOf(
  elements: Elements,
  talk: Talk,
): Promise<{ fields: Record<string, string> } | { error: StripeJsError }> {
  const standin = made.get(elements)
  if (!standin?.submitted()) throw new Error('Call elements.submit() before stripe.confirmPayment().')
  const { payment, error } = await talk('GET')
  if (error) return { error }
  if (payment.amount !== standin.amount()) throw new Error('The amount of the form is not the payment’s.')
  if (payment.setup_future_usage !== standin.futureUse()) {
    throw new Error('The form and the payment differ in what the card will be used for.')
  }
  if (payment.payment_method_types.join() !== standin.methods.join()) {
    throw new Error('The form and the payment differ in what may pay.')
  }
  return { fields: standin.form.fields() }
}

async function askedBank(talk: Talk, reply: Reply): Promise<Reply> {
  return reply.payment?.status === 'requires_action' ? authenticate(talk, reply.payment) : reply
}

function createElements({ amount: first, allowedPaymentMethodTypes: methods }: ElementsOptions): Elements {
  const form = createCardForm()
  let amount = first
  let futureUse: FutureUse = null
  let submitted = false
  const elements: StandinElements = {
    form,
    methods,
    amount: () => amount,
    futureUse: () => futureUse,
    submitted: () => submitted,
    create: () => paymentElement(form),
    update: (change) => {
      amount = change.amount ?? amount
      futureUse = change.setupFutureUsage === undefined ? futureUse : change.setupFutureUsage
    },
    submit: async () => {
      const message = form.missing()
      submitted = message === undefined
      return message === undefined ? {} : { error: { type: 'validation_error', message } }
    },
  }
  made.set(elements, elements)
  return elements
}

function paymentElement(form: CardForm): PaymentElement {
  let ready: (() => void) | undefined
  return {
    mount(place) {
      place.replaceChildren(form.element)
      queueMicrotask(() => ready?.())
    },
    destroy: () => form.element.remove(),
    on(event, told) {
      if (event === 'ready') ready = told as () => void
      if (event === 'focus') form.element.addEventListener('focusin', told as () => void)
    },
  }
}

type Talk = (method: 'GET' | 'POST', move?: string, fields?: Record<string, string>) => Promise<Reply>

/** Creates one payment's requests to the stand-in, as the page that knows its secret. */
function createTalk(key: string, clientSecret: string): Talk {
  const own = { key, client_secret: clientSecret }
  const url = `${API}/${clientSecret.split('_secret_')[0]}`
  return async (method, move = '', fields = {}) => {
    try {
      const form = new URLSearchParams({ ...own, ...fields })
      const response =
        method === 'GET'
          ? await fetch(`${url}?${form}`)
          : await fetch(`${url}${move}`, { method, body: form })
      return replyOf(response.ok, await response.json())
    } catch {
      return { error: { type: 'api_connection_error', message: 'The stand-in cannot be reached.' } }
    }
  }
}

function replyOf(ok: boolean, body: { error?: StripeJsError; detail?: string }): Reply {
  if (ok) return { payment: body as unknown as Payment }
  return { error: body.error ?? { type: 'api_error', ...(body.detail ? { message: body.detail } : {}) } }
}

async function authenticate(talk: Talk, { amount }: Payment): Promise<Reply> {
  return talk('POST', '/authenticate', { outcome: (await askBank(amount)) ? 'succeeded' : 'failed' })
}

function resultOf({ payment, error }: Reply): Awaited<ReturnType<StripeJs['confirmPayment']>> {
  return error ? { error } : { paymentIntent: payment }
}
