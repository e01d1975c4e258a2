import type { Problem } from '../../shared/protocol/errors.ts'
import type { CardsView, OpenedTopUpView, SettingsView, TopUpStatus } from '../../shared/protocol/views.ts'
import type { Answer } from '../lib/api.ts'

export interface FundsWish {
  userId: string
  amountCents: number
  /** The name of the attempt. */
  key: string
  saveCard?: true
  cardId?: string
  /** Pay although the same amount is under way elsewhere. */
  again: boolean
}

/** What the payment form asks of our server. None of these throws. */
export interface TopUpServer {
  settings(): Promise<Answer<SettingsView>>
  cards(): Promise<Answer<CardsView>>
  /** Opens the payment of an attempt, or finds it again; with `cardId` it is charged to that saved card at once. */
  addFunds(wish: FundsWish): Promise<Answer<OpenedTopUpView>>
  /** Has the server ask Stripe about the payment and credit it. */
  confirm(claim: {
    userId: string
    paymentIntentId: string
  }): Promise<Answer<{ status: TopUpStatus; balanceCents: number }>>
}

export function createTopUpServer(fetch: typeof globalThis.fetch): TopUpServer {
  const { get, post } = createTalk(fetch)
  return {
    settings: () => get('/settings'),
    cards: () => get('/cards'),
    addFunds: ({ key, ...wish }) => post('/add-funds', wish, { 'Idempotency-Key': key }),
    confirm: (claim) => post('/add-funds/confirm', claim),
  }
}

/** JSON to and from our server, in answers that never throw. */
export function createTalk(fetch: typeof globalThis.fetch) {
  async function call<T>(path: string, init: RequestInit): Promise<Answer<T>> {
    try {
      const response = await fetch(path, { credentials: 'same-origin', ...init })
      if (response.ok) return { ok: true, value: (await response.json()) as T }
      return { ok: false, failure: await failureOf(response) }
    } catch {
      return { ok: false, failure: { code: 'offline' } }
    }
  }

  return {
    get: <T>(path: string) => call<T>(path, { headers: { Accept: 'application/json' } }),
    post: <T>(path: string, body: object, headers: Record<string, string> = {}) =>
      call<T>(path, {
        method: 'POST',
        headers: { Accept: 'application/json', 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
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
