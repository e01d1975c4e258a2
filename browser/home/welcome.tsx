/** Greets a person who is already logged in, with the ways on. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Api } from '../lib/api.ts'
import type { Failure } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { Alert } from '../ui/alert.tsx'
import { say } from '../ui/announcements.ts'
import { useSending } from '../ui/forms.ts'

interface WelcomeProps {
  api: Pick<Api, 'me' | 'logout'>
  /** The page of the site that was wanted; without one it is the dashboard. */
  next: string | undefined
  /** Runs when the person has logged out, here or by now elsewhere. */
  onLoggedOut: () => void
}

export function Welcome({ api, next, onLoggedOut }: WelcomeProps) {
  const name = useSignal('')
  const failure = useSignal<Failure | undefined>(undefined)
  useEffect(() => {
    void api.me().then((me) => {
      if (me.ok) name.value = me.value.user.name
      else if (me.failure.code === 'not_logged_in') onLoggedOut()
    })
  }, [])
  const { sending, send } = useSending()
  const logOut = async () => {
    const answer = await send(api.logout)
    if (!answer) return
    if (!answer.ok && answer.failure.code !== 'not_logged_in') {
      failure.value = answer.failure
      return
    }
    onLoggedOut()
    say('You are logged out.')
  }
  return (
    <div class="welcome">
      <h2>
        Welcome back
        {name.value && (
          <>
            , <bdi>{name.value}</bdi>
          </>
        )}
      </h2>
      {failure.value && (
        <Alert>
          <p>{sayFailure(failure.value)}</p>
        </Alert>
      )}
      <a class="button primary wide" href={next ?? '/dashboard'}>
        {next === undefined ? 'Go to your dashboard' : 'Continue'}
      </a>
      <button type="button" class="button wide" aria-disabled={sending} onClick={() => void logOut()}>
        Log out
      </button>
    </div>
  )
}
