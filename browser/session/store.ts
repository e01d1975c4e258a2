/** Keeps what the session page knows: the session, its meter and its call. */
import { signal } from '@preact/signals'
import type { ChargedView, ClockView, SessionStatus, SessionView } from '../../shared/protocol/session.ts'
import type { BalanceAround, ReaderView, SettingsView, UserView } from '../../shared/protocol/views.ts'
import type { Call, CallParts, ChosenDevices } from '../call/types.ts'
import { browserDevices, type DeviceEnvironment } from '../devices/environment.ts'
import { type DeviceMemory, deviceMemory } from '../devices/memory.ts'
import { type Api, requestSession } from '../lib/api.ts'
import type { Answer, Failure } from '../lib/http.ts'
import { type BrowserSocket, listen } from '../lib/socket.ts'
import type { Added } from '../payments/checkout.ts'
import { createSessionCall } from './call.ts'
import { createSessionLines } from './chat/chat-lines.ts'
import { keptSessionLimit } from './limit.ts'
import { aheadOf, frozen, type MeterTerms, type Told, toldBy } from './meter.ts'

export interface SessionStoreParts {
  api: Api
  socket: BrowserSocket
  me: UserView
  session: SessionView
  settings: SettingsView
  openCall: (parts: CallParts) => Call
  /** The camera and the microphone to start with. */
  devices?: ChosenDevices
  /** Says that `session` may have changed since; one that rings may have at any time. */
  isLate?: boolean
  /** Gives what this browser offers: devices, a memory for them, and one for this tab. */
  environment?: Pick<DeviceEnvironment, 'list' | 'onChange'>
  memory?: DeviceMemory
  tabStorage?: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** Returns milliseconds of a steady clock, which no change of the wall clock moves. */
  now: () => number
}

export type SessionStore = ReturnType<typeof createSessionStore>

/** Says which of the low-funds windows is open. */
export type LowFunds = 'none' | 'asked' | 'paying' | 'later'

const SELF_VIEWS = ['top-right', 'top-left', 'bottom-right', 'bottom-left', 'hidden'] as const
/** Says where the self-view is. */
export type SelfView = (typeof SELF_VIEWS)[number]

const IN_CALL: readonly SessionStatus[] = ['accepted', 'live', 'paused']

/** A session never returns to an earlier stage. */
const STAGE: Record<SessionStatus, number> = { requested: 0, accepted: 1, live: 2, paused: 2, ended: 3 }

/** Creates the store, which the socket keeps current. */
export function createSessionStore(parts: SessionStoreParts) {
  const { api, socket, me, settings, now } = parts
  const record = createRecord({
    api,
    first: parts.session,
    onTaken: (next, before) => {
      if (before.status === 'requested' && next.status !== 'requested') failure.value = undefined
      if (IN_CALL.includes(next.status)) call.start()
      if (next.status !== 'ended') return
      call.stop()
      lines.forget()
      // The earlier balance comes only with the receipt.
      if (me.role === 'client') void record.refresh()
    },
  })
  const { session } = record
  const failure = signal<Failure | undefined>(undefined)
  const leaving = signal(false)
  const terms: MeterTerms = {
    rateCents: parts.session.rateCents,
    intervalMs: settings.billingIntervalMs,
    partialMinute: settings.partialMinute,
  }
  const meter = createToldMeter({
    first: firstTold(parts.session, me, now()),
    terms,
    now,
    onTold: (told) => call.setCounting(told.running, aheadOf(told, terms, now())),
  })
  const lines = createSessionLines({
    sessionId: parts.session.id,
    storage: parts.tabStorage ?? (() => sessionStorage),
  })
  const call = createSessionCall({
    socket,
    session: parts.session,
    openCall: parts.openCall,
    lines,
    devices: parts.devices ?? {},
    environment: parts.environment ?? browserDevices,
    memory: parts.memory ?? deviceMemory,
    onJoined: (ack) => {
      record.hear(ack.session)
      meter.hearClock(ack.clock)
    },
    onRefused: () => void record.refresh(),
  })
  const unlisten = follow(socket, record, meter)
  record.take(parts.session)
  if (parts.isLate || parts.session.status === 'requested') void record.refresh()

  const leave = async (ask: (id: string) => Promise<Answer<{ session: SessionView }>>) => {
    if (leaving.value) return
    leaving.value = true
    const answer = await ask(session.value.id)
    leaving.value = false
    failure.value = answer.ok ? undefined : answer.failure
    if (answer.ok) record.take(answer.value.session)
    else void record.refresh()
  }

  return {
    me,
    settings,
    terms,
    iAmReader: me.id === parts.session.readerId,
    session,
    told: meter.told,
    lowFunds: meter.lowFunds,
    /** The last payment that was made on this page. */
    added: signal<Added | undefined>(undefined),
    call,
    chat: lines,
    failure,
    leaving,
    ...createShownParts(),
    balanceAround: record.balanceAround,
    now,
    serverNow: api.serverNow,
    cancel: () => leave((id) => cancelOrEnd(api, id)),
    end: () => leave(api.end),
    ...createNextCalls({ api, me, session: parts.session }),
    /** Sets the limit of this session; undefined for none. The next clock message confirms it. */
    limit: (limitCents: number | undefined) => api.limitSession(session.value.id, limitCents ?? null),

    stop() {
      call.stop()
      unlisten()
    },
  }
}

/** Cancels a call; one that the reader accepted at the same moment is ended instead. */
async function cancelOrEnd(api: Pick<Api, 'cancel' | 'end'>, id: string) {
  const answer = await api.cancel(id)
  return answer.ok || answer.failure.code !== 'wrong_state' ? answer : api.end(id)
}

/** Creates what a client may do once this session is over. */
function createNextCalls({ api, me, session }: Pick<SessionStoreParts, 'api' | 'me' | 'session'>) {
  return {
    /** Calls a reader in the same way as this session, with the client's own limit. */
    ringAgain(readerId: string) {
      const limitCents = keptSessionLimit(me.id)
      const limit = limitCents === undefined ? {} : { limitCents }
      return requestSession(api, { readerId, kind: session.kind, ...limit })
    },

    /** Resolves with the other readers who are available; with none if the list fails to load. */
    async whoElse(): Promise<readonly ReaderView[]> {
      const answer = await api.readers()
      if (!answer.ok) return []
      return answer.value.readers.filter(
        ({ id, status }) => status === 'available' && id !== session.readerId,
      )
    },
  }
}

/**
 * Returns the meter as of the session that was loaded, until the server's first message about it.
 */
function firstTold({ billedMs, chargedCents }: SessionView, me: UserView, at: number): Told {
  const { balanceCents } = me
  return {
    running: false,
    billedMs,
    chargedCents,
    at,
    ...(balanceCents === undefined ? {} : { balanceCents }),
  }
}

interface RecordParts {
  api: Pick<Api, 'session'>
  first: SessionView
  onTaken: (session: SessionView, before: SessionView) => void
}

/** Creates the record of the session as last received, by the socket or in a response. */
function createRecord({ api, first, onTaken }: RecordParts) {
  const session = signal(first)
  const balanceAround = signal<BalanceAround | undefined>(undefined)
  /** Counts the sessions that the socket has sent. */
  let heard = 0

  /** Takes a session as received, unless a later one came before it. */
  const take = (next: SessionView) => {
    const shown = session.value
    if (next.id !== shown.id || shown.status === 'ended' || STAGE[next.status] < STAGE[shown.status]) return
    session.value = next
    onTaken(next, shown)
  }
  return {
    session,
    balanceAround,
    take,

    hear(next: SessionView) {
      heard += 1
      take(next)
    },

    hearCharge({ charge, chargedCents, earnedCents }: ChargedView) {
      // The end has every charge, and the last figures.
      if (session.value.status === 'ended') return
      heard += 1
      const others = session.value.charges.filter(
        ({ billedMs, at }) => billedMs !== charge.billedMs || at !== charge.at,
      )
      session.value = { ...session.value, charges: [...others, charge], chargedCents, earnedCents }
    },

    async refresh() {
      const heardBefore = heard
      const answer = await api.session(session.value.id)
      if (!answer.ok) return
      balanceAround.value = answer.value.balance ?? balanceAround.value
      // The socket's session is at least as new, and this response may be older: a pause that is
      // over.
      if (heard === heardBefore || answer.value.session.status === 'ended') take(answer.value.session)
    },
  }
}

interface ToldMeterParts {
  first: Told
  terms: MeterTerms
  now: () => number
  /** Runs when the server has sent new times. */
  onTold: (told: Told) => void
}

/**
 * Creates the meter and the money as the server has reported them, and the window that warns of low
 * funds.
 */
function createToldMeter({ first, terms, now, onTold }: ToldMeterParts) {
  const told = signal(first)
  const lowFunds = signal<LowFunds>('none')
  return {
    told,
    lowFunds,

    hearClock(clock: ClockView) {
      told.value = toldBy(clock, now())
      onTold(told.value)
    },

    hearCharge(charged: { chargedCents: number; balanceCents?: number }) {
      told.value = { ...told.value, ...charged }
    },

    hearBalance({ balanceCents }: { balanceCents: number }) {
      const { secondsLeft, ...rest } = told.value
      const risen = balanceCents > (rest.balanceCents ?? 0)
      // More money outdates the time left; the next clock message brings it again.
      told.value = { ...rest, balanceCents, ...(risen || secondsLeft === undefined ? {} : { secondsLeft }) }
      if (risen && rest.running) onTold(told.value)
      if (risen && lowFunds.value !== 'paying') lowFunds.value = 'none'
    },

    hearLow() {
      if (lowFunds.value !== 'paying') lowFunds.value = 'asked'
    },

    /**
     * Freezes the meter while the server is out of reach: it shows no more than was last reported.
     */
    freeze() {
      told.value = frozen(told.value, terms, now())
    },
  }
}

/** Keeps both current from the socket; returns a function that stops it. */
function follow(
  socket: BrowserSocket,
  record: ReturnType<typeof createRecord>,
  meter: ReturnType<typeof createToldMeter>,
): () => void {
  const mine = <T extends { sessionId: string }>(act: (payload: T) => void) => {
    return (payload: T) => {
      if (payload.sessionId === record.session.value.id) act(payload)
    }
  }
  const onSession = (payload: { session: SessionView }) => record.hear(payload.session)
  const onCharged = mine((charged: ChargedView) => {
    const { chargedCents, balanceCents } = charged
    record.hearCharge(charged)
    meter.hearCharge({ chargedCents, ...(balanceCents === undefined ? {} : { balanceCents }) })
  })
  return listen(socket, {
    connect: () => void record.refresh(),
    disconnect: meter.freeze,
    'session:updated': onSession,
    'session:ended': onSession,
    'session:clock': mine(meter.hearClock),
    'session:charged': onCharged,
    balance: meter.hearBalance,
    'balance:low': mine(meter.hearLow),
  })
}

/** Creates what the user has chosen to see of the page, and where. */
function createShownParts() {
  const selfView = signal<SelfView>('top-right')
  return {
    optionsOpen: signal(false),
    chatFolded: signal(false),
    selfView,
    speaksTime: signal(true),

    placeSelfView(wanted: string) {
      selfView.value = SELF_VIEWS.find((corner) => corner === wanted) ?? 'top-right'
    },
  }
}
