/** Signs the stand-in's webhooks and delivers them. */
import { createHmac, randomBytes } from 'node:crypto'
import type Stripe from 'stripe'
import { seconds } from './objects.ts'

// The version the SDK is pinned to; Stripe sends events in the version of the webhook endpoint.
const API_VERSION = '2026-10-28.endive'
const RETRY_AFTER_MS = [500, 2_000, 10_000, 30_000, 60_000]

export interface WebhooksParts {
  /** Returns the address for events, at each delivery; undefined for none. */
  url: () => string | undefined
  secret: string
  now: () => Date
  /** The waits before each further try, in milliseconds. */
  retryAfterMs?: readonly number[] | undefined
}

export interface Webhooks {
  /**
   * Signs an event and delivers it, trying again until the response is 2xx or the tries are used
   * up.
   */
  send(type: string, object: object): void
  /** Holds events back from now on. */
  hold(): void
  /**
   * Delivers what `choose` makes of the events held back, in that order: fewer, more than once, the
   * last one first.
   */
  release(choose?: (held: readonly HeldEvent[]) => readonly HeldEvent[]): void
  stop(): void
}

export interface HeldEvent {
  readonly type: string
  readonly body: string
}

/** Webhooks as Stripe sends them: a snapshot event, signed over its raw bytes. */
export function createWebhooks({ url, secret, now, retryAfterMs = RETRY_AFTER_MS }: WebhooksParts): Webhooks {
  const timers = new Set<NodeJS.Timeout>()
  const stopping = new AbortController()
  let held: HeldEvent[] | undefined

  const deliver = async (body: string, retries: readonly number[]): Promise<void> => {
    const to = url()
    if (to === undefined || (await accepted(to, body))) return
    const [wait, ...later] = retries
    if (wait === undefined || stopping.signal.aborted) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      void deliver(body, later)
    }, wait)
    timers.add(timer)
  }

  const accepted = async (to: string, body: string): Promise<boolean> => {
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': signature(body, secret, seconds(now())),
    }
    try {
      const answer = await fetch(to, { method: 'POST', headers, body, signal: stopping.signal })
      await answer.body?.cancel()
      return answer.ok
    } catch {
      return false
    }
  }

  return {
    send(type, object) {
      const body = JSON.stringify(eventOf(type, object, now()))
      if (held) held.push({ type, body })
      else void deliver(body, retryAfterMs)
    },
    hold() {
      held ??= []
    },
    release(choose = (all) => all) {
      const chosen = choose(held ?? [])
      held = undefined
      for (const { body } of chosen) void deliver(body, retryAfterMs)
    },
    stop() {
      stopping.abort()
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}

type Envelope = Omit<Stripe.EventBase, 'type'> & { type: string }

/**
 * Wraps an object as an event; `test/dev/stripe/sdk-types.test.ts` checks which object comes with
 * which.
 */
function eventOf(type: string, object: object, created: Date): Envelope {
  return {
    id: `evt_${randomBytes(12).toString('hex')}`,
    object: 'event',
    api_version: API_VERSION,
    created: seconds(created),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  }
}

/** Returns the `Stripe-Signature` header for `body`, signed at `at` (seconds). */
export function signature(body: string, secret: string, at: number): string {
  const v1 = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')
  return `t=${at},v1=${v1}`
}
