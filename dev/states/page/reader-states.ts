/** The states of a reader's dashboard. */
import { DAY, LIVE, NO_EARNINGS, NOW, nothingCame, PAST, READER, REQUESTED } from './people.ts'
import { ok } from './replies.ts'
import type { Act, State } from './state.ts'

const BOARD = { page: 'dashboard', me: READER } as const
const ON = { ...READER, available: true }
const newcomer = {
  id: READER.id,
  role: 'reader',
  name: 'Mara Lind',
  email: READER.email,
  rateCents: 250,
} as const
const rings = (more: object = {}): Act => ({
  tell: ['session:invite', { session: REQUESTED, lasts: 'medium', clientSince: NOW - 95 * DAY, ...more }],
})

const BOARDS: readonly State[] = [
  { ...BOARD, name: 'reader' },
  {
    ...BOARD,
    name: 'reader-new',
    me: newcomer,
    replies: { 'GET /earnings': ok(NO_EARNINGS), 'GET /sessions': ok({ sessions: [] }) },
  },
  { ...BOARD, name: 'reader-available', me: ON },
  { ...BOARD, name: 'reader-lapsed', kept: { 'soulseer.available': READER.id } },
  { ...BOARD, name: 'reader-no-devices', devices: 'none', acts: [{ see: 'No microphone or camera' }] },
  { ...BOARD, name: 'reader-offline', me: ON, acts: ['go offline', { see: 'You are offline.' }] },
  {
    ...BOARD,
    name: 'reader-unreachable',
    me: ON,
    acts: ['lose the connection', { see: 'We can’t reach SoulSeer.' }],
  },
  { ...BOARD, name: 'reader-rings', me: ON, acts: [rings(), { see: 'Incoming request' }] },
  {
    ...BOARD,
    name: 'reader-rings-long-name',
    me: ON,
    acts: [
      rings({
        session: { ...REQUESTED, clientName: PAST[4]?.clientName ?? '', rateCents: 60_000 },
        lasts: 'short',
        clientSince: NOW,
      }),
      { see: 'Incoming request' },
    ],
  },
  {
    ...BOARD,
    name: 'reader-missed',
    me: ON,
    acts: [
      rings(),
      { see: 'Incoming request' },
      { tell: ['session:updated', { session: nothingCame('missed') }] },
      { see: 'Missed call' },
    ],
  },
  {
    ...BOARD,
    name: 'reader-session-open',
    replies: { 'GET /me': ok({ user: READER, openSession: LIVE }) },
  },
  { ...BOARD, name: 'reader-rate', acts: [{ press: 'Change rate' }] },
  {
    ...BOARD,
    name: 'reader-rate-wrong',
    acts: [{ press: 'Change rate' }, { type: ['Rate per minute ($)', 'a lot'] }, { press: 'Save rate' }],
  },
  { ...BOARD, name: 'reader-profile', acts: [{ press: 'Edit profile' }] },
  {
    ...BOARD,
    name: 'reader-profile-wrong',
    replies: {
      'PATCH /me': {
        refused: {
          status: 400,
          code: 'invalid_input',
          errors: [
            { path: 'name', message: 'Enter your display name.' },
            { path: 'bio', message: 'Keep it under 300 characters.' },
          ],
        },
      },
    },
    acts: [{ press: 'Edit profile' }, { type: ['Display name', ''] }, { press: 'Save profile' }],
  },
  { ...BOARD, name: 'reader-table', acts: [{ press: 'Show as table' }] },
  {
    ...BOARD,
    name: 'reader-lists-failed',
    replies: { 'GET /earnings': 'offline', 'GET /sessions': 'offline' },
    acts: [{ see: 'Try again' }],
  },
]

export const READER_GROUPS = { 'A reader’s dashboard': BOARDS }
