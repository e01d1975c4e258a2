/** Tests the sentences for refusals. */
import { describe, expect, it } from 'vitest'
import { sayProblem } from '../../../browser/call/messages.ts'
import type { Failure } from '../../../browser/lib/http.ts'
import { sayEnd, sayFailure, sayNotCharged, sayNotLoaded, sayPause } from '../../../browser/lib/messages.ts'
import type { EndReason, PauseCause, SessionView } from '../../../shared/protocol/session.ts'

// Written as records so that a code without words, or words without a code, does not compile.
import { requested } from '../page-fakes.ts'

const CODES = Object.keys({
  invalid_input: 0,
  not_logged_in: 0,
  forbidden: 0,
  cross_site: 0,
  not_found: 0,
  method_not_allowed: 0,
  bad_credentials: 0,
  proof_needed: 0,
  bad_token: 0,
  email_taken: 0,
  reader_unavailable: 0,
  already_in_session: 0,
  insufficient_funds: 0,
  limit_reached: 0,
  wrong_state: 0,
  not_joined: 0,
  taken_over: 0,
  account_frozen: 0,
  twin_payment: 0,
  payment_mismatch: 0,
  payment_unavailable: 0,
  idempotency_mismatch: 0,
  bad_signature: 0,
  too_large: 0,
  address_too_long: 0,
  terms_changed: 0,
  not_json: 0,
  rate_limited: 0,
  busy: 0,
  storage_full: 0,
  stopping: 0,
  internal: 0,
  passkey_unused: 0,
  passkey_known: 0,
  passkey_failed: 0,
  passkey_refused: 0,
  offline: 0,
} satisfies Record<Failure['code'], 0>) as Failure['code'][]

const REASONS = Object.keys({
  declined: 0,
  cancelled: 0,
  missed: 0,
  never_connected: 0,
  client_ended: 0,
  reader_ended: 0,
  out_of_funds: 0,
  connection_lost: 0,
  server_stopped: 0,
  payment_reversed: 0,
  limit_reached: 0,
} satisfies Record<EndReason, 0>) as EndReason[]

const CAUSES = Object.keys({
  client_connection: 0,
  reader_connection: 0,
  connection: 0,
  client_left: 0,
  reader_left: 0,
  server_stopped: 0,
} satisfies Record<PauseCause, 0>) as PauseCause[]

const session: SessionView = { ...requested, status: 'ended' }

const aSentence = /^[A-Z’\p{Lu}][^_]+[.]$/u

describe('every failure has words', () => {
  it.each(CODES)('%s says what to do, and shows neither a code nor a number', (code) => {
    expect(sayFailure({ code })).toMatch(aSentence)
    expect(sayFailure({ code })).not.toMatch(/undefined|error|oops/i)
  })

  it('contains the amounts where the server sent them', () => {
    const detail = 'The first minute with Mara costs $2.50. You have $1.00.'
    expect(sayFailure({ code: 'insufficient_funds', detail })).toBe(detail)
    expect(sayFailure({ code: 'internal', detail: 'TypeError' })).not.toContain('TypeError')
  })

  it.each([
    ['forbidden', 'This account is closed. Contact support if you have questions.'],
    ['wrong_state', 'You owe $6.85. Add at least that much to your balance before you delete your account.'],
    ['not_found', 'This card is no longer saved.'],
    ['rate_limited', 'We have sent you several emails already. Check your spam folder, too.'],
  ] as const)('repeats what the server says of %s, which has several causes', (code, detail) => {
    expect(sayFailure({ code, detail, retryAfterSeconds: 240 })).toBe(detail)
  })

  it('says how long to wait when the server does', () => {
    expect(sayFailure({ code: 'rate_limited', retryAfterSeconds: 240 })).toBe(
      'Too many attempts. Wait 4 min, then try again.',
    )
  })
})

// Any request may fail with these, also one that has nothing to do with money.
const OF_ANY_REQUEST = ['offline', 'busy', 'storage_full', 'stopping', 'internal'] as const

describe('a charge', () => {
  it.each(OF_ANY_REQUEST)('%s speaks of it only where money was about to move', (code) => {
    expect(sayFailure({ code })).not.toMatch(/charge/)
    expect(sayNotLoaded('Your payments', { code })).not.toMatch(/charge/)
    expect(sayNotCharged({ code })).toMatch(/othing was charged|not being charged/)
  })

  it('keeps what the server says of it', () => {
    const detail = 'Many people are logging in right now. Try again in a few seconds.'
    expect(sayNotCharged({ code: 'busy', detail })).toBe(detail)
    expect(sayNotCharged({ code: 'forbidden' })).toBe(sayFailure({ code: 'forbidden' }))
  })
})

describe('a list that could not be loaded', () => {
  it('is named, with what to do', () => {
    expect(sayNotLoaded('Your payments', { code: 'offline' })).toBe(
      'Your payments could not be loaded. Check your connection and try again.',
    )
    expect(sayNotLoaded('Your payments', { code: 'busy' })).toBe(
      'Your payments could not be loaded. We are very busy. Try again in a few seconds.',
    )
  })
})

describe('every end and every pause has words for both people', () => {
  it.each(REASONS)('%s', (endReason) => {
    for (const iAmReader of [false, true])
      expect(sayEnd({ ...session, endReason }, iAmReader)).toMatch(aSentence)
  })

  it.each(['declined', 'missed', 'cancelled', 'never_connected'] as const)(
    '%s says that nothing was charged',
    (endReason) => {
      for (const iAmReader of [false, true]) {
        expect(sayEnd({ ...session, endReason }, iAmReader)).toMatch(/not charged|[Nn]othing was charged/)
      }
    },
  )

  it.each(CAUSES)('%s', (cause) => {
    for (const iAmReader of [false, true]) expect(sayPause(cause, session, iAmReader)).toMatch(aSentence)
  })

  it('names the person whose connection was lost to the other alone', () => {
    expect(sayPause('reader_connection', session, false)).toBe('Mara lost connection.')
    expect(sayPause('reader_connection', session, true)).toBe('Your connection was lost.')
    expect(sayPause('connection', session, true)).toBe('The connection between you was lost.')
  })
})

describe('a device that is missing', () => {
  it('is named, with the way on', () => {
    const words = sayProblem({ devices: ['camera', 'microphone'], trouble: 'denied' }, 'chrome')
    expect(words).toMatch(/camera and microphone/)
    expect(words).toMatch(/session continues/)
  })

  it.each([
    [['camera', 'microphone'] as const, 'Plug them in', 'were disconnected. Plug them in', 'without them'],
    [['microphone'] as const, 'Plug it in', 'was disconnected. Plug it in', 'without it'],
  ])('is one or two: %j', (devices, plug, lost, without) => {
    expect(sayProblem({ devices: [...devices], trouble: 'none' }, 'chrome')).toContain(plug)
    expect(sayProblem({ devices: [...devices], trouble: 'lost' }, 'chrome')).toContain(lost)
    expect(sayProblem({ devices: [...devices], trouble: 'denied' }, 'chrome')).toContain(without)
  })
})
