/** Fakes the socket, the storage and the routes of a page. */
import type { Api } from '../../browser/lib/api.ts'
import type { Answer, Failure } from '../../browser/lib/http.ts'
import type { BrowserSocket } from '../../browser/lib/socket.ts'
import type { SessionView } from '../../shared/protocol/session.ts'
import type { ServerEvents } from '../../shared/protocol/socket.ts'
import type { UserView } from '../../shared/protocol/views.ts'

type Told = ServerEvents & { connect: () => void; disconnect: () => void }

/** Creates the socket of a page, with the server's side in the test's hands. */
export function fakeSocket() {
  const listeners = new Map<string, Set<(payload?: object) => void>>()
  const of = (event: string) => {
    const known = listeners.get(event) ?? new Set()
    listeners.set(event, known)
    return known
  }
  const socket = {
    on: (event: string, listener: (payload?: object) => void) => of(event).add(listener),
    off: (event: string, listener: (payload?: object) => void) => of(event).delete(listener),
  }
  return {
    socket: socket as unknown as BrowserSocket,
    tell: <E extends keyof Told>(event: E, ...payload: Parameters<Told[E]>) => {
      for (const listener of of(event)) listener(payload[0])
    },
    listening: () => [...listeners.values()].reduce((sum, known) => sum + known.size, 0),
  }
}

export type FakeStorage = ReturnType<typeof fakeStorage>

/** Creates a browser's storage for a page. */
export function fakeStorage() {
  const kept = new Map<string, string>()
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
}

/** Routes that respond as the test says, and never where it says nothing. */
export function fakeApi(answers: Partial<Api>): Api {
  const silent = async (): Promise<Answer<never>> => ({ ok: false, failure: { code: 'offline' } })
  const doors: Api = {
    register: silent,
    login: silent,
    agree: silent,
    logout: silent,
    me: silent,
    checkBalance: silent,
    changeMe: silent,
    settings: silent,
    readers: silent,
    readersCount: silent,
    limits: silent,
    limitDay: silent,
    limitSession: silent,
    logins: silent,
    endLogins: silent,
    passkeys: silent,
    beginPasskey: silent,
    addPasskey: silent,
    removePasskey: silent,
    beginPasskeyLogIn: silent,
    logInByPasskey: silent,
    beginProof: silent,
    prove: silent,
    changePassword: silent,
    deleteAccount: silent,
    forgotPassword: silent,
    resetPassword: silent,
    confirmEmail: silent,
    sendConfirmation: silent,
    changeEmail: silent,
    cancelEmail: silent,
    undoEmail: silent,
    unsubscribe: silent,
    setAvailable: silent,
    sessions: silent,
    latestSessions: silent,
    earnings: silent,
    session: silent,
    start: silent,
    accept: silent,
    decline: silent,
    cancel: silent,
    end: silent,
    serverNow: () => 0,
  }
  return { ...doors, ...answers }
}

export const good = async <T>(value: T): Promise<Answer<T>> => ({ ok: true, value })

/** Creates responses that come one by one, in the order that the test says. */
export function lateAnswers<T>() {
  const waiting: ((answer: Answer<T>) => void)[] = []
  return {
    ask: () => new Promise<Answer<T>>((resolve) => waiting.push(resolve)),
    /** Sends the response to the request of that number, counted from zero. */
    come: (number: number, value: T) => waiting[number]?.({ ok: true, value }),
    fail: (number: number, code: Failure['code']) => waiting[number]?.({ ok: false, failure: { code } }),
  }
}

export const ana: UserView = {
  id: 'c',
  role: 'client',
  name: 'Ana',
  email: 'ana@example.com',
  balanceCents: 1_000,
}
export const mara: UserView = {
  id: 'r',
  role: 'reader',
  name: 'Mara',
  email: 'mara@example.com',
  rateCents: 250,
  available: true,
}

export const requested: SessionView = {
  id: 's',
  clientId: 'c',
  clientName: 'Ana',
  readerId: 'r',
  readerName: 'Mara',
  kind: 'video',
  rateCents: 250,
  status: 'requested',
  requestedAt: 1_000,
  billedMs: 0,
  durationSeconds: 0,
  chargedCents: 0,
  earnedCents: 0,
  charges: [],
  pauses: [],
}

/** A session of two and a half minutes, with a pause of half a minute. */
export const ended: SessionView = {
  ...requested,
  status: 'ended',
  acceptedAt: 11_000,
  startedAt: 21_000,
  endedAt: 201_000,
  endReason: 'client_ended',
  billedMs: 150_000,
  durationSeconds: 150,
  chargedCents: 625,
  earnedCents: 625,
  pauses: [{ from: 81_000, to: 111_000, cause: 'reader_connection' }],
}
