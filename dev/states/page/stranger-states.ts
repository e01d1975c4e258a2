/** The states of the pages that need no log-in. */
import { CLIENT, SETTINGS } from './people.ts'
import { ok } from './replies.ts'
import type { Refused, State } from './state.ts'

const HOME: readonly State[] = [
  { name: 'home', page: 'index' },
  { name: 'home-reader', page: 'index', acts: [{ press: 'I give readings' }] },
  { name: 'home-errors', page: 'index', acts: [{ press: 'Create account', nth: 1 }] },
  { name: 'home-log-in', page: 'index', hash: 'log-in' },
  { name: 'home-wanted-page', page: 'index', wants: '/history' },
  {
    name: 'home-wrong-password',
    page: 'index',
    hash: 'log-in',
    replies: { 'POST /login': { refused: { status: 401, code: 'bad_credentials' } } },
    acts: [
      { type: ['Email', 'ana@example.com'] },
      { type: ['Password', 'not this one'] },
      { press: 'Log in', nth: 1 },
      { see: 'Wrong email or password' },
    ],
  },
  { name: 'home-forgot', page: 'index', hash: 'forgot' },
  {
    name: 'home-forgot-sent',
    page: 'index',
    hash: 'forgot',
    acts: [{ type: ['Email', 'ana@example.com'] }, { press: 'Send me a link' }, { see: 'Check your email' }],
  },
  {
    name: 'home-forgot-no-mail',
    page: 'index',
    hash: 'forgot',
    replies: { 'GET /settings': ok({ ...SETTINGS, mail: 'none' }) },
    acts: [{ see: 'We cannot send mail' }],
  },
  {
    name: 'home-logged-in',
    page: 'index',
    me: CLIENT,
    kept: { 'soulseer.known': 'logged-in' },
    acts: [{ see: 'Welcome back, ' }],
  },
]

const LINK = { page: 'link', hash: 'token' } as const
const EXPIRED: { refused: Refused } = {
  refused: { status: 400, code: 'bad_token', detail: 'This link has expired or was used before.' },
}
const NEW_PASSWORD = { type: ['New password', 'a long enough one'] } as const

const LINKS: readonly State[] = [
  { ...LINK, name: 'reset', opens: 'reset' },
  { name: 'reset-no-token', page: 'link', opens: 'reset' },
  {
    ...LINK,
    name: 'reset-expired',
    opens: 'reset',
    replies: { 'POST /password/reset': EXPIRED },
    acts: [NEW_PASSWORD, { press: 'Save new password' }, { see: 'This link has expired' }],
  },
  {
    ...LINK,
    name: 'reset-done',
    opens: 'reset',
    acts: [NEW_PASSWORD, { press: 'Save new password' }, { see: 'Your new password is saved' }],
  },
  { ...LINK, name: 'confirm-done', opens: 'confirm', acts: [{ see: 'Your address is confirmed' }] },
  {
    ...LINK,
    name: 'confirm-expired',
    opens: 'confirm',
    replies: { 'POST /email/confirm': EXPIRED },
    acts: [{ see: 'This link no longer works' }],
  },
  {
    ...LINK,
    name: 'confirm-offline',
    opens: 'confirm',
    replies: { 'POST /email/confirm': 'offline' },
    acts: [{ see: 'You are offline' }],
  },
  { ...LINK, name: 'undo', opens: 'undo-email' },
  {
    ...LINK,
    name: 'undo-done',
    opens: 'undo-email',
    acts: [NEW_PASSWORD, { press: 'Undo the change' }, { see: 'The change is undone' }],
  },
  { ...LINK, name: 'unsubscribe', opens: 'unsubscribe' },
  {
    ...LINK,
    name: 'unsubscribed',
    opens: 'unsubscribe',
    acts: [{ press: 'Stop session receipts' }, { see: 'Receipts are off' }],
  },
]

const ELSEWHERE: readonly State[] = [
  { name: 'nowhere', page: '404' },
  { name: 'server-away', page: 'back' },
]

const TEXTS: readonly State[] = [
  { name: 'terms', page: 'terms' },
  { name: 'privacy', page: 'privacy' },
  { name: 'refunds', page: 'refunds' },
  { name: 'help', page: 'help' },
]

export const STRANGER_GROUPS = {
  'The first page': HOME,
  'Links in mails': [...LINKS, ...ELSEWHERE],
  Texts: TEXTS,
}
