import type { Problem, SettingsView, TopUpStatus, TopUpView } from '../shared/protocol.ts'
import type { Answer } from './api.ts'

/** What the payment form asks of our server. None of these throws. */
export interface TopUpServer {
  settings(): Promise<Answer<SettingsView>>
  /** Opens the payment of an attempt, or finds it again. */
  addFunds(wish: { userId: string; amountCents: number; key: string }): Promise<Answer<TopUpView>>
  /** Has the server ask Stripe about the payment and credit it. */
  confirm(claim: {
    userId: string
    paymentIntentId: string
  }): Promise<Answer<{ status: TopUpStatus; balanceCents: number }>>
}

export function createTopUpServer(fetch: typeof globalThis.fetch): TopUpServer {
  async function call<T>(path: string, init: RequestInit): Promise<Answer<T>> {
    try {
      const response = await fetch(path, { credentials: 'same-origin', ...init })
      if (response.ok) return { ok: true, value: (await response.json()) as T }
      return { ok: false, failure: await failureOf(response) }
    } catch {
      return { ok: false, failure: { code: 'offline' } }
    }
  }

  const post = <T>(path: string, body: object, headers: Record<string, string> = {}) =>
    call<T>(path, {
      method: 'POST',
      headers: { Accept: 'application/json', 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  return {
    settings: () => call('/settings', {}),
    addFunds: ({ key, ...wish }) => post('/add-funds', wish, { 'Idempotency-Key': key }),
    confirm: (claim) => post('/add-funds/confirm', claim),
  }
}

async function failureOf(response: Response) {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>
  const retryAfterSeconds = Number(response.headers.get('Retry-After'))
  return {
    code: problem.code ?? ('internal' as const),
    ...(problem.detail ? { detail: problem.detail } : {}),
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  }
}
