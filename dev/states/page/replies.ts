/** The server's replies in every state that has no others. */
import type { UserView } from '../../../shared/protocol/views.ts'
import {
  ACCEPTED,
  EARNINGS,
  ENDED,
  LOGINS,
  PASSKEYS,
  PAST,
  PAYMENT,
  PAYMENTS,
  READERS,
  REQUESTED,
  SETTINGS,
} from './people.ts'
import type { Replies, Reply } from './state.ts'

export const ok = (body: unknown = {}): Reply => ({ body })

const OPENED = {
  paymentIntentId: 'pi_1',
  clientSecret: 'pi_1_secret_1',
  status: 'pending',
  balanceCents: 4_250,
}
const STANDIN_PAYMENT = {
  id: 'pi_1',
  status: 'succeeded',
  amount: 2_000,
  payment_method_types: ['card'],
  setup_future_usage: null,
}

/** Returns the replies to a person for whom all is well. */
export function repliesOf(me: UserView): Replies {
  return {
    'GET /me': ok({ user: me }),
    'PATCH /me': ok({ user: me }),
    'GET /settings': ok(SETTINGS),
    'GET /readers': ok({ readers: READERS }),
    'GET /readers/count': ok({ available: 3 }),
    'GET /sessions': ok({ sessions: PAST, nextCursor: 'more' }),
    'GET /session/:id': ok({ session: ENDED, balance: { beforeCents: 7_266, afterCents: 4_250 } }),
    'POST /session/start': ok({ session: REQUESTED }),
    'POST /session/:id/accept': ok({ session: ACCEPTED }),
    'POST /session/:id/decline': ok({ session: REQUESTED }),
    'POST /session/:id/cancel': ok({ session: REQUESTED }),
    'POST /session/:id/end': ok({ session: ENDED }),
    'POST /session/:id/limit': ok({ session: ACCEPTED }),
    'POST /availability': ok({ available: true }),
    'GET /earnings': ok(EARNINGS),
    'GET /limits': ok({ spentTodayCents: 1_840, dailyLimitCents: 5_000 }),
    'POST /limits': ok({ spentTodayCents: 1_840, dailyLimitCents: 5_000 }),
    'GET /check-balance': ok({ balanceCents: me.balanceCents ?? 0 }),
    'GET /cards': ok({ cards: [] }),
    'GET /payments': ok({ payments: PAYMENTS, credits: [] }),
    'GET /payments/:id': ok({ payment: PAYMENT }),
    'POST /add-funds': ok(OPENED),
    'POST /add-funds/confirm': ok({ status: 'succeeded', balanceCents: 6_250 }),
    'GET /stripe-standin/v1/payment_intents/:id': ok(STANDIN_PAYMENT),
    'POST /stripe-standin/v1/payment_intents/:id/confirm': ok(STANDIN_PAYMENT),
    'POST /auto-top-up/off': ok({ payments: PAYMENTS }),
    'GET /logins': ok({ logins: LOGINS }),
    'GET /passkeys': ok({ passkeys: PASSKEYS }),
    'POST /passkeys/begin': ok(),
    'POST /login/passkey/begin': ok(),
    'POST /prove': ok(),
    'POST /password/forgot': ok(),
    'POST /password/reset': ok(),
    'POST /email/confirm': ok({ user: me }),
    'POST /email/confirm/send': ok(),
    'POST /email/undo': ok(),
    'POST /mail/unsubscribe': ok(),
    'POST /logout': ok(),
  }
}

/** The bank declines the card that was typed in. */
export const DECLINED: Replies = {
  'POST /stripe-standin/v1/payment_intents/:id/confirm': {
    refused: {
      status: 402,
      error: {
        type: 'card_error',
        code: 'card_declined',
        decline_code: 'insufficient_funds',
        message: 'Your card has insufficient funds.',
        payment_intent: { id: 'pi_1', status: 'requires_payment_method' },
      },
    },
  },
}
