/** Keeps what a client's dashboard knows: the balance, the readers and past sessions. */
import { signal } from '@preact/signals'
import type { SessionKind, SessionView } from '../../shared/protocol/session.ts'
import type { MeView, ReaderStatus, ReaderView, SessionList, UserView } from '../../shared/protocol/views.ts'
import { mayRingAtOnce } from '../devices/access.ts'
import { type Api, requestSession } from '../lib/api.ts'
import { sinceOpened, whenConnected } from '../lib/caught-up.ts'
import type { Failure } from '../lib/http.ts'
import { type Loading, load, waiting } from '../lib/loading.ts'
import { type BrowserSocket, listen } from '../lib/socket.ts'
import type { Added } from '../payments/checkout.ts'
import { createLimitsStore } from './limits-store.ts'
import { inOrder, inPlace } from './readers.ts'

export interface ClientStoreParts {
  api: Api
  socket: BrowserSocket
  me: UserView
  openSession: SessionView | undefined
  /** Opens a session that has been requested. */
  enter: (session: SessionView) => void
  /** Resolves with whether the devices for such a session may be used without asking. */
  mayRing?: (kind: SessionKind) => Promise<boolean>
  /** Returns the milliseconds since the page was opened. */
  openedMs?: () => number
}

/** Describes a device check: before a call to a reader or, without one, on its own. */
export interface Checking {
  readonly kind: SessionKind
  readonly reader?: ReaderView
}

/** Describes a call that waits for money. */
export interface ToppingUp {
  readonly reader: ReaderView
  readonly kind: SessionKind
}

export type ClientStore = ReturnType<typeof createClientStore>

/** Creates the store, which the socket keeps current until `stop`. */
export function createClientStore(parts: ClientStoreParts) {
  const { api, socket, me, openSession, enter, mayRing = mayRingAtOnce } = parts
  const account = createOwnAccount(parts)
  const { balanceCents, refreshMe } = account
  const readerList = createReaderList(api)
  const sessions = signal<Loading<SessionList>>(waiting)
  const failure = signal<Failure | undefined>(undefined)
  const calling = signal(false)
  const checking = signal<Checking | undefined>(undefined)
  const limits = createLimitsStore({ api, me })
  const loadLists = () =>
    Promise.all([readerList.load(), load(sessions, api.latestSessions), limits.refresh()])
  /** The lists are as new as the connection, unless a session has ended in between. */
  const catchUpAfterOpen = () => {
    if (openSession) void loadLists()
  }
  const onSession = ({ session }: { session: SessionView }) => {
    account.hearSession(session)
    if (session.status !== 'ended') return
    void load(sessions, api.latestSessions)
    void limits.refresh()
  }
  // Something may have been missed before any connection, even the first.
  const stop = listen(socket, {
    connect: whenConnected({
      first: catchUpAfterOpen,
      again: () => void loadLists(),
      openedMs: parts.openedMs ?? sinceOpened,
    }),
    me: account.hearMe,
    balance: account.hearBalance,
    'reader:status': readerList.learn,
    'session:updated': onSession,
  })
  const ready = loadLists()

  const funds = createFunds(({ balanceCents }) => {
    // A connected socket has brought the balance by now, and perhaps a newer one.
    if (!socket.connected) account.hearBalance({ balanceCents })
    void refreshMe()
  })

  const call = async (reader: ReaderView, kind: SessionKind) => {
    if (calling.value) return
    calling.value = true
    failure.value = undefined
    const limitCents = limits.forNextSession()
    const answer = await requestSession(api, {
      readerId: reader.id,
      kind,
      ...(limitCents === undefined ? {} : { limitCents }),
    })
    if (answer.ok) return enter(account.newest(answer.value.session))
    calling.value = false
    failure.value = answer.failure
    void loadLists()
    void refreshMe()
  }

  /**
   * Calls at once where nothing prevents it; otherwise adds funds or opens the device check first.
   */
  const wish = async (reader: ReaderView, kind: SessionKind) => {
    if (calling.value) return
    if (balanceCents.value < reader.rateCents) return funds.begin({ reader, kind })
    funds.added.value = undefined
    if (await mayRing(kind)) return call(reader, kind)
    checking.value = { kind, reader }
  }

  return {
    me,
    balanceCents,
    open: account.open,
    hold: account.hold,
    readers: readerList.readers,
    sessions,
    limits,
    failure,
    calling,
    checking,
    funds,
    call,
    wish,
    loadReaders: readerList.load,
    putInOrder: readerList.putInOrder,
    refreshMe,
    /** Resolves when everything has been loaded once: drawn earlier, the page would jump. */
    ready,
    stop,
  }
}

/** Creates the client's own account, as the server last reported it. */
function createOwnAccount({ api, me, openSession }: Pick<ClientStoreParts, 'api' | 'me' | 'openSession'>) {
  const balanceCents = signal(me.balanceCents ?? 0)
  const open = signal(openSession)
  const hold = signal(me.hold)
  // The socket's news is newer than a response to an earlier request, whichever comes first.
  let balanceTold = 0
  let sessionTold = 0
  let lastTold: SessionView | undefined
  return {
    balanceCents,
    open,
    /** Why neither funds can be added nor sessions started. */
    hold,

    async refreshMe() {
      const [balanceBefore, sessionBefore] = [balanceTold, sessionTold]
      const answer = await api.me()
      if (!answer.ok) return
      if (balanceTold === balanceBefore) balanceCents.value = answer.value.user.balanceCents ?? 0
      hold.value = answer.value.user.hold
      if (sessionTold === sessionBefore) open.value = answer.value.openSession
    },

    /** Takes what the server sends at each connection. */
    hearMe({ user, openSession }: MeView) {
      balanceTold += 1
      sessionTold += 1
      balanceCents.value = user.balanceCents ?? 0
      hold.value = user.hold
      open.value = openSession
    },

    hearBalance(told: { balanceCents: number }) {
      balanceTold += 1
      balanceCents.value = told.balanceCents
    },

    hearSession(session: SessionView) {
      sessionTold += 1
      lastTold = session
      open.value = session.status === 'ended' ? undefined : session
    },

    /** Returns the session of a response, as the socket has reported it if it has. */
    newest: (session: SessionView) => (lastTold?.id === session.id ? lastTold : session),
  }
}

/** Creates what is being added to the balance, and what for. */
function createFunds(onAdded: (money: Added) => void) {
  const goal = signal<ToppingUp | undefined>(undefined)
  const added = signal<{ money: Added; goal?: ToppingUp } | undefined>(undefined)
  return {
    /** The call whose first minute money is being added for. */
    goal,
    /** The last payment, and the call that it was made for. */
    added,
    begin(next: ToppingUp) {
      goal.value = next
    },
    stop() {
      goal.value = undefined
    },
    /** Notes that money was added; until the socket says so, the balance is the payment's. */
    noteAdded(money: Added, goal?: ToppingUp) {
      added.value = { money, ...(goal ? { goal } : {}) }
      onAdded(money)
    },
  }
}

/** Creates the list of readers, in an order that does not change while it is being read. */
function createReaderList(api: Pick<Api, 'readers'>) {
  const readers = signal<Loading<ReaderView[]>>(waiting)
  // The socket's news is newer than a response to an earlier request, whichever comes first.
  const statusesTold = new Set<Map<string, ReaderStatus>>()

  const loadReaders = () =>
    load(readers, async () => {
      const told = new Map<string, ReaderStatus>()
      statusesTold.add(told)
      const answer = await api.readers()
      statusesTold.delete(told)
      if (!answer.ok) return answer
      const fresh = answer.value.readers.map((reader) => ({
        ...reader,
        status: told.get(reader.id) ?? reader.status,
      }))
      const shown = readers.value.state === 'ready' ? inPlace(readers.value.value, fresh) : inOrder(fresh)
      return { ok: true, value: shown }
    })

  return {
    readers,
    load: loadReaders,

    /** Takes the status of one reader from the socket. */
    learn({ readerId, status }: { readerId: string; status: ReaderStatus }) {
      for (const told of statusesTold) told.set(readerId, status)
      const shown = readers.value.state === 'ready' ? readers.value.value : []
      if (!shown.some(({ id }) => id === readerId)) return void loadReaders()
      const changed = shown.map((reader) => (reader.id === readerId ? { ...reader, status } : reader))
      readers.value = { state: 'ready', value: changed }
    },

    /** Sorts the list at once; only after a tap, because things move. */
    putInOrder() {
      if (readers.value.state !== 'ready') return
      readers.value = { state: 'ready', value: inOrder(readers.value.value) }
    },
  }
}
