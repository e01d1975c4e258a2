import type { ErrorCode, Problem } from '../../shared/protocol/errors.ts'
import type { RegisterBody } from '../../shared/protocol/http.ts'
import type { SessionKind, SessionView } from '../../shared/protocol/session.ts'
import type {
  BalanceAround,
  EarningsView,
  LimitsView,
  LoginView,
  ReadersCountView,
  ReaderView,
  SessionsPage,
  SettingsView,
  UserView,
} from '../../shared/protocol/views.ts'

/** Why a call did not do what it should: the server's code, or `offline` when no answer came. */
export interface Failure {
  code: ErrorCode | 'offline'
  detail?: string
  errors?: { path: string; message: string }[]
  retryAfterSeconds?: number
}

export type Answer<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export interface MeAnswer {
  user: UserView
  /** The person's open session, if there is one: a page that was closed finds its way back by it. */
  openSession?: SessionView
}

export interface Entered {
  user: UserView
  redirect: string
}

type SessionAnswer = { session: SessionView }

/** What a person may change about the own account. */
export interface ProfileChange {
  name?: string
  rateCents?: number
  speciality?: string
  bio?: string
}

export interface SessionWish {
  readerId: string
  kind: SessionKind
  /** Where it is to stop. */
  limitCents?: number
}

export type Api = ReturnType<typeof createApi>

/**
 * The server's doors as functions. None of them throws: a refusal or a lost network is an {@link Answer} too.
 * `now` is the wall clock in milliseconds; `serverNow` corrects it by what the server's own answers said.
 */
export function createApi({ fetch, now }: { fetch: typeof globalThis.fetch; now: () => number }) {
  let skewMs = 0

  async function call<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    try {
      const response = await fetch(path, {
        method,
        credentials: 'same-origin',
        headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
        ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
      })
      skewMs = skewOf(response, now()) ?? skewMs
      return response.ok ? { ok: true, value: await bodyOf<T>(response) } : await refusal(response)
    } catch {
      return { ok: false, failure: { code: 'offline' } }
    }
  }

  const session = (id: string, verb: string) =>
    call<SessionAnswer>('POST', `/session/${encodeURIComponent(id)}/${verb}`)

  return {
    register: (body: RegisterBody) => call<Entered>('POST', '/register', body),
    login: (body: { email: string; password: string }) => call<Entered>('POST', '/login', body),
    logout: () => call<undefined>('POST', '/logout'),
    me: () => call<MeAnswer>('GET', '/me'),
    checkBalance: (userId: string) =>
      call<{ balanceCents: number }>('GET', `/check-balance?userId=${encodeURIComponent(userId)}`),
    changeMe: (body: ProfileChange) => call<{ user: UserView }>('PATCH', '/me', body),
    settings: () => call<SettingsView>('GET', '/settings'),
    readers: () => call<{ readers: ReaderView[] }>('GET', '/readers'),
    readersCount: () => call<ReadersCountView>('GET', '/readers/count'),
    setAvailable: (available: boolean) =>
      call<{ available: boolean }>('POST', '/availability', { available }),
    sessions: (cursor?: string) =>
      call<SessionsPage>('GET', cursor ? `/sessions?cursor=${encodeURIComponent(cursor)}` : '/sessions'),
    /** The newest alone, as many as a glance takes. */
    latestSessions: () => call<SessionsPage>('GET', '/sessions?limit=5'),
    /** `zone` is an IANA name: whose days the earnings are told in. */
    earnings: (zone: string) => call<EarningsView>('GET', `/earnings?zone=${encodeURIComponent(zone)}`),
    limits: () => call<LimitsView>('GET', '/limits'),
    /** `null` takes the limit away. */
    limitDay: (limitCents: number | null) => call<LimitsView>('POST', '/limits', { limitCents }),
    limitSession: (id: string, limitCents: number | null) =>
      call<SessionAnswer>('POST', `/session/${encodeURIComponent(id)}/limit`, { limitCents }),
    logins: () => call<{ logins: LoginView[] }>('GET', '/logins'),
    /** Without an id, all but the login that asks. */
    endLogins: (password: string, id?: string) =>
      call<{ logins: LoginView[] }>('POST', '/logins/end', { password, ...(id ? { loginId: id } : {}) }),
    changePassword: (body: { password: string; newPassword: string }) =>
      call<unknown>('POST', '/password', body),
    deleteAccount: (body: { password: string; giveUpCents?: number }) =>
      call<undefined>('POST', '/account/delete', body),
    session: (id: string) =>
      call<SessionAnswer & { balance?: BalanceAround }>('GET', `/session/${encodeURIComponent(id)}`),
    start: (wish: SessionWish) => call<SessionAnswer>('POST', '/session/start', wish),
    accept: (id: string) => session(id, 'accept'),
    decline: (id: string) => session(id, 'decline'),
    cancel: (id: string) => session(id, 'cancel'),
    end: (id: string) => session(id, 'end'),
    /** The server's clock, as well as its answers let us know it (to about a second). */
    serverNow: () => now() + skewMs,
  }
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

/** The Date header has whole seconds: a difference below two says nothing about the clock. */
function skewOf(response: Response, now: number): number | undefined {
  const told = Date.parse(response.headers.get('Date') ?? '')
  if (Number.isNaN(told)) return undefined
  const skew = told + 500 - now
  return Math.abs(skew) < 2_000 ? 0 : skew
}
