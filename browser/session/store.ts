import { signal } from '@preact/signals'
import type { ChargedView, ClockView, SessionStatus, SessionView } from '../../shared/protocol/session.ts'
import type { BalanceAround, SettingsView, UserView } from '../../shared/protocol/views.ts'
import type { Call, CallParts, ChosenDevices } from '../call/call.ts'
import { browserDevices, type DeviceWorld } from '../devices/environment.ts'
import { type DeviceMemory, deviceMemory } from '../devices/memory.ts'
import type { Answer, Api, Failure } from '../lib/api.ts'
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

export const SELF_VIEWS = ['top-right', 'top-left', 'bottom-right', 'bottom-left', 'hidden'] as const
/** Where one's own picture is. */
export type SelfView = (typeof SELF_VIEWS)[number]

const IN_CALL: readonly SessionStatus[] = ['accepted', 'live', 'paused']

/** A session never goes back to an earlier stage. */
const STAGE: Record<SessionStatus, number> = { requested: 0, accepted: 1, live: 2, paused: 2, ended: 3 }

/** What the session page knows: the session, its meter and its call, kept true by the socket. */
export function createSessionBoard(parts: SessionBoardParts) {
  const { api, socket, me, settings, now } = parts
  const session = signal(parts.session)
  const told = signal(firstTold(parts.session, me, now()))
  const lowFunds = signal<LowFunds>('none')
  const failure = signal<Failure | undefined>(undefined)
  const leaving = signal(false)
  const optionsOpen = signal(false)
  const chatFolded = signal(false)
  const selfView = signal<SelfView>('top-right')
  const speaksTime = signal(true)
  const balanceAround = signal<BalanceAround | undefined>(undefined)
  const terms: MeterTerms = {
    rateCents: parts.session.rateCents,
    intervalMs: settings.billingIntervalMs,
    partialMinute: settings.partialMinute,
  }
  /** How often the socket has told how the session stands. */
  let heard = 0

  /** Takes in what was told of the session, unless something later was told before. */
  const take = (next: SessionView) => {
    const shown = session.value
    if (next.id !== shown.id || shown.status === 'ended' || STAGE[next.status] < STAGE[shown.status]) return
    session.value = next
    if (IN_CALL.includes(next.status)) call.start()
    if (next.status !== 'ended') return
    call.stop()
    lines.forget()
    // What the balance was is told with the receipt alone.
    if (me.role === 'client') void refresh()
  }
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
      heard += 1
      take(ack.session)
      tellClock(ack.clock)
    },
    onRefused: () => void refresh(),
  })
  const tellClock = (clock: ClockView) => {
    told.value = toldBy(clock, now())
    tellCall()
  }
  const tellCall = () => call.setCounting(told.value.running, aheadOf(told.value, terms, now()))
  const refresh = async () => {
    const heardBefore = heard
    const answer = await api.session(session.value.id)
    if (!answer.ok) return
    balanceAround.value = answer.value.balance
    // What the socket told meanwhile is at least as new, and this answer may be older: a pause that is over.
    if (heard === heardBefore || answer.value.session.status === 'ended') take(answer.value.session)
  }

  const mine = <T extends { sessionId: string }>(act: (payload: T) => void) => {
    return (payload: T) => {
      if (payload.sessionId === session.value.id) act(payload)
    }
  }
  const onSession = (payload: { session: SessionView }) => {
    heard += 1
    take(payload.session)
  }
  const onClock = mine(tellClock)
  const onCharged = mine(({ charge, chargedCents, earnedCents, balanceCents }: ChargedView) => {
    heard += 1
    const others = session.value.charges.filter(
      ({ billedMs, at }) => billedMs !== charge.billedMs || at !== charge.at,
    )
    const charges = [...others, charge]
    session.value = { ...session.value, charges, chargedCents, earnedCents }
    told.value = { ...told.value, chargedCents, ...(balanceCents === undefined ? {} : { balanceCents }) }
  })
  const onBalance = ({ balanceCents }: { balanceCents: number }) => {
    const { secondsLeft, ...rest } = told.value
    const risen = balanceCents > (rest.balanceCents ?? 0)
    // More money outdates what was told of the time left; the next clock tells it anew.
    told.value = { ...rest, balanceCents, ...(risen || secondsLeft === undefined ? {} : { secondsLeft }) }
    if (risen && rest.running) tellCall()
    if (risen && lowFunds.value !== 'paying') lowFunds.value = 'none'
  }
  const onLow = mine(() => {
    if (lowFunds.value !== 'paying') lowFunds.value = 'asked'
  })
  const onLost = () => {
    told.value = frozen(told.value, terms, now())
  }
  const unlisten = listen(socket, {
    connect: () => void refresh(),
    disconnect: onLost,
    'session:updated': onSession,
    'session:ended': onSession,
    'session:clock': onClock,
    'session:charged': onCharged,
    balance: onBalance,
    'balance:low': onLow,
  })
  take(parts.session)

  const leave = async (ask: (id: string) => Promise<Answer<{ session: SessionView }>>) => {
    if (leaving.value) return
    leaving.value = true
    const answer = await ask(session.value.id)
    leaving.value = false
    failure.value = answer.ok ? undefined : answer.failure
    if (answer.ok) take(answer.value.session)
    else void refresh()
  }

  return {
    me,
    settings,
    terms,
    iAmReader: me.id === parts.session.readerId,
    session,
    told,
    call,
    chat: lines,
    lowFunds,
    failure,
    leaving,
    optionsOpen,
    chatFolded,
    selfView,
    speaksTime,
    balanceAround,
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

    placeSelfView(wanted: string) {
      selfView.value = SELF_VIEWS.find((corner) => corner === wanted) ?? 'top-right'
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
