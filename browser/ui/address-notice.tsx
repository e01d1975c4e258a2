/** Draws what is to be done about the address of a person's mails. */
import { type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { UserView } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'
import { SendAgain } from './send-again.tsx'

/**
 * Draws a quiet line while the address is not confirmed, or is refused. It goes once the person has
 * followed the link in another tab and comes back.
 */
export function AddressNotice({ api, me }: { api: Api; me: UserView }) {
  const user = useSignal(me)
  useRefresh(api, user)
  const { email, emailConfirmed, emailRefused } = user.value
  if (emailRefused) {
    return (
      <div class="notice">
        <p>
          Our emails to <b>{email}</b> bounce.
        </p>
        <a class="button" href="/account#email">
          Enter another address
        </a>
      </div>
    )
  }
  if (emailConfirmed) return null
  return (
    <div class="notice">
      <p>
        Your address <b>{email}</b> is not confirmed yet. Open the link we emailed you.{' '}
        <a href="/account#email">Wrong address?</a>
      </p>
      <p class="row">
        <SendAgain api={api} />
      </p>
    </div>
  )
}

function useRefresh(api: Api, user: Signal<UserView>): void {
  useEffect(() => {
    const look = async () => {
      if (document.hidden || user.value.emailConfirmed) return
      const answer = await api.me()
      if (answer.ok) user.value = answer.value.user
    }
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
}
