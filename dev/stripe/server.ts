/** Runs the stand-in as a server on loopback. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApi } from './api.ts'
import type { Balance } from './balance.ts'
import { cardNumbered } from './cards.ts'
import type { Disputes } from './disputes.ts'
import { createIdempotency } from './idempotency.ts'
import { STANDIN_KEYS } from './keys.ts'
import type { Refunds } from './refunds.ts'
import { createShop } from './shop.ts'
import { createWebhooks, type Webhooks } from './webhooks.ts'

const LOOPBACK = '127.0.0.1'
const BODY_MAX = 64 * 1024

export interface StandinParts {
  /** Must be one of the stand-in's own, `sk_test_standin…`. */
  secretKey?: string
  publishableKey?: string
  webhookSecret?: string
  /** The address for webhooks; a function where it is known only later. */
  webhookUrl?: string | (() => string | undefined)
  /** The waits before each further try of a webhook, in milliseconds. */
  webhookRetryMs?: readonly number[]
  now?: () => Date
}

/**
 * `lost_response`: does the work, then cuts the connection. `server_error`: does nothing and
 * returns 500. `until`: does the work, and responds once that is fulfilled; until then the
 * request's idempotency key is in use.
 */
export type Fault = 'lost_response' | 'server_error' | { readonly until: Promise<unknown> }

export interface Standin {
  /** `http://127.0.0.1:<port>`, what STRIPE_API_BASE would be. */
  readonly url: string
  /** Plays a fault on each of the next requests, in order. */
  failNext(...faults: Fault[]): void
  /** The actions of banks and people at Stripe, beside paying. */
  readonly reversals: Pick<Refunds, 'holdRefunds' | 'finishRefund' | 'failRefund'> & Omit<Disputes, 'list'>
  readonly settlesIn: Balance['settlesIn']
  /**
   * Changes the bank's mind: a saved card behaves like the test card of that number from now on.
   */
  replaceCard(paymentMethodId: string, number: string): void
  readonly webhooks: Pick<Webhooks, 'hold' | 'release'>
  stop(): Promise<void>
}

/**
 * Starts a server on loopback that speaks the part of Stripe's API that we use, for development and
 * tests. It moves no money, forgets everything when it stops, and refuses to start with any key but
 * its own.
 */
export async function startStripeStandin(parts: StandinParts = {}): Promise<Standin> {
  const { secretKey = STANDIN_KEYS.secretKey, publishableKey = STANDIN_KEYS.publishableKey } = parts
  if (!secretKey.startsWith(STANDIN_KEYS.secretKey)) {
    throw new Error('the Stripe stand-in answers to its own keys alone')
  }
  const { webhookUrl, webhookSecret = STANDIN_KEYS.webhookSecret, now = () => new Date() } = parts
  const url = typeof webhookUrl === 'function' ? webhookUrl : () => webhookUrl
  const webhooks = createWebhooks({ url, secret: webhookSecret, now, retryAfterMs: parts.webhookRetryMs })
  const shop = createShop({ now, onEvent: webhooks.send })
  const api = createApi({ shop, idempotency: createIdempotency({ now }), secretKey, publishableKey })
  const faults: Fault[] = []
  const inUse = new Set<string>()

  const server = createServer((request, response) => {
    answer(api, inUse, faults.shift(), request, response).catch(() => response.destroy())
  })
  server.listen(0, LOOPBACK)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    url: `http://${LOOPBACK}:${port}`,
    failNext: (...next) => void faults.push(...next),
    reversals: { ...shop.refunds, ...shop.disputes },
    settlesIn: shop.balance.settlesIn,
    replaceCard: (id, number) => shop.customers.replaceCard(id, cardNumbered(number)),
    webhooks,
    async stop() {
      webhooks.stop()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function answer(
  api: ReturnType<typeof createApi>,
  inUse: Set<string>,
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const head = headOf(request)
  const body = await bodyOf(request)
  if (fault === 'server_error') return send(response, { status: 500, body: OUTAGE })
  const key = head.idempotencyKey
  if (key !== undefined && inUse.has(key)) return send(response, { status: 409, body: IN_USE })
  if (key !== undefined) inUse.add(key)
  const { status, body: text, replayed } = api({ ...head, body })
  if (typeof fault === 'object') await fault.until
  if (key !== undefined) inUse.delete(key)
  if (fault === 'lost_response') return void response.destroy()
  if (replayed) response.setHeader('idempotent-replayed', 'true')
  send(response, { status, body: text })
}

const IN_USE = JSON.stringify({
  error: {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: 'Another request with this key is under way.',
  },
})

const OUTAGE = JSON.stringify({ error: { type: 'api_error', message: 'Something went wrong on our end.' } })

function send(response: ServerResponse, { status, body }: { status: number; body: string }): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
}

function headOf({ method = 'GET', url = '/', headers }: IncomingMessage) {
  const key = headers['idempotency-key']
  return {
    method,
    url,
    authorization: headers.authorization,
    idempotencyKey: typeof key === 'string' ? key : undefined,
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_MAX) throw new Error('the request is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
