/** Requests a session with a reader, also where the response is lost on its way. */
import type { SessionView } from '../../shared/protocol/session.ts'
import type { Api, SessionWish } from './api.ts'
import type { Answer, Failure } from './http.ts'

/** The failures after which the session may ring all the same: an earlier response was lost. */
const LEAVES_OPEN: readonly Failure['code'][] = ['offline', 'internal', 'already_in_session']

/** Requests the session. Where it may ring in spite of a failure, asks the server if it does. */
export async function requestSession(
  api: Pick<Api, 'start' | 'me'>,
  wish: SessionWish,
): Promise<Answer<{ session: SessionView }>> {
  const answer = await api.start(wish)
  if (answer.ok || !LEAVES_OPEN.includes(answer.failure.code)) return answer
  const me = await api.me()
  const open = me.ok ? me.value.openSession : undefined
  const isWanted = open?.readerId === wish.readerId && open.kind === wish.kind
  return isWanted ? { ok: true, value: { session: open } } : answer
}
