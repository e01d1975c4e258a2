/**
 * Checks that the stand-in's responses over HTTP are what the pinned SDK's types say of Stripe:
 * each response is written as a literal of the SDK's type, and the compiler refuses a required
 * field that is missing and a field that it does not know.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import { authenticateAsPage, CARD, call, cardForm, idIn, PUBLISHABLE_KEY, payAsPage } from './support.ts'

const ROOT = new URL('../../..', import.meta.url).pathname
const TWENTY = { amount: '2000', currency: 'usd', receipt_email: 'ana@example.com' }

/** One response: its request, the SDK's type for it, and the body that came over the wire. */
interface Sample {
  readonly what: string
  readonly type: string
  readonly body: unknown
}

/** Starts a stand-in that records every response that it gives. */
function recorder(standin: Standin) {
  const samples: Sample[] = []
  const keep = (what: string, type: string, body: unknown) => void samples.push({ what, type, body })
  const ask = async (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    type: string,
    form: Record<string, string> = {},
  ) => {
    const { status, body } = await call(standin, method, path, form)
    keep(`${method} ${path}, ${status}`, status < 400 ? type : ERROR, body)
    return body
  }
  const open = async (more: Record<string, string> = {}) => {
    const body = await ask('POST', '/payment_intents', PAYMENT, { ...TWENTY, ...more })
    return { id: String(body.id), secret: String(body.client_secret) }
  }
  const paid = async (more: Record<string, string> = {}) => {
    const { id, secret } = await open(more)
    keep('paid by a page', PAGE_PAYMENT, (await payAsPage(standin, secret, CARD.good)).body)
    return id
  }
  return { samples, keep, ask, open, paid }
}

const PAYMENT = 'Stripe.PaymentIntent'
const PAGE_PAYMENT = 'Partial<Stripe.PaymentIntent>'
const ERROR = '{ error: Stripe.StripeRawError }'
const PAGE_ERROR = `{ error: Omit<Stripe.StripeRawError, 'payment_intent'> & { payment_intent?: ${PAGE_PAYMENT} } }`
const list = (of: string) => `Stripe.ApiList<${of}>`

type Recorder = ReturnType<typeof recorder>

/** Payments in every state, with and without their charge. */
async function payments(standin: Standin, { ask, keep, open, paid }: Recorder): Promise<void> {
  await ask('POST', '/payment_intents', PAYMENT, { amount: '1', currency: 'usd' })
  await ask('POST', '/payment_intents', PAYMENT, { ...TWENTY, nonsense: '1' })
  await ask('GET', '/payment_intents/pi_none', PAYMENT)
  const { id: canceled } = await open({ 'metadata[topUpId]': 't1' })
  await ask('POST', `/payment_intents/${canceled}/cancel`, PAYMENT)
  await ask('POST', `/payment_intents/${canceled}/cancel`, PAYMENT)
  const declined = await open()
  keep('declined', PAGE_ERROR, (await payAsPage(standin, declined.secret, CARD.declined)).body)
  await ask('GET', `/payment_intents/${declined.id}`, PAYMENT, { 'expand[0]': 'latest_charge' })
  const checked = await open()
  keep('asked by the bank', PAGE_PAYMENT, (await payAsPage(standin, checked.secret, CARD.checked)).body)
  await ask('GET', `/payment_intents/${checked.id}`, PAYMENT)
  keep('failed at the bank', PAGE_ERROR, (await authenticateAsPage(standin, checked.secret, 'failed')).body)
  await ask('GET', `/payment_intents/${checked.id}`, PAYMENT)
  const id = await paid()
  await ask('GET', `/payment_intents/${id}`, PAYMENT, { 'expand[0]': 'latest_charge' })
  const form = { ...cardForm(declined.secret, CARD.good), 'payment_method_data[card][cvc]': '1' }
  keep('mistyped', PAGE_ERROR, (await call(standin, 'POST', `/payment_intents/${id}/confirm`, form, {})).body)
  const page = { key: PUBLISHABLE_KEY, client_secret: declined.secret }
  const seen = await call(standin, 'GET', `/payment_intents/${idIn(declined.secret)}`, page, {})
  keep('seen by a page', PAGE_PAYMENT, seen.body)
  await ask('GET', '/payment_intents', list(PAYMENT))
}

async function customers(standin: Standin, { ask, keep, open }: Recorder): Promise<void> {
  const { id } = await ask('POST', '/customers', 'Stripe.Customer', { 'metadata[userId]': 'u1' })
  const customer = String(id)
  await ask('GET', `/customers/${customer}`, 'Stripe.Customer | Stripe.DeletedCustomer')
  const { secret } = await open({ customer, setup_future_usage: 'off_session' })
  keep('paid and saved', PAGE_PAYMENT, (await payAsPage(standin, secret, CARD.good)).body)
  const methods = list('Stripe.PaymentMethod')
  const cards = await ask('GET', `/customers/${customer}/payment_methods`, methods, { type: 'card' })
  const card = (cards.data as { id: string }[])[0]?.id ?? ''
  const saved = { ...TWENTY, customer, payment_method: card, confirm: 'true' }
  await ask('POST', '/payment_intents', PAYMENT, saved)
  standin.replaceCard(card, CARD.checked)
  await ask('POST', '/payment_intents', PAYMENT, { ...saved, off_session: 'true' })
  await ask('POST', `/payment_methods/${card}/detach`, 'Stripe.PaymentMethod')
  await ask('POST', `/payment_methods/${card}/detach`, 'Stripe.PaymentMethod')
  await ask('DELETE', `/customers/${customer}`, 'Stripe.DeletedCustomer')
  await ask('GET', `/customers/${customer}`, 'Stripe.Customer | Stripe.DeletedCustomer')
  await ask('GET', `/customers/${customer}/payment_methods`, methods, { type: 'card' })
  await ask('POST', '/payment_intents', PAYMENT, saved)
}

async function returns(standin: Standin, { ask, paid }: Recorder): Promise<void> {
  const refund = async (payment_intent: string, amount: string) => {
    const form = { payment_intent, amount, reason: 'requested_by_customer', 'metadata[refundId]': 'r1' }
    return String((await ask('POST', '/refunds', 'Stripe.Refund', form)).id)
  }
  const id = await paid()
  await refund(id, '500')
  standin.reversals.failRefund(await refund(id, '300'))
  standin.reversals.holdRefunds(true)
  const pending = await refund(id, '200')
  await refund(id, '100')
  standin.reversals.holdRefunds(false)
  standin.reversals.finishRefund(pending)
  await refund(id, '9999')
  await ask('GET', '/refunds', list('Stripe.Refund'), { payment_intent: id })
  for (const [currency, rate] of [
    ['usd', undefined],
    ['eur', 0.87],
  ] as const) {
    standin.settlesIn(currency, rate)
    const disputed = await paid()
    const { id: dispute } = standin.reversals.dispute(disputed, { feeApart: true })
    standin.reversals.answerDispute(dispute)
    standin.reversals.closeDispute(dispute, 'won')
    const inquiry = standin.reversals.dispute(await paid(), { inquiry: true })
    standin.reversals.answerDispute(inquiry.id)
    standin.reversals.closeDispute(standin.reversals.dispute(await paid()).id, 'lost')
    await ask('GET', `/payment_intents/${disputed}`, PAYMENT, { 'expand[0]': 'latest_charge' })
  }
  await ask('GET', '/disputes', list('Stripe.Dispute'), { limit: '100' })
}

/** Runs this and returns every event, as a receiver gets it. */
async function withEvents(run: (standin: Standin) => Promise<void>): Promise<Sample[]> {
  const heard: Sample[] = []
  const hook = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const event = JSON.parse(body)
      heard.push({ what: event.type, type: `Event<'${event.type}'>`, body: event })
      response.end()
      hook.emit('heard')
    })
  })
  hook.listen(0, '127.0.0.1')
  await once(hook, 'listening')
  const { port } = hook.address() as AddressInfo
  const standin = await startStripeStandin({ webhookUrl: `http://127.0.0.1:${port}` })
  try {
    standin.webhooks.hold()
    await run(standin)
    let count = 0
    standin.webhooks.release((held) => {
      count = held.length
      return held
    })
    while (heard.length < count) await once(hook, 'heard')
  } finally {
    await standin.stop()
    hook.closeAllConnections()
    hook.close()
  }
  return heard
}

/** Returns the compiler's errors for the samples, as literals of their types. */
async function complaints(samples: readonly Sample[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sdk-types-'))
  const lines = samples.flatMap(({ what, type, body }, place) => [
    `// ${what}`,
    `export const sample${place}: ${type} = ${JSON.stringify(body)}`,
  ])
  const head = [
    "import type Stripe from 'stripe'",
    'type Event<T> = Extract<Stripe.Event, { type: T }>',
    'export const checked: Event<never>[] = []',
  ]
  const compilerOptions = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    module: 'NodeNext',
    types: ['node'],
  }
  try {
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['samples.ts'] }))
    await writeFile(join(folder, 'samples.ts'), [...head, ...lines].join('\n'))
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const run = promisify(execFile)(process.execPath, [tsc, '-p', folder])
    return await run.then(
      ({ stdout }) => stdout,
      (error: { stdout?: string; message: string }) => error.stdout || error.message,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

it('returns objects that have every field which the SDK’s types require, and none that they do not know', async () => {
  const samples: Sample[] = []
  const events = await withEvents(async (standin) => {
    const record = recorder(standin)
    await payments(standin, record)
    await customers(standin, record)
    await returns(standin, record)
    samples.push(...record.samples)
  })
  const types = new Set(events.map(({ what }) => what))
  expect([...types].sort()).toEqual([
    'charge.dispute.closed',
    'charge.dispute.created',
    'charge.dispute.funds_reinstated',
    'charge.dispute.funds_withdrawn',
    'charge.dispute.updated',
    'charge.refunded',
    'charge.updated',
    'customer.created',
    'customer.deleted',
    'payment_intent.canceled',
    'payment_intent.created',
    'payment_intent.payment_failed',
    'payment_intent.requires_action',
    'payment_intent.succeeded',
    'refund.created',
    'refund.failed',
    'refund.updated',
  ])
  expect(await complaints([...samples, ...events])).toBe('')
})

it('would not get past the compiler with a field too few or too many', async () => {
  const standin = await startStripeStandin()
  const { body } = await call(standin, 'POST', '/payment_intents', TWENTY)
  await standin.stop()
  const { amount_capturable: _, ...less } = body
  const said = await complaints([
    { what: 'a field too few', type: PAYMENT, body: less },
    { what: 'a field too many', type: PAYMENT, body: { ...body, amount_lost: 1 } },
  ])
  expect(said).toContain("Property 'amount_capturable' is missing")
  expect(said).toMatch(/amount_lost.* does not exist in type 'PaymentIntent'/)
})
