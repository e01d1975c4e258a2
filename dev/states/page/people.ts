/** The people, sessions and payments of the catalogue. They are made up. */

import type { SessionView } from '../../../shared/protocol/session.ts'
import { PROTOCOL_VERSION } from '../../../shared/protocol/version.ts'
import type {
  PaymentReceiptView,
  ReaderView,
  SettingsView,
  UserView,
} from '../../../shared/protocol/views.ts'

/** The instant at which every state begins. */
export const NOW = Date.parse('2026-11-28T20:30:00Z')
export const MINUTE = 60_000
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const SETTINGS: SettingsView = {
  protocolVersion: PROTOCOL_VERSION,
  billingIntervalMs: MINUTE,
  ringTimeoutMs: 45_000,
  reconnectGraceMs: 60_000,
  lowFundsCents: 200,
  partialMinute: 'prorated',
  supportEmail: 'support@soulseer.app',
  mail: 'mailbox',
  stripe: 'standin',
  stripePublishableKey: 'pk_test_standin',
}

export const CLIENT: UserView = {
  id: 'ana',
  role: 'client',
  name: 'Ana Reyes',
  email: 'ana@example.com',
  emailConfirmed: true,
  balanceCents: 4_250,
}

export const READER: UserView = {
  id: 'mara',
  role: 'reader',
  name: 'Mara Lind',
  email: 'mara@example.com',
  emailConfirmed: true,
  rateCents: 250,
  available: false,
  speciality: 'Tarot and matters of the heart',
  bio: 'Twenty years with the cards. I tell you what I see, kindly and without fog.',
}

export const READERS: readonly ReaderView[] = [
  {
    id: READER.id,
    name: READER.name,
    rateCents: 250,
    status: 'available',
    speciality: 'Tarot and matters of the heart',
    bio: 'Twenty years with the cards. I tell you what I see, kindly and without fog.',
  },
  {
    id: 'elodie',
    name: 'Élodie Brault',
    rateCents: 399,
    status: 'busy',
    speciality: 'Astrology, birth charts',
    bio: 'Bring your hour of birth if you know it. We look at this year first, then at the question you came with.',
  },
  {
    id: 'layla',
    name: 'ليلى حداد',
    rateCents: 320,
    status: 'available',
    speciality: 'Coffee cups and palms',
    bio: 'Arabic, French and English.',
  },
  {
    id: 'long',
    name: 'Maximiliana Wolkenstein-Trostburg of the Seven Silver Lanterns and the Quiet Sea',
    rateCents: 60_000,
    status: 'available',
    speciality: 'Every question that has ever been asked by candlelight, twice',
    bio: 'I take my time, and I take yours. '.repeat(8).trim(),
  },
  { id: 'tomas', name: 'Tomás Quiroga', rateCents: 180, status: 'offline', speciality: 'Dreams' },
  { id: 'june', name: 'June Abernathy', rateCents: 499, status: 'offline', speciality: 'Mediumship' },
]

/** Returns a reader who is like the others, for long lists. */
export const oneOfMany = (index: number): ReaderView => ({
  id: `reader-${index}`,
  name: `Reader ${index + 1}`,
  rateCents: 100 + index * 7,
  status: index % 3 === 0 ? 'available' : index % 3 === 1 ? 'busy' : 'offline',
  speciality: 'Tarot',
})

const BASE = {
  id: 's1',
  clientId: CLIENT.id,
  clientName: CLIENT.name,
  readerId: READER.id,
  readerName: READER.name,
  kind: 'video',
  rateCents: 250,
  billedMs: 0,
  durationSeconds: 0,
  chargedCents: 0,
  earnedCents: 0,
  charges: [],
  pauses: [],
} as const satisfies Partial<SessionView>

export const REQUESTED: SessionView = { ...BASE, status: 'requested', requestedAt: NOW - 4_000 }

export const ACCEPTED: SessionView = { ...REQUESTED, status: 'accepted', acceptedAt: NOW - 1_000 }

/** Returns the charges of so many whole minutes, from `start` on. */
const charges = (minutes: number, start: number) =>
  Array.from({ length: minutes }, (_, index) => ({
    minute: index + 1,
    billedMs: (index + 1) * MINUTE,
    cents: BASE.rateCents,
    at: start + (index + 1) * MINUTE,
  }))

const STARTED = NOW - 12 * MINUTE - 24_000

export const LIVE: SessionView = {
  ...BASE,
  status: 'live',
  requestedAt: STARTED - 9_000,
  acceptedAt: STARTED - 3_000,
  startedAt: STARTED,
  billedMs: 12 * MINUTE,
  durationSeconds: 720,
  chargedCents: 3_000,
  earnedCents: 3_000,
  charges: charges(12, STARTED),
}

export const ENDED: SessionView = {
  ...LIVE,
  status: 'ended',
  endedAt: NOW - 5_000,
  endReason: 'client_ended',
  billedMs: 12 * MINUTE + 4_000,
  durationSeconds: 724,
  chargedCents: 3_016,
  earnedCents: 3_016,
  charges: [
    ...charges(12, STARTED),
    { minute: 13, billedMs: 12 * MINUTE + 4_000, cents: 16, at: NOW - 5_000 },
  ],
  pauses: [
    { from: STARTED + 5 * MINUTE, to: STARTED + 5 * MINUTE + 12_000, cause: 'client_connection', times: 3 },
    { from: STARTED + 8 * MINUTE, to: STARTED + 8 * MINUTE + 8_000, cause: 'reader_left' },
  ],
}

/** Returns a session that was requested and came to nothing. */
export const nothingCame = (
  endReason: 'missed' | 'declined' | 'cancelled' | 'never_connected',
): SessionView => ({
  ...REQUESTED,
  status: 'ended',
  endedAt: NOW,
  endReason,
})

const ALIKE: readonly SessionView[] = [
  ENDED,
  {
    ...ENDED,
    id: 's2',
    kind: 'voice',
    readerId: 'layla',
    readerName: 'ليلى حداد',
    endReason: 'out_of_funds',
  },
  { ...nothingCame('missed'), id: 's3', kind: 'chat', clientName: 'Esra 🌙 Demir' },
  { ...ENDED, id: 's4', kind: 'chat', clientName: 'Ben Okafor', endReason: 'reader_ended' },
  {
    ...ENDED,
    id: 's5',
    clientName: 'Maximiliana Wolkenstein-Trostburg of the Seven Silver Lanterns',
    readerName: 'Maximiliana Wolkenstein-Trostburg of the Seven Silver Lanterns',
    rateCents: 60_000,
    chargedCents: 723_999,
    earnedCents: 723_999,
  },
  { ...nothingCame('cancelled'), id: 's6' },
]

/** Sessions of the last days, newest first. */
export const PAST: readonly SessionView[] = ALIKE.map((session, index) => ({
  ...session,
  requestedAt: session.requestedAt - index * 31 * HOUR,
  endedAt: (session.endedAt ?? NOW) - index * 31 * HOUR,
}))

export const CARDS = [
  { id: 'c1', brand: 'visa', last4: '4242', expiryMonth: 12, expiryYear: 2034, isDefault: true },
  { id: 'c2', brand: 'mastercard', last4: '4444', expiryMonth: 1, expiryYear: 2027, isDefault: false },
]

export const PAYMENT: PaymentReceiptView = {
  id: 'p1',
  amountCents: 5_000,
  status: 'succeeded',
  createdAt: NOW - 2 * DAY,
  creditedAt: NOW - 2 * DAY + 4_000,
  kind: 'form',
  clientName: CLIENT.name,
  card: { brand: 'visa', last4: '4242' },
  receiptUrl: 'https://example.com/receipt',
  returns: [],
}

export const PAYMENTS = [
  { ...PAYMENT },
  {
    ...PAYMENT,
    id: 'p2',
    amountCents: 2_000,
    kind: 'automatic',
    createdAt: NOW - 4 * DAY,
    reversedCents: 500,
  },
  { ...PAYMENT, id: 'p3', amountCents: 10_000, status: 'failed', createdAt: NOW - 5 * DAY, declined: true },
  { ...PAYMENT, id: 'p4', amountCents: 2_000, status: 'pending', createdAt: NOW - 5 * DAY, disputed: true },
]

/** Thirty days, some of them without a session. */
const DAYS = Array.from({ length: 30 }, (_, index) => {
  const cents = index % 4 === 3 ? 0 : ((index * 37) % 11) * 850 + 300
  return {
    day: new Date(NOW - (29 - index) * DAY).toISOString().slice(0, 10),
    cents,
    sessions: cents === 0 ? 0 : 1 + (index % 3),
    paidMs: cents === 0 ? 0 : (cents / 250) * MINUTE,
  }
})
const earnedIn = (days: typeof DAYS): number => days.reduce((sum, { cents }) => sum + cents, 0)

export const EARNINGS = {
  totalCents: 184_350,
  todayCents: earnedIn(DAYS.slice(-1)),
  weekCents: earnedIn(DAYS.slice(-7)),
  weekBeforeCents: earnedIn(DAYS.slice(-14, -7)),
  zone: 'UTC',
  days: DAYS,
}

export const NO_EARNINGS = {
  ...EARNINGS,
  totalCents: 0,
  todayCents: 0,
  weekCents: 0,
  weekBeforeCents: 0,
  days: EARNINGS.days.map(({ day }) => ({ day, cents: 0, sessions: 0, paidMs: 0 })),
}

export const LOGINS = [
  { id: 'l1', createdAt: NOW - 3 * DAY, seenAt: NOW, current: true, device: 'Chrome on Android' },
  {
    id: 'l2',
    createdAt: NOW - 9 * DAY,
    seenAt: NOW - DAY,
    current: false,
    device: 'Firefox on Windows',
    sameNetwork: true,
  },
  { id: 'l3', createdAt: NOW - 30 * DAY, seenAt: NOW - 6 * DAY, current: false, sameNetwork: false },
]

export const PASSKEYS = [
  { id: 'k1', name: 'My phone', createdAt: NOW - 40 * DAY, lastUsedAt: NOW - DAY, backedUp: true },
  { id: 'k2', name: 'The small grey key on my mother’s key ring', createdAt: NOW - 3 * DAY },
]
