/** The states of a session, for its client and its reader. */
import type { CallState } from '../../../browser/call/types.ts'
import type { ClockView, PauseCause, SessionKind, SessionView } from '../../../shared/protocol/session.ts'
import { ACCEPTED, CLIENT, ENDED, LIVE, MINUTE, NOW, nothingCame, READER, REQUESTED } from './people.ts'
import { DECLINED, ok } from './replies.ts'
import type { Act, CallShown, State } from './state.ts'

const CONNECTED: CallState = { phase: 'connected', online: true, peerPresent: true }
const CLOCK: ClockView = {
  sessionId: LIVE.id,
  running: true,
  billedMs: LIVE.billedMs + 24_000,
  chargedCents: 3_000,
  secondsLeft: 876,
  balanceCents: 3_750,
}
const GOOD = { level: 'good', whose: 'nobody', path: 'direct', rttMs: 38 } as const
const LINES = [
  { id: 'a', mine: false, text: 'Good evening, and welcome. What would you like to look at?', at: NOW },
  { id: 'b', mine: false, text: 'Here is what I promised: https://example.com/the-three-cards', at: NOW },
  { id: 'c', mine: false, text: 'Take your time. '.repeat(12), at: NOW },
]

const CALL: CallShown = { state: CONNECTED, session: LIVE, clock: CLOCK, quality: GOOD }

/** Returns the page of a session that is under way. */
function live(name: string, more: Partial<CallShown> & Omit<State, 'name' | 'page'> = {}): State {
  const { me = CLIENT, replies, kept, devices, acts = [], ...call } = more
  const session = call.session ?? LIVE
  const clock = me.role === 'reader' ? withoutBalance(call.clock ?? CLOCK) : (call.clock ?? CLOCK)
  return {
    name,
    page: 'session',
    me,
    replies: { 'GET /session/:id': ok({ session }), ...replies },
    ...(kept ? { kept } : {}),
    ...(devices ? { devices } : {}),
    call: { ...CALL, ...call, session, clock },
    acts,
  }
}

function withoutBalance({ balanceCents, secondsLeft, ...clock }: ClockView): ClockView {
  return clock
}

const of = (kind: SessionKind): SessionView => ({ ...LIVE, kind })
const STOPPED: ClockView = { ...CLOCK, running: false }
const LOW: ClockView = { ...CLOCK, secondsLeft: 47, balanceCents: 195 }

function paused(
  name: string,
  cause: PauseCause,
  more: Partial<CallShown> & Pick<State, 'me' | 'acts'> = {},
): State {
  const session: SessionView = { ...LIVE, status: 'paused', pauses: [{ from: NOW - 9_000, cause }] }
  const state: CallState = { phase: 'reconnecting', online: true, peerPresent: cause === 'connection' }
  const local = { microphone: 'on', camera: 'on', screen: false, sending: false } as const
  const clock = { ...STOPPED, cause }
  return live(name, { session, state, local, clock, quality: undefined, ...more })
}

const before = (name: string, session: SessionView, more: Partial<State> = {}): State => ({
  name,
  page: 'session',
  me: CLIENT,
  replies: { 'GET /session/:id': ok({ session }) },
  ...more,
})

const lowFunds: Act = { tell: ['balance:low', { sessionId: LIVE.id, balanceCents: 195, secondsLeft: 47 }] }
const ASKED: readonly Act[] = [lowFunds, { see: 'Low funds' }]
const PAYING: readonly Act[] = [...ASKED, { press: 'Add funds' }, { see: 'Card number' }]

const BEFORE: readonly State[] = [
  before('ringing', REQUESTED),
  before('ringing-offline', REQUESTED, { acts: ['go offline', { see: 'You are offline.' }] }),
  before('not-answered', nothingCame('missed'), { acts: [{ see: 'Available now' }] }),
  before('declined', nothingCame('declined')),
  before('cancelled', nothingCame('cancelled')),
  before('never-connected', nothingCame('never_connected')),
  before('reader-was-called', nothingCame('cancelled'), { me: READER }),
  live('connecting', {
    session: ACCEPTED,
    state: { phase: 'connecting', online: true, peerPresent: true },
    clock: { ...STOPPED, billedMs: 0, chargedCents: 0 },
    local: { microphone: 'on', camera: 'on', screen: false, sending: false },
    hasRemote: false,
    quality: undefined,
  }),
  {
    name: 'session-unknown',
    page: 'session',
    me: CLIENT,
    replies: { 'GET /session/:id': { refused: { status: 404, code: 'not_found' } } },
  },
  { name: 'session-trouble', page: 'session', me: CLIENT, replies: { 'GET /session/:id': 'offline' } },
]

const UNDER_WAY: readonly State[] = [
  live('video', { lines: LINES }),
  live('video-reader', { me: READER }),
  live('video-chat-empty'),
  live('video-camera-off', {
    peer: { microphone: 'muted', camera: 'off', screen: false },
    acts: [{ press: 'Camera off' }, { press: 'Mute' }],
  }),
  live('video-screen', { peer: { microphone: 'on', camera: 'on', screen: true } }),
  live('video-weak', { quality: { level: 'poor', whose: 'theirs', path: 'relay', rttMs: 900 } }),
  live('video-unstable', { hearing: 'unsteady' }),
  live('video-nothing-comes', { hearing: 'nothing', hasRemote: false }),
  live('video-saving', { local: { microphone: 'on', camera: 'saving', screen: false, sending: true } }),
  live('video-denied', {
    local: { microphone: 'none', camera: 'none', screen: false, sending: true },
    problem: { devices: ['camera', 'microphone'], trouble: 'denied' },
    devices: 'denied',
  }),
  live('video-denied-reader', {
    me: READER,
    local: { microphone: 'none', camera: 'none', screen: false, sending: true },
    problem: { devices: ['camera', 'microphone'], trouble: 'denied' },
    devices: 'denied',
  }),
  live('video-chat-folded', { acts: [{ press: 'Chat' }] }),
  live('voice', { session: of('voice') }),
  live('voice-reader', { session: of('voice'), me: READER, lines: LINES }),
  live('chat', { session: of('chat'), lines: LINES }),
  live('chat-empty', { session: of('chat') }),
  live('chat-written', {
    session: of('chat'),
    lines: LINES,
    acts: [{ type: ['Message', 'Thank you. I will think about the second one.'] }, { press: 'Send' }],
  }),
  live('options', { acts: [{ press: 'Options' }, { see: 'Session options' }] }),
  live('options-reader', { me: READER, acts: [{ press: 'Options' }, { see: 'Session options' }] }),
]

const STOPPED_STATES: readonly State[] = [
  paused('paused-mine', 'client_connection'),
  paused('paused-theirs', 'reader_connection'),
  paused('paused-left', 'reader_left'),
  paused('paused-between', 'connection'),
  paused('paused-server', 'server_stopped'),
  paused('paused-reader', 'client_left', { me: READER }),
  live('session-offline', { acts: ['go offline', { see: 'You are offline.' }] }),
  live('taken-over', { state: { phase: 'taken_over', online: true, peerPresent: true } }),
  live('unreachable', { state: { phase: 'unreachable', online: false, peerPresent: true } }),
]

const MONEY: readonly State[] = [
  live('low-funds', { clock: LOW, acts: ASKED }),
  live('low-funds-later', { clock: LOW, acts: [...ASKED, { press: 'Later' }] }),
  live('low-funds-paying', { clock: LOW, acts: PAYING }),
  live('low-funds-declined', {
    clock: LOW,
    replies: DECLINED,
    acts: [...PAYING, { press: 'Pay $20.00' }, { see: 'enough funds' }],
  }),
  live('low-funds-added', {
    clock: LOW,
    acts: [...PAYING, { press: 'Pay $20.00' }, { see: '$20.00 added' }],
  }),
  live('low-funds-voice', { session: of('voice'), clock: LOW, acts: [...ASKED, { press: 'Later' }] }),
  live('session-end-failed', {
    replies: { 'POST /session/:id/end': 'offline' },
    acts: [{ press: 'End session' }, { see: 'The session is still open' }],
  }),
]

const ended = (name: string, more: Partial<SessionView> = {}, state: Partial<State> = {}): State => ({
  name,
  page: 'session',
  me: CLIENT,
  replies: {
    'GET /session/:id': ok({
      session: { ...ENDED, ...more },
      balance: { beforeCents: 4_250 + (more.chargedCents ?? ENDED.chargedCents), afterCents: 4_250 },
    }),
  },
  ...state,
})

const AFTER: readonly State[] = [
  ended('summary'),
  ended('summary-reader', {}, { me: READER }),
  ended('summary-out-of-funds', { endReason: 'out_of_funds' }),
  ended('summary-lost', { endReason: 'connection_lost' }),
  ended('summary-free', {
    chargedCents: 0,
    earnedCents: 0,
    charges: [],
    billedMs: 4_000,
    durationSeconds: 4,
    pauses: [],
  }),
  ended('summary-fee', { feePercent: 20, earnedCents: 2_413 }, { me: READER }),
  ended('summary-long', {
    billedMs: 130 * MINUTE,
    durationSeconds: 130 * 60,
    chargedCents: 32_500,
    earnedCents: 32_500,
    charges: Array.from({ length: 130 }, (_, index) => ({
      minute: index + 1,
      billedMs: (index + 1) * MINUTE,
      cents: 250,
      at: NOW - (130 - index) * MINUTE,
    })),
    startedAt: NOW - 131 * MINUTE,
    requestedAt: NOW - 132 * MINUTE,
    pauses: [],
  }),
]

export const SESSION_GROUPS = {
  'Before a session': BEFORE,
  'Sessions under way': UNDER_WAY,
  'Sessions that wait': STOPPED_STATES,
  'Money in a session': MONEY,
  Summaries: AFTER,
}
