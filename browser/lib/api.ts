/** Offers the server's routes to the pages as functions. */
import type { RegisterBody } from '../../shared/protocol/http.ts'
import type { PasskeyAssertion, PasskeyAttestation, ProveBody } from '../../shared/protocol/passkeys.ts'
import type { SessionKind, SessionView } from '../../shared/protocol/session.ts'
import type {
  BalanceAround,
  EarningsView,
  LimitsView,
  LoginView,
  MeView,
  PasskeyView,
  ReadersCountView,
  ReaderView,
  SessionList,
  SettingsView,
  UserView,
} from '../../shared/protocol/views.ts'
import type { Answer, Failure, Http } from './http.ts'

export interface Entered {
  user: UserView
  redirect: string
}

type SessionAnswer = { session: SessionView }

/** Holds what a person may change about their own account. */
export interface ProfileChange {
  name?: string
  rateCents?: number
  speciality?: string
  sessionReceipts?: boolean
  bio?: string
}

export interface SessionWish {
  readerId: string
  kind: SessionKind
  /** The most that the session may cost. */
  limitCents?: number
}

export type Api = ReturnType<typeof createApi>

/**
 * Creates the functions. None of them throws: a refusal or a lost network is an `Answer` too.
 */
export function createApi({ call, serverNow }: Http) {
  const session = (id: string, verb: string) =>
    call<SessionAnswer>('POST', `/session/${encodeURIComponent(id)}/${verb}`)

  return {
    register: (body: RegisterBody) => call<Entered>('POST', '/register', body),
    login: (body: { email: string; password: string }) => call<Entered>('POST', '/login', body),
    agree: (version: string) => call<undefined>('POST', '/terms/agree', { version }),
    logout: () => call<undefined>('POST', '/logout'),
    me: () => call<MeView>('GET', '/me'),
    checkBalance: (userId: string) =>
      call<{ balanceCents: number }>('GET', `/check-balance?userId=${encodeURIComponent(userId)}`),
    changeMe: (body: ProfileChange) => call<{ user: UserView }>('PATCH', '/me', body),
    settings: () => call<SettingsView>('GET', '/settings'),
    readers: () => call<{ readers: ReaderView[] }>('GET', '/readers'),
    readersCount: () => call<ReadersCountView>('GET', '/readers/count'),
    setAvailable: (available: boolean) =>
      call<{ available: boolean }>('POST', '/availability', { available }),
    sessions: (cursor?: string) =>
      call<SessionList>('GET', cursor ? `/sessions?cursor=${encodeURIComponent(cursor)}` : '/sessions'),
    /** Loads only the newest sessions, for a short list: more than it shows, as some were no talk. */
    latestSessions: () => call<SessionList>('GET', '/sessions?limit=12'),
    /** Loads the earnings by day. `zone` is an IANA name: the days are those of that zone. */
    earnings: (zone: string) => call<EarningsView>('GET', `/earnings?zone=${encodeURIComponent(zone)}`),
    limits: () => call<LimitsView>('GET', '/limits'),
    /** Sets the daily limit; `null` removes it. */
    limitDay: (limitCents: number | null) => call<LimitsView>('POST', '/limits', { limitCents }),
    limitSession: (id: string, limitCents: number | null) =>
      call<SessionAnswer>('POST', `/session/${encodeURIComponent(id)}/limit`, { limitCents }),
    logins: () => call<{ logins: LoginView[] }>('GET', '/logins'),
    /** Ends one login; without an id, all but the one that asks. */
    endLogins: (id?: string) =>
      call<{ logins: LoginView[] }>('POST', '/logins/end', id ? { loginId: id } : {}),
    passkeys: () => call<{ passkeys: PasskeyView[] }>('GET', '/passkeys'),
    beginPasskey: () => call<object>('POST', '/passkeys/begin'),
    addPasskey: (name: string, response: PasskeyAttestation) =>
      call<{ passkey: PasskeyView }>('POST', '/passkeys', { name, response }),
    removePasskey: (id: string) => call<undefined>('DELETE', `/passkeys/${encodeURIComponent(id)}`),
    beginPasskeyLogIn: () => call<object>('POST', '/login/passkey/begin'),
    logInByPasskey: (response: PasskeyAssertion) => call<Entered>('POST', '/login/passkey', { response }),
    beginProof: () => call<object>('POST', '/prove/begin'),
    /** Gives proof; with neither, asks for it where an earlier one has lapsed. */
    prove: (body: ProveBody) => call<undefined>('POST', '/prove', body),
    changePassword: (body: { password?: string; newPassword: string }) =>
      call<unknown>('POST', '/password', body),
    /** Asks for a link to set a new password. The response is the same for an unknown address. */
    forgotPassword: (email: string) => call<unknown>('POST', '/password/forgot', { email }),
    resetPassword: (body: { token: string; password: string }) =>
      call<undefined>('POST', '/password/reset', body),
    confirmEmail: (token: string) =>
      call<{ user: UserView } | undefined>('POST', '/email/confirm', { token }),
    sendConfirmation: () => call<unknown>('POST', '/email/confirm/send'),
    changeEmail: (body: { email: string; password?: string }) =>
      call<{ user: UserView }>('POST', '/email', body),
    cancelEmail: () => call<{ user: UserView }>('POST', '/email/cancel'),
    unsubscribe: (token: string) => call<undefined>('POST', '/mail/unsubscribe', { token }),
    undoEmail: (body: { token: string; password: string }) => call<undefined>('POST', '/email/undo', body),
    deleteAccount: (body: { password?: string; giveUpCents?: number }) =>
      call<undefined>('POST', '/account/delete', body),
    session: (id: string) =>
      call<SessionAnswer & { balance?: BalanceAround }>('GET', `/session/${encodeURIComponent(id)}`),
    start: (wish: SessionWish) => call<SessionAnswer>('POST', '/session/start', wish),
    accept: (id: string) => session(id, 'accept'),
    decline: (id: string) => session(id, 'decline'),
    cancel: (id: string) => session(id, 'cancel'),
    end: (id: string) => session(id, 'end'),
    /** Returns the server's clock, as known from its responses (to about a second). */
    serverNow,
  }
}

/** The failures after which the session may ring all the same: an earlier response was lost. */
const LEAVES_OPEN: readonly Failure['code'][] = ['offline', 'internal', 'already_in_session']

/** Requests the session. Where it may ring in spite of a failure, asks the server if it does. */
export async function requestSession(
  api: Pick<Api, 'start' | 'me'>,
  wish: SessionWish,
): Promise<Answer<{ session: SessionView }>> {
  const answer = await api.start(wish)
  if (answer.ok || !LEAVES_OPEN.includes(answer.failure.code)) return answer
  const me = await api.me()
  const open = me.ok ? me.value.openSession : undefined
  const isWanted = open?.readerId === wish.readerId && open.kind === wish.kind
  return isWanted ? { ok: true, value: { session: open } } : answer
}
