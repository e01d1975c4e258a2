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
import type { Http } from './http.ts'

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

/** The server's routes as functions. None of them throws: a refusal or a lost network is an {@link Answer} too. */
export function createApi({ call, serverNow }: Http) {
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
    serverNow,
  }
}
