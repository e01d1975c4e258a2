/** Sends the pages' HTTP requests: JSON to and from our server, with results that never throw. */
import type { ErrorCode, Problem } from '../../shared/protocol/errors.ts'

/** Says why a passkey failed; one that was not used may have been declined. */
type PasskeyTrouble = 'passkey_unused' | 'passkey_known' | 'passkey_failed' | 'passkey_refused'

/** Says why a call failed: the server's code, or `offline` when no response came. */
export interface Failure {
  code: ErrorCode | 'offline' | PasskeyTrouble
  detail?: string
  errors?: { path: string; message: string }[]
  retryAfterSeconds?: number
}

/** After this long nothing comes any more: a network that died without a sign keeps a request for minutes. */
export const ANSWER_MS = 30_000

export type Answer<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export type Http = ReturnType<typeof createHttp>

/**
 * Creates the client. `now` is the wall clock in milliseconds; `serverNow` corrects it by the
 * server's own responses.
 */
export function createHttp({ fetch, now }: { fetch: typeof globalThis.fetch; now: () => number }) {
  let skewMs = 0
  let askForProof: (() => Promise<boolean>) | undefined

  async function send<T>(
    method: string,
    path: string,
    body: object = {},
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const ending = endingIn(ANSWER_MS)
    try {
      const response = await fetch(path, {
        method,
        credentials: 'same-origin',
        signal: ending.signal,
        headers: { Accept: 'application/json', 'Content-Type': 'application/json', ...headers },
        ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
      })
      skewMs = skewOf(response, now()) ?? skewMs
      return response.ok ? { ok: true, value: await bodyOf<T>(response) } : await refusal(response)
    } catch {
      return { ok: false, failure: { code: 'offline' } }
    } finally {
      ending.cancel()
    }
  }

  /** Sends the call; where the server wants proof of who asks, once more when it has been given. */
  async function call<T>(...sent: Parameters<typeof send>): Promise<Answer<T>> {
    const answer = await send<T>(...sent)
    if (answer.ok || answer.failure.code !== 'proof_needed' || !askForProof) return answer
    return (await askForProof()) ? send<T>(...sent) : answer
  }

  return {
    call,
    serverNow: () => now() + skewMs,
    /** Sets what asks the user for proof, and resolves with whether it was given. */
    askProofBy(ask: () => Promise<boolean>): void {
      askForProof = ask
    },
  }
}

/** Returns a signal that ends a request after so many milliseconds, unless cancelled. */
export function endingIn(ms: number): { signal: AbortSignal; cancel: () => void } {
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(), ms)
  return { signal: ending.signal, cancel: () => clearTimeout(timer) }
}

async function bodyOf<T>(response: Response): Promise<T> {
  return (response.status === 204 ? undefined : await response.json()) as T
}

async function refusal(response: Response): Promise<{ ok: false; failure: Failure }> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>
  const retryAfterSeconds = Number(response.headers.get('Retry-After'))
  const failure: Failure = {
    code: problem.code ?? 'internal',
    ...(problem.detail ? { detail: problem.detail } : {}),
    ...(problem.errors ? { errors: problem.errors } : {}),
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  }
  return { ok: false, failure }
}

/**
 * Returns the difference to the server's clock. The Date header has whole seconds: less than two
 * says nothing about the clock.
 */
function skewOf(response: Response, now: number): number | undefined {
  const told = Date.parse(response.headers.get('Date') ?? '')
  if (Number.isNaN(told)) return undefined
  const skew = told + 500 - now
  return Math.abs(skew) < 2_000 ? 0 : skew
}
