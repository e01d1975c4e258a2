/** Merges a client's sessions and payments into one list, as far as both have been loaded. */
import type { SessionView } from '../../shared/protocol/session.ts'
import type { CreditView, PaymentsView, PaymentView, SessionList } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'
import type { Answer } from '../lib/http.ts'
import type { PaymentsServer } from '../payments/server.ts'
import { hadTalk } from './had-talk.ts'

/** Holds what has been loaded so far: the newest of each kind, and how to continue. */
export interface Past {
  readonly sessions: SessionList
  readonly payments: Pick<PaymentsView, 'payments' | 'nextCursor' | 'credits'>
}

export type PastLine =
  | { readonly what: 'session'; readonly at: number; readonly session: SessionView }
  | { readonly what: 'payment'; readonly at: number; readonly payment: PaymentView }
  | { readonly what: 'credit'; readonly at: number; readonly credit: CreditView }

/**
 * Returns the lines that can be shown, newest first. Lines older than the end of an unfinished list
 * wait, because something not loaded yet may belong before them.
 */
export function pastLines(past: Past): PastLine[] {
  const { sessions, payments } = past
  const lines: PastLine[] = [
    ...sessions.sessions
      .filter(hadTalk)
      .map((session) => ({ what: 'session', at: atOf(session), session }) as const),
    ...payments.payments.map((payment) => ({ what: 'payment', at: payment.createdAt, payment }) as const),
    ...(payments.credits ?? []).map((credit) => ({ what: 'credit', at: credit.at, credit }) as const),
  ]
  const from = Math.max(...Object.values(reachOf(past)))
  return lines.filter(({ at }) => at >= from).sort((one, other) => other.at - one.at)
}

/** Says whether there is more than {@link pastLines} shows. */
export const goesOn = ({ sessions, payments }: Past): boolean =>
  sessions.nextCursor !== undefined || payments.nextCursor !== undefined

/**
 * Loads more of the list that reaches back less far; a page that fails to load leaves the past as
 * it was.
 */
export async function readOn(
  past: Past,
  ask: { sessions: Api['sessions']; payments: PaymentsServer['payments'] },
): Promise<Answer<Past>> {
  const reach = reachOf(past)
  if (reach.sessions >= reach.payments) {
    const answer = await ask.sessions(past.sessions.nextCursor)
    if (!answer.ok) return answer
    const { sessions, ...rest } = answer.value
    return {
      ok: true,
      value: { ...past, sessions: { ...rest, sessions: [...past.sessions.sessions, ...sessions] } },
    }
  }
  const answer = await ask.payments(past.payments.nextCursor)
  if (!answer.ok) return answer
  const { payments, nextCursor, credits } = answer.value
  const all = [...past.payments.payments, ...payments]
  return {
    ok: true,
    value: {
      ...past,
      payments: { payments: all, ...(nextCursor ? { nextCursor } : {}), ...(credits ? { credits } : {}) },
    },
  }
}

/**
 * Returns how far back each list has been loaded, as an instant: to the beginning where there is no
 * more.
 */
function reachOf({ sessions, payments }: Past): { sessions: number; payments: number } {
  const last = sessions.sessions.at(-1)
  return {
    sessions: sessions.nextCursor && last ? atOf(last) : Number.NEGATIVE_INFINITY,
    payments: payments.nextCursor
      ? (payments.payments.at(-1)?.createdAt ?? Number.NEGATIVE_INFINITY)
      : Number.NEGATIVE_INFINITY,
  }
}

/** An open session counts as the newest. */
const atOf = ({ endedAt }: SessionView): number => endedAt ?? Number.POSITIVE_INFINITY
