/** The states of the history, the receipts of payments and the account. */
import { CARDS, CLIENT, DAY, NOW, PAYMENT, PAYMENTS, READER } from './people.ts'
import { ok } from './replies.ts'
import type { State } from './state.ts'

const HISTORY: readonly State[] = [
  { name: 'history', page: 'history', me: CLIENT },
  { name: 'history-reader', page: 'history', me: READER },
  {
    name: 'history-empty',
    page: 'history',
    me: CLIENT,
    replies: { 'GET /sessions': ok({ sessions: [] }), 'GET /payments': ok({ payments: [] }) },
  },
  {
    name: 'history-reader-empty',
    page: 'history',
    me: READER,
    replies: { 'GET /sessions': ok({ sessions: [] }) },
  },
  {
    name: 'history-failed',
    page: 'history',
    me: CLIENT,
    replies: { 'GET /sessions': 'offline', 'GET /payments': 'offline' },
    acts: [{ see: 'Try again' }],
  },
  { name: 'top-up-receipt', page: 'payment', me: CLIENT },
  {
    name: 'top-up-refunded',
    page: 'payment',
    me: CLIENT,
    replies: {
      'GET /payments/:id': ok({
        payment: { ...PAYMENT, reversedCents: 2_000, returns: [{ cents: 2_000, at: NOW - DAY }] },
      }),
    },
  },
  {
    name: 'top-up-unknown',
    page: 'payment',
    me: CLIENT,
    replies: { 'GET /payments/:id': { refused: { status: 404, code: 'not_found' } } },
  },
]

const ACCOUNT = { page: 'account', me: CLIENT } as const
const PROOF_NEEDED = { refused: { status: 403, code: 'proof_needed' } } as const

const ACCOUNTS: readonly State[] = [
  { ...ACCOUNT, name: 'account' },
  { ...ACCOUNT, name: 'account-reader', me: READER },
  {
    ...ACCOUNT,
    name: 'account-cards',
    replies: {
      'GET /cards': ok({ cards: CARDS }),
      'GET /payments': ok({
        payments: PAYMENTS,
        automatic: { amountCents: 2_000, thresholdCents: 500, dailyCapCents: 6_000, resting: true },
        debtCents: 685,
        action: { paymentIntentId: 'pi_1', clientSecret: 'pi_1_secret_1', cardId: 'c1', amountCents: 2_000 },
      }),
    },
  },
  {
    ...ACCOUNT,
    name: 'account-email-pending',
    me: { ...CLIENT, pendingEmail: { email: 'ana.reyes@example.org', expiresAt: NOW + DAY } },
  },
  { ...ACCOUNT, name: 'account-mail-refused', me: { ...CLIENT, emailRefused: true } },
  {
    ...ACCOUNT,
    name: 'account-email-missing',
    acts: [{ press: 'Change email' }, { see: 'Enter the new address' }],
  },
  {
    ...ACCOUNT,
    name: 'account-delete-missing',
    replies: { 'GET /passkeys': ok({ passkeys: [] }) },
    acts: [
      { press: 'Delete my account' },
      { see: 'Delete your account?' },
      { press: 'Delete my account' },
      { see: 'Enter your password' },
    ],
  },
  {
    ...ACCOUNT,
    name: 'account-delete-reader',
    me: READER,
    acts: [{ press: 'Delete my account' }, { see: 'that has not been paid out' }],
  },
  { ...ACCOUNT, name: 'account-passkey', acts: [{ press: 'Add a passkey' }] },
  {
    ...ACCOUNT,
    name: 'account-proof',
    replies: { 'POST /logins/end': PROOF_NEEDED },
    acts: [{ press: 'Log out everywhere else' }, { see: 'Confirm that it is you' }],
  },
  {
    ...ACCOUNT,
    name: 'account-lists-failed',
    replies: {
      'GET /logins': 'offline',
      'GET /passkeys': 'offline',
      'GET /payments': 'offline',
      'GET /cards': 'offline',
      'GET /limits': 'offline',
    },
    acts: [{ see: 'Try again' }],
  },
]

export const PAST_GROUPS = { 'History and receipts': HISTORY, Account: ACCOUNTS }
