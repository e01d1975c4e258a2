/** Calls again from the page of a session that is over. */
import { useSignal } from '@preact/signals'
import type { Failure } from '../../lib/http.ts'
import type { SessionStore } from '../store.ts'

/**
 * Returns what a button needs to call a reader, by default the one of this session, and whether
 * money is wanted first.
 */
export function useRingAgain(store: SessionStore) {
  const paying = useSignal(false)
  const sending = useSignal(false)
  const failure = useSignal<Failure | undefined>(undefined)
  const ring = async (readerId = store.session.value.readerId) => {
    if (sending.value) return
    sending.value = true
    const answer = await store.ringAgain(readerId)
    if (answer.ok) return location.assign(`/session/${answer.value.session.id}`)
    sending.value = false
    const isOwn = readerId === store.session.value.readerId
    paying.value = isOwn && answer.failure.code === 'insufficient_funds'
    failure.value = paying.value ? undefined : answer.failure
  }
  return { paying, sending, failure, ring }
}
