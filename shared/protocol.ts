/**
 * Everything that crosses a wire between a page and the server. Bodies that come in are zod schemas, so the
 * types flow from what the doors really check; pages import the types alone, never this module's values.
 */
import { z } from 'zod'
import {
  AUTO_DAILY_MAX_CENTS,
  BIO_MAX,
  CANDIDATE_MAX,
  EMAIL_MAX,
  LIMIT_MAX_CENTS,
  NAME_MAX,
  PASSWORD_MAX,
  PASSWORD_MIN,
  RATE_MAX_CENTS,
  RATE_MIN_CENTS,
  RESERVED_DOMAIN,
  SDP_MAX,
  SPECIALITY_MAX,
  TOP_UP_MAX_CENTS,
  TOP_UP_MIN_CENTS,
} from './bounds.ts'
import { canonicalEmail, isEmail } from './email.ts'

// Control characters and invisible direction switches have no place in a name: they let one person's name
// look like another's.
const FORBIDDEN_IN_TEXT = /[\p{Cc}\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/u

const wellFormed = (text: string): boolean => text.isWellFormed()

// Of these nothing is seen: fillers, joiners, selectors, blanks, and marks without a letter beneath them.
const UNSEEN = /[\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\u2800\uFFF0-\uFFFB]/gu
// More than any script puts on one letter; a tower of them is drawn over the lines above and below.
const TOWER = /\p{M}{7}/u

const isSeen = (text: string): boolean => text.replace(UNSEEN, '') !== ''
const isFlat = (text: string): boolean => !TOWER.test(text.normalize('NFD'))

const displayName = z
  .string()
  .refine(wellFormed, 'Use ordinary characters.')
  .transform((text) => text.normalize('NFC').trim())
  .refine((text) => !FORBIDDEN_IN_TEXT.test(text), 'Use ordinary characters.')
  .refine(
    (text) => text.length > 0 && [...text].length <= NAME_MAX,
    `Enter a name of 1 to ${NAME_MAX} characters.`,
  )
  .refine((text) => text === '' || isSeen(text), 'Enter a name with letters that can be seen.')
  .refine(isFlat, 'Use fewer accents on one letter.')

const email = z
  .string()
  .max(EMAIL_MAX, 'Enter a shorter email address.')
  .transform(canonicalEmail)
  .refine((address) => address.length <= EMAIL_MAX, 'Enter a shorter email address.')
  .refine(isEmail, 'Enter an email address, like ana@example.com.')
  .refine((address) => !address.endsWith(RESERVED_DOMAIN), 'Enter an email address that can receive mail.')

const password = z
  .string()
  .refine(wellFormed, 'Use ordinary characters.')
  .refine(
    (text) => [...text].length >= PASSWORD_MIN && [...text].length <= PASSWORD_MAX,
    `Use ${PASSWORD_MIN} to ${PASSWORD_MAX} characters.`,
  )

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

const rateCents = z
  .int('Enter a rate in whole cents.')
  .min(RATE_MIN_CENTS, 'The rate must be at least $0.01 a minute.')
  .max(RATE_MAX_CENTS, 'The rate can be at most $600.00 a minute.')

const id = z.string().min(1).max(64)

export const RegisterBody = z.discriminatedUnion('role', [
  z.object({
    role: z.literal('client'),
    name: displayName,
    email,
    password,
    rateCents: z.undefined('Only readers set a rate.').optional(),
  }),
  z.object({ role: z.literal('reader'), name: displayName, email, password, rateCents }),
])
export type RegisterBody = z.infer<typeof RegisterBody>

/** Lenient on purpose: a wrong password and an impossible one get the same answer. */
export const LoginBody = z.object({
  email: z.string().max(EMAIL_MAX).transform(canonicalEmail),
  password: z.string().max(1_024),
})
export type LoginBody = z.infer<typeof LoginBody>

export const PasswordBody = z.object({ password: z.string().max(1_024), newPassword: password })
export type PasswordBody = z.infer<typeof PasswordBody>

/** Without an id, every login but the one that asks. */
export const EndLoginBody = z.object({ loginId: id.optional(), password: z.string().max(1_024).optional() })
export type EndLoginBody = z.infer<typeof EndLoginBody>

// A bio may have line breaks; beyond that the same holds as for a name.
const FORBIDDEN_IN_BIO = /[^\P{Cc}\n]|[\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/u

const aboutReader = (most: number, forbidden: RegExp) =>
  z
    .string()
    .refine(wellFormed, 'Use ordinary characters.')
    .transform((text) => text.normalize('NFC').trim())
    .refine((text) => !forbidden.test(text), 'Use ordinary characters.')
    .refine(isFlat, 'Use fewer accents on one letter.')
    .refine((text) => text === '' || isSeen(text), 'Use letters that can be seen.')
    .refine((text) => [...text].length <= most, `Use at most ${most} characters.`)

export const ProfileBody = z.object({
  name: displayName.optional(),
  rateCents: rateCents.optional(),
  /** Readers alone; empty takes it away. */
  speciality: aboutReader(SPECIALITY_MAX, FORBIDDEN_IN_TEXT).optional(),
  bio: aboutReader(BIO_MAX, FORBIDDEN_IN_BIO).optional(),
})
export type ProfileBody = z.infer<typeof ProfileBody>

export const AvailabilityBody = z.object({ available: z.boolean() })

/** Lenient as logging in is; what is left in the balance must be given up knowingly, to the cent. */
export const DeleteAccountBody = z.object({
  password: z.string().max(1_024),
  giveUpCents: z.int().min(0).optional(),
})
export type DeleteAccountBody = z.infer<typeof DeleteAccountBody>

/** In whose days the earnings are told: an IANA name such as `Europe/Lisbon`. */
export const EarningsQuery = z.object({
  zone: z.string().max(64).refine(isTimeZone, 'Use the name of a time zone, like Europe/Lisbon.').optional(),
})

export const SessionKind = z.enum(['video', 'voice', 'chat'])
export type SessionKind = z.infer<typeof SessionKind>

const limitCents = z
  .int('Enter a limit in whole cents.')
  .min(1, 'The limit must be more than nothing.')
  .max(LIMIT_MAX_CENTS, 'That is more than a limit can be.')

export const StartBody = z.object({ readerId: id, kind: SessionKind, limitCents: limitCents.optional() })
export type StartBody = z.infer<typeof StartBody>

export const WRONG_CURSOR = 'Use the nextCursor of an earlier answer, or none.'

/** A page of sessions: from where on, and how many at the most. What is no number of lines asks for a whole page. */
export const SessionsQuery = z.object({
  cursor: z
    .string()
    .regex(/^\d{1,16}-\d{1,16}$/, WRONG_CURSOR)
    .optional(),
  limit: z.coerce.number().int().min(1).optional().catch(undefined),
})

export const PaymentsQuery = z.object({
  cursor: z.string().min(1, WRONG_CURSOR).max(64, WRONG_CURSOR).optional(),
})

/** `null` takes the limit away. */
export const LimitBody = z.object({ limitCents: limitCents.nullable() })

const topUpCents = z
  .int('Enter an amount in whole cents.')
  .min(TOP_UP_MIN_CENTS, 'The smallest top-up is $5.00.')
  .max(TOP_UP_MAX_CENTS, 'The largest top-up is $500.00.')

const cardId = z.string().regex(/^[\w-]{1,255}$/, 'Choose one of your cards.')

/** Turns the brief's own form, an `amount` of dollars with two decimals at the most, into `amountCents`. */
function withCents(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('amount' in body) || 'amountCents' in body) return body
  const { amount, ...rest } = body
  if (typeof amount !== 'number' && typeof amount !== 'string') return body
  return /^\d{1,6}(\.\d{1,2})?$/.test(`${amount}`)
    ? { ...rest, amountCents: Math.round(Number(amount) * 100) }
    : { ...rest, amountCents: Number.NaN }
}

const AddFundsFields = z.object({
  userId: id,
  amountCents: topUpCents,
  /** Keep the card that pays, for later. */
  saveCard: z.boolean().optional(),
  /** Charge this saved card at once. */
  cardId: cardId.optional(),
  /** `false`: refuse with `twin_payment` where another attempt of the same amount was begun a moment ago. */
  again: z.boolean().optional(),
})
export const AddFundsBody = z.preprocess(withCents, AddFundsFields)
export type AddFundsBody = z.infer<typeof AddFundsBody>

export const CardBody = z.object({ cardId })

export const AutoTopUpBody = z
  .object({
    amountCents: topUpCents,
    thresholdCents: z
      .int('Enter a balance in whole cents.')
      .min(0, 'The balance cannot be below nothing.')
      .max(TOP_UP_MAX_CENTS, 'The balance can be at most $500.00.'),
    dailyCapCents: z
      .int('Enter an amount in whole cents.')
      .max(AUTO_DAILY_MAX_CENTS, 'At most $2,000.00 a day can be added by itself.'),
  })
  .refine(({ amountCents, dailyCapCents }) => dailyCapCents >= amountCents, {
    path: ['dailyCapCents'],
    message: 'The most for a day must cover one top-up.',
  })
export type AutoTopUpBody = z.infer<typeof AutoTopUpBody>

export const ConfirmFundsBody = z.object({ userId: id, paymentIntentId: z.string().min(1).max(255) })
export type ConfirmFundsBody = z.infer<typeof ConfirmFundsBody>

export const CheckBalanceQuery = z.object({ userId: id })

// ---------------------------------------------------------------- socket events from the browser

export const JoinPayload = z.object({
  sessionId: id,
  /** The page that asks, by a name of its own, and whether it has had the seat before: then it takes it from no other. */
  page: z.string().max(64).optional(),
  again: z.boolean().optional(),
  /** It will confirm each description that it is told, so that the sender knows whether it came. */
  confirms: z.boolean().optional(),
})

export const DescriptionPayload = z.object({
  sessionId: id,
  description: z.object({
    type: z.enum(['offer', 'answer', 'pranswer', 'rollback']),
    sdp: z.string().max(SDP_MAX),
  }),
})

export const CandidatePayload = z.object({
  sessionId: id,
  candidate: z
    .object({
      candidate: z.string().max(CANDIDATE_MAX),
      sdpMid: z.string().max(64).nullish(),
      sdpMLineIndex: z.int().min(0).max(64).nullish(),
      usernameFragment: z.string().max(256).nullish(),
    })
    .nullable(),
})

/** Whole milliseconds: an instant by a page's own monotonic clock, or a length of time. */
const reading = z.int().min(0)

/**
 * A page's heartbeat. A page that sends `now`, its clock's reading at sending, proves what it received from the other page:
 * without a gap from `heardSince` to `heardAt`, which are left out until it has received anything. `sentMs` is how long it has
 * sent media or chat since the session was accepted, earlier pages of the same seat included.
 */
export const RtcStatePayload = z.object({
  sessionId: id,
  state: z.enum(['connected', 'interrupted']),
  now: reading.optional(),
  heardAt: reading.optional(),
  heardSince: reading.optional(),
  sentMs: reading.optional(),
})
export type RtcBeat = z.infer<typeof RtcStatePayload>
export type RtcState = RtcBeat['state']

// ---------------------------------------------------------------- what the server tells

export type Role = 'client' | 'reader'

export interface UserView {
  id: string
  role: Role
  name: string
  email: string
  balanceCents?: number
  rateCents?: number
  available?: boolean
  speciality?: string
  bio?: string
}

/** Somewhere a person is logged in: `GET /logins`, `POST /logins/end`. */
export interface LoginView {
  id: string
  createdAt: number
  /** To the hour. */
  seenAt: number
  /** The one that asks. */
  current: boolean
  device?: string
}

export type ReaderStatus = 'available' | 'busy' | 'offline'

export interface ReaderView {
  id: string
  name: string
  rateCents: number
  status: ReaderStatus
  speciality?: string
  bio?: string
}

export type SessionStatus = 'requested' | 'accepted' | 'live' | 'paused' | 'ended'

export type EndReason =
  | 'declined'
  | 'cancelled'
  | 'missed'
  | 'never_connected'
  | 'client_ended'
  | 'reader_ended'
  | 'out_of_funds'
  | 'connection_lost'
  | 'server_stopped'
  | 'payment_reversed'
  | 'limit_reached'

/** Why the meter stands still; the page puts it into words. */
export type PauseCause =
  | 'client_connection'
  | 'reader_connection'
  | 'connection'
  | 'client_left'
  | 'reader_left'
  | 'server_stopped'

/** How long the client can pay for: under 5 minutes, 5 to 15, more. Anything finer would tell the reader the balance. */
export type SessionLasts = 'short' | 'medium' | 'long'

/** `billedMs` is where the meter stood after the charge; several charges may share a minute. */
export interface Charge {
  minute: number
  billedMs: number
  cents: number
  at: number
}

export interface Pause {
  from: number
  to?: number
  cause: PauseCause
  /** The number of interruptions in it, with the short ones that were added to it; one where it is left out. */
  times?: number
}

/**
 * A session as both of its people see it. `session:updated` carries no more than the newest charges and pauses of one that
 * is not over; `GET /session/:id` and `session:ended` carry them all.
 */
export interface SessionView {
  id: string
  clientId: string
  clientName: string
  readerId: string
  readerName: string
  kind: SessionKind
  rateCents: number
  status: SessionStatus
  requestedAt: number
  acceptedAt?: number
  startedAt?: number
  endedAt?: number
  endReason?: EndReason
  billedMs: number
  durationSeconds: number
  chargedCents: number
  earnedCents: number
  charges: readonly Charge[]
  pauses: readonly Pause[]
}

/** Where the meter stands. `secondsLeft` and `balanceCents` are told to the client alone. */
export interface ClockView {
  sessionId: string
  running: boolean
  billedMs: number
  chargedCents: number
  /** Why it stands still, when it does after the start. */
  cause?: PauseCause
  secondsLeft?: number
  balanceCents?: number
  /** Where the client wants this session to stop; told to the client alone. */
  limitCents?: number
  /** The session costs nothing if it ends before this much connected time. */
  freeUntilMs?: number
}

export interface ChargedView {
  sessionId: string
  charge: Charge
  chargedCents: number
  earnedCents: number
  balanceCents?: number
}

export interface IceServerView {
  urls: string | string[]
  username?: string
  credential?: string
}

/** What a page needs to know that is not about a person: `GET /settings`. */
export interface SettingsView {
  billingIntervalMs: number
  ringTimeoutMs: number
  reconnectGraceMs: number
  lowFundsCents: number
  /** What the unfinished minute costs when somebody hangs up. */
  partialMinute: 'prorated' | 'free' | 'full'
  /** Where people get help. */
  supportEmail: string
  /** `standin`: no real card can be charged, and the pages must say so. */
  stripe: 'standin' | 'stripe'
  stripePublishableKey: string
}

/** `GET /sessions` */
export interface SessionsPage {
  sessions: SessionView[]
  nextCursor?: string
}

/** One day of a reader, by the calendar of the zone that was asked for: `day` is `2026-11-22`. */
export interface EarningsDay {
  day: string
  cents: number
  sessions: number
  paidMs: number
}

/** `GET /earnings`. A session counts on the day it ended; the one that is open counts today. */
export interface EarningsView {
  totalCents: number
  todayCents: number
  /** Today and the six days before it, and the seven before those. */
  weekCents: number
  weekBeforeCents: number
  /** The last thirty days, the oldest first; days without a session too. */
  days: EarningsDay[]
  zone: string
}

/** `GET /readers/count`: for everybody. */
export interface ReadersCountView {
  available: number
}

/** Beside the session in `GET /session/:id`, for its client alone: what the balance was at its start and its end. */
export interface BalanceAround {
  beforeCents: number
  afterCents: number
}

/** `GET /limits`, `POST /limits`: what a client has set for a day. No cents are no limit. */
export interface LimitsView {
  spentTodayCents: number
  dailyLimitCents?: number
  /** Asked for, and in force from that instant. */
  raise?: { dailyLimitCents?: number; from: number }
}

/** `POST /add-funds`; with `POST /add-funds/confirm` the two fields that both answer. */
export interface TopUpView {
  paymentIntentId: string
  clientSecret: string
  status: TopUpStatus
  balanceCents: number
}

export type TopUpStatus = 'pending' | 'succeeded' | 'failed'

/** `POST /add-funds`, in full: what a page may have to do next. */
export interface OpenedTopUpView extends TopUpView {
  /** The bank wants to see the person: Stripe.js goes on with it. */
  needsPerson?: true
  /** Why the saved card was refused, in Stripe's own word. */
  declined?: string
}

/** `GET /cards` */
export interface CardsView {
  cards: CardView[]
}

export interface CardView {
  id: string
  brand: string
  last4: string
  expiryMonth: number
  expiryYear: number
  isDefault: boolean
}

/** One top-up in the history of `GET /payments`. */
export interface PaymentView {
  id: string
  amountCents: number
  status: TopUpStatus
  createdAt: number
  kind: 'form' | 'saved' | 'automatic'
  card?: { brand: string; last4: string }
  receiptUrl?: string
  /** How much of it went back. */
  reversedCents?: number
  disputed?: true
  /** Its last card was refused; another may still pay it. */
  declined?: true
}

/** `GET /payments/:id`: one top-up with what its receipt tells beside that. */
export interface PaymentReceiptView extends PaymentView {
  clientName: string
  /** When it reached the balance. */
  creditedAt?: number
  /** What went back, the oldest first; without an instant where the bank or Stripe did it. */
  returns: { cents: number; at?: number }[]
}

/** Money that came neither by a card nor by a session: the operator made good for something. */
export interface CreditView {
  id: string
  cents: number
  at: number
}

/** `GET /payments?cursor=`: a client's top-ups, newest first, a page at a time, and what goes with them. */
export interface PaymentsView {
  payments: PaymentView[]
  nextCursor?: string
  /** Every one there is, newest first. */
  credits?: CreditView[]
  automatic?: AutoTopUpView
  /** What was taken back beyond the balance: the next top-ups pay it first. */
  debtCents?: number
  frozen?: true
  /** An automatic top-up that the bank wants to see the client for. */
  action?: PaymentActionView
}

export interface AutoTopUpView {
  amountCents: number
  thresholdCents: number
  dailyCapCents: number
  /** It rests after a refusal. */
  resting?: true
  /** It begins once the account is a day old and the client has paid once. */
  waiting?: true
}

/** A payment that goes on as soon as the client has answered the bank. */
export interface PaymentActionView {
  paymentIntentId: string
  clientSecret: string
  cardId: string
  amountCents: number
}

// ---------------------------------------------------------------- failures

export type ErrorCode =
  | 'invalid_input'
  | 'not_logged_in'
  | 'forbidden'
  | 'cross_site'
  | 'not_found'
  | 'method_not_allowed'
  | 'bad_credentials'
  | 'proof_needed'
  | 'email_taken'
  | 'reader_unavailable'
  | 'already_in_session'
  | 'insufficient_funds'
  | 'limit_reached'
  | 'account_frozen'
  | 'wrong_state'
  | 'not_joined'
  | 'taken_over'
  | 'payment_mismatch'
  | 'payment_unavailable'
  | 'twin_payment'
  | 'idempotency_mismatch'
  | 'bad_signature'
  | 'too_large'
  | 'address_too_long'
  | 'not_json'
  | 'rate_limited'
  | 'busy'
  | 'storage_full'
  | 'stopping'
  | 'internal'

/** RFC 9457 problem details, with a stable `code` for programs and a `detail` for people. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: ErrorCode
  errors?: { path: string; message: string }[]
}

export type Ack<T extends object = object> =
  | ({ ok: true } & T)
  | { ok: false; error: { code: ErrorCode; message: string } }

// ---------------------------------------------------------------- the two directions of the socket

export interface Description {
  type: 'offer' | 'answer' | 'pranswer' | 'rollback'
  sdp: string
}

export interface Candidate {
  candidate: string
  sdpMid?: string | null | undefined
  sdpMLineIndex?: number | null | undefined
  usernameFragment?: string | null | undefined
}

export interface JoinAck {
  session: SessionView
  iceServers: IceServerView[]
  iceTransportPolicy: 'all' | 'relay'
  /** The reader makes the first offer and is impolite; the client is polite. */
  polite: boolean
  /** How often `rtc:state` must be repeated at the least. */
  heartbeatMs: number
  /** How long a lost connection may take to come back before the session ends. */
  graceMs: number
  /** Whether the other seat is taken right now. */
  peerPresent: boolean
  clock: ClockView
  /** The most that any page of this seat has reported as `sentMs`; its successor counts on from there. */
  sentMs?: number
  /** How much more than `provenMs` a page may have sent before it holds its media and chat. */
  unbilledMs?: number
}

/** Answers a beat that carried readings: how much connected time both pages have proven so far. Nothing to any other beat. */
export interface BeatAck {
  provenMs?: number
}

/** `delivered` tells whether the other person's page has it: by its own word where it `confirms`, else that it is there. */
export interface RelayAck {
  delivered: boolean
}

type Reply<T extends object = object> = (ack: Ack<T>) => void

export interface BrowserEvents {
  'session:join': (payload: z.infer<typeof JoinPayload>, reply: Reply<JoinAck>) => void
  offer: (payload: { sessionId: string; description: Description }, reply: Reply<RelayAck>) => void
  answer: (payload: { sessionId: string; description: Description }, reply: Reply<RelayAck>) => void
  'ice-candidate': (
    payload: { sessionId: string; candidate: Candidate | null },
    reply: Reply<RelayAck>,
  ) => void
  'rtc:state': (payload: RtcBeat, reply: Reply<BeatAck>) => void
}

export interface ServerEvents {
  'session:invite': (payload: { session: SessionView; lasts?: SessionLasts }) => void
  'session:updated': (payload: { session: SessionView }) => void
  'session:clock': (payload: ClockView) => void
  'session:charged': (payload: ChargedView) => void
  'session:ended': (payload: { session: SessionView }) => void
  /** Beat at once: a charge, the end of the money or the other page waits for this page's proof. */
  'rtc:ask': (payload: { sessionId: string }) => void
  'session:taken-over': (payload: { sessionId: string }) => void
  'balance:low': (payload: { sessionId: string; balanceCents: number; secondsLeft: number }) => void
  balance: (payload: { balanceCents: number }) => void
  'payment:action': (payload: PaymentActionView) => void
  'reader:status': (payload: { readerId: string; status: ReaderStatus }) => void
  'peer:joined': (payload: { sessionId: string }) => void
  'peer:left': (payload: { sessionId: string }) => void
  'server:stopping': (payload: object) => void
  /** The person has opened more pages than we serve, and this one was the longest open. */
  'page:set-aside': (payload: object) => void
  offer: (payload: { sessionId: string; description: Description }, confirm?: () => void) => void
  answer: (payload: { sessionId: string; description: Description }, confirm?: () => void) => void
  'ice-candidate': (payload: { sessionId: string; candidate: Candidate | null }) => void
}
