/** The states of a client's dashboard. */
import { CARDS, CLIENT, DAY, LIVE, NOW, oneOfMany, READERS } from './people.ts'
import { DECLINED, ok } from './replies.ts'
import type { Act, State } from './state.ts'

const BOARD = { page: 'dashboard', me: CLIENT } as const
const ADD: Act = { press: 'Add funds' }
const FORM: Act = { see: 'Card number' }
const credited = (balanceCents: number): Act => ({ tell: ['balance', { balanceCents }] })
const BROKE = { ...CLIENT, balanceCents: 0 }
const silentLists = {
  'GET /readers': 'silence',
  'GET /sessions': 'silence',
  'GET /limits': 'silence',
} as const
const failingLists = {
  'GET /readers': 'offline',
  'GET /sessions': 'offline',
  'GET /limits': 'offline',
} as const

const LISTS: readonly State[] = [
  { ...BOARD, name: 'client' },
  {
    ...BOARD,
    name: 'client-new',
    me: { ...BROKE, hasPasskey: false },
    replies: { 'GET /sessions': ok({ sessions: [] }), 'GET /limits': ok({ spentTodayCents: 0 }) },
  },
  {
    ...BOARD,
    name: 'client-no-readers',
    replies: { 'GET /readers': ok({ readers: [] }), 'GET /sessions': ok({ sessions: [] }) },
  },
  {
    ...BOARD,
    name: 'client-all-offline',
    replies: { 'GET /readers': ok({ readers: READERS.map((each) => ({ ...each, status: 'offline' })) }) },
  },
  {
    ...BOARD,
    name: 'client-many-readers',
    replies: { 'GET /readers': ok({ readers: Array.from({ length: 300 }, (_, index) => oneOfMany(index)) }) },
  },
  { ...BOARD, name: 'client-nothing-found', acts: [{ type: ['Search by name or speciality', 'zither'] }] },
  { ...BOARD, name: 'client-waiting', replies: silentLists, acts: [{ see: 'Loading' }] },
  { ...BOARD, name: 'client-lists-failed', replies: failingLists, acts: [{ see: 'Try again' }] },
  { ...BOARD, name: 'client-trouble', replies: { 'GET /me': 'offline' } },
]

const LINES: readonly State[] = [
  { ...BOARD, name: 'client-offline', acts: ['go offline', { see: 'You are offline.' }] },
  {
    ...BOARD,
    name: 'client-unreachable',
    acts: ['lose the connection', { see: 'We can’t reach SoulSeer.' }],
  },
  {
    ...BOARD,
    name: 'client-set-aside',
    acts: [{ tell: ['page:set-aside', {}] }, { see: 'this one was paused' }],
  },
  {
    ...BOARD,
    name: 'client-session-open',
    replies: { 'GET /me': ok({ user: CLIENT, openSession: LIVE }) },
  },
  { ...BOARD, name: 'client-on-hold', me: { ...CLIENT, hold: 'dispute' } },
  { ...BOARD, name: 'client-unconfirmed', me: unconfirmed() },
  { ...BOARD, name: 'client-mail-refused', me: { ...CLIENT, emailRefused: true } },
  { ...BOARD, name: 'client-terms', me: { ...CLIENT, termsToAgree: '2026-12-01' } },
  {
    ...BOARD,
    name: 'client-terms-unticked',
    me: { ...CLIENT, termsToAgree: '2026-12-01' },
    acts: [{ press: 'Continue' }],
  },
  {
    ...BOARD,
    name: 'client-reader-gone',
    replies: { 'POST /session/start': { refused: { status: 409, code: 'reader_unavailable' } } },
    acts: [{ press: 'Video' }, { see: 'no longer available' }],
  },
]

const MONEY: readonly State[] = [
  { ...BOARD, name: 'funds', acts: [ADD, FORM] },
  { ...BOARD, name: 'funds-other-amount', acts: [ADD, FORM, { press: 'Other amount' }, { press: 'Pay' }] },
  {
    ...BOARD,
    name: 'funds-card',
    replies: { 'GET /cards': ok({ cards: CARDS }) },
    acts: [ADD, { see: '4242' }],
  },
  {
    ...BOARD,
    name: 'funds-declined',
    replies: DECLINED,
    acts: [ADD, FORM, { press: 'Pay $20.00' }, { see: 'enough funds' }],
  },
  {
    ...BOARD,
    name: 'funds-paying',
    replies: { 'POST /add-funds': 'silence' },
    acts: [ADD, FORM, { press: 'Pay $20.00' }, { see: 'Paying' }],
  },
  {
    ...BOARD,
    name: 'funds-added',
    acts: [ADD, FORM, { press: 'Pay $20.00' }, { see: '$20.00 added' }, credited(6_250)],
  },
  { ...BOARD, name: 'funds-to-call', me: BROKE, acts: [{ press: 'Video' }, FORM] },
  {
    ...BOARD,
    name: 'funds-then-call',
    me: BROKE,
    acts: [{ press: 'Video' }, FORM, { press: 'Pay $20.00' }, { see: 'Call Mara Lind now' }, credited(2_000)],
  },
  {
    ...BOARD,
    name: 'bank-asks',
    acts: [
      {
        tell: [
          'payment:action',
          { paymentIntentId: 'pi_1', clientSecret: 'pi_1_secret_1', cardId: 'c1', amountCents: 2_000 },
        ],
      },
      { see: 'Confirm with your bank' },
    ],
  },
  { ...BOARD, name: 'limits-day', acts: [{ press: 'Change the daily limit' }] },
  {
    ...BOARD,
    name: 'limits-wrong',
    acts: [
      { press: 'Change the daily limit' },
      { type: ['Daily limit ($)', 'much'] },
      { press: 'Save limit' },
    ],
  },
  {
    ...BOARD,
    name: 'limits-raised',
    replies: {
      'GET /limits': ok({
        spentTodayCents: 5_000,
        dailyLimitCents: 5_000,
        raise: { dailyLimitCents: 10_000, from: NOW + DAY },
      }),
    },
  },
]

const CHECK: Act = { press: 'Check camera and sound' }
const VIDEO: Act = { press: 'Video' }

const DEVICES: readonly State[] = [
  { ...BOARD, name: 'check', acts: [CHECK] },
  {
    ...BOARD,
    name: 'check-on',
    acts: [CHECK, { press: 'Turn on camera and microphone' }, { see: 'Microphone' }],
  },
  { ...BOARD, name: 'check-before-call', devices: 'asks', acts: [VIDEO, { see: 'Before you call' }] },
  {
    ...BOARD,
    name: 'check-asking',
    devices: 'asks',
    acts: [VIDEO, { press: 'Turn on camera and microphone' }, { see: 'choose Allow' }],
  },
  {
    ...BOARD,
    name: 'check-denied',
    devices: 'denied',
    acts: [VIDEO, { press: 'Turn on camera and microphone' }, { see: 'Try again' }],
  },
  {
    ...BOARD,
    name: 'check-none',
    devices: 'none',
    acts: [VIDEO, { press: 'Turn on camera and microphone' }, { see: 'Try again' }],
  },
]

function unconfirmed() {
  const { emailConfirmed, ...rest } = CLIENT
  return rest
}

export const CLIENT_GROUPS = {
  'A client’s lists': LISTS,
  'A client’s notices': LINES,
  'Funds and limits': MONEY,
  'Camera and sound': DEVICES,
}
