import { signal } from '@preact/signals'
import type { ChargedView, ClockView, SessionStatus, SessionView } from '../../shared/protocol/session.ts'
import type { BalanceAround, SettingsView, UserView } from '../../shared/protocol/views.ts'
import type { Call, CallParts, ChosenDevices } from '../call/types.ts'
import { browserDevices, type DeviceWorld } from '../devices/environment.ts'
import { type DeviceMemory, deviceMemory } from '../devices/memory.ts'
import type { Api } from '../lib/api.ts'
import type { Answer, Failure } from '../lib/http.ts'
import { listen, type PageSocket } from '../lib/socket.ts'
import { createSessionCall } from './call.ts'
import { keptSessionLimit } from './limit.ts'
import { aheadOf, frozen, type MeterTerms, type Told, toldBy } from './meter.ts'
import { createSessionLines } from './summary/lines.ts'

export interface SessionBoardParts {
  api: Api
  socket: PageSocket
  me: UserView
  session: SessionView
  settings: SettingsView
  openCall: (parts: CallParts) => Call
  /** The camera and the microphone to begin with. */
  devices?: ChosenDevices
  /** What this browser has of devices, and of memory for them and for this tab. */
  world?: Pick<DeviceWorld, 'list' | 'onChange'>
  memory?: DeviceMemory
  tabStorage?: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** A steady clock in milliseconds, which no change of the wall clock moves. */
  now: () => number
}

export type SessionBoard = ReturnType<typeof createSessionBoard>

/** Which of the low-funds windows is before the client. */
export type LowFunds = 'none' | 'asked' | 'paying' | 'later'

const SELF_VIEWS = ['top-right', 'top-left', 'bottom-right', 'bottom-left', 'hidden'] as const
/** Where one's own picture is. */
export type SelfView = (typeof SELF_VIEWS)[number]

const IN_CALL: readonly SessionStatus[] = ['accepted', 'live', 'paused']

/** A session never goes back to an earlier stage. */
const STAGE: Record<SessionStatus, number> = { requested: 0, accepted: 1, live: 2, paused: 2, ended: 3 }

/** What the session page knows: the session, its meter and its call, kept true by the socket. */
export function createSessionBoard(parts: SessionBoardParts) {
  const { api, socket, me, settings, now } = parts
  const record = createRecord({
    api,
    first: parts.session,
    onTaken: (next) => {
      if (IN_CALL.includes(next.status)) call.start()
      if (next.status !== 'ended') return
      call.stop()
      lines.forget()
      // What the balance was is told with the receipt alone.
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
    world: parts.world ?? browserDevices,
    memory: parts.memory ?? deviceMemory,
    onJoined: (ack) => {
      record.hear(ack.session)
      meter.hearClock(ack.clock)
    },
    onRefused: () => void record.refresh(),
  })
  const unlisten = follow(socket, record, meter)
  record.take(parts.session)

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
    call,
    chat: lines,
    failure,
    leaving,
    ...createShownParts(),
    balanceAround: record.balanceAround,
    now,
    serverNow: api.serverNow,
    cancel: () => leave(api.cancel),
    end: () => leave(api.end),
    /** Rings the same reader again in the same way, with the client's own limit. */
    ringAgain() {
      const { readerId, kind } = session.value
      const limitCents = keptSessionLimit(me.id)
      return api.start({ readerId, kind, ...(limitCents === undefined ? {} : { limitCents }) })
    },

    /** Where this session is to stop; undefined for nowhere. The next clock tells that it holds. */
    limit: (limitCents: number | undefined) => api.limitSession(session.value.id, limitCents ?? null),

    stop() {
      call.stop()
      unlisten()
    },
  }
}

/** Until the server tells where the meter stands, it stands where the session was read. */
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
  onTaken: (session: SessionView) => void
}

/** The session as it was told last, by the socket or by an answer. */
function createRecord({ api, first, onTaken }: RecordParts) {
  const session = signal(first)
  const balanceAround = signal<BalanceAround | undefined>(undefined)
  /** How often the socket has told how the session stands. */
  let heard = 0

  /** Takes in what was told of the session, unless something later was told before. */
  const take = (next: SessionView) => {
    const shown = session.value
    if (next.id !== shown.id || shown.status === 'ended' || STAGE[next.status] < STAGE[shown.status]) return
    session.value = next
    onTaken(next)
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
      balanceAround.value = answer.value.balance
      // What the socket told meanwhile is at least as new, and this answer may be older: a pause that is over.
      if (heard === heardBefore || answer.value.session.status === 'ended') take(answer.value.session)
    },
  }
}

interface ToldMeterParts {
  first: Told
  terms: MeterTerms
  now: () => number
  /** The server has told the time to come anew. */
  onTold: (told: Told) => void
}

/** The meter and the money as the server has told them, and the window that warns when the money runs low. */
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
      // More money outdates what was told of the time left; the next clock tells it anew.
      told.value = { ...rest, balanceCents, ...(risen || secondsLeft === undefined ? {} : { secondsLeft }) }
      if (risen && rest.running) onTold(told.value)
      if (risen && lowFunds.value !== 'paying') lowFunds.value = 'none'
    },

    hearLow() {
      if (lowFunds.value !== 'paying') lowFunds.value = 'asked'
    },

    /** The server cannot be reached: the meter shows no more than it last told. */
    freeze() {
      told.value = frozen(told.value, terms, now())
    },
  }
}

/** Keeps both true by what the socket tells; returns the way to stop. */
function follow(
  socket: PageSocket,
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

/** What of the page is shown, and where, as the person has chosen. */
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
