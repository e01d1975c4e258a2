/** Draws the page of a link that switches receipts of sessions off, without a log-in. */
import { useSignal } from '@preact/signals'
import type { Api } from '../lib/api.ts'
import type { Answer } from '../lib/http.ts'
import { useSending } from '../ui/forms.ts'
import { Failed, Gone, type LinkPageParts, NoToken, State } from './link-page.tsx'

/** Asks once more: mail programs open links to look at them. */
export function UnsubscribePage({ api, token }: LinkPageParts<Pick<Api, 'unsubscribe'>>) {
  const answer = useSignal<Answer<undefined> | undefined>(undefined)
  const { sending, send: sendOnce } = useSending()
  if (token === undefined) return <NoToken />
  if (answer.value?.ok) {
    return (
      <State title="Receipts are off">
        <p>We no longer email session receipts. All of them stay in your history.</p>
        <p>You can turn them on again on your account page.</p>
        <p class="row">
          <a class="button" href="/account">
            Go to your account
          </a>
        </p>
      </State>
    )
  }
  const failure = answer.value?.failure
  if (failure?.code === 'bad_token') return <Gone failure={failure} next={<ToAccount />} />
  const send = async () => {
    answer.value = (await sendOnce(() => api.unsubscribe(token))) ?? answer.value
  }
  return (
    <State title="Stop session receipts?">
      <p>We email you a receipt after each session. You will still get receipts for payments.</p>
      {failure && <Failed failure={failure} />}
      <p class="row">
        <button type="button" class="button primary" aria-disabled={sending} onClick={() => void send()}>
          Stop session receipts
        </button>
      </p>
    </State>
  )
}

function ToAccount() {
  return (
    <p>
      You can switch receipts off on your <a href="/account">account page</a> too.
    </p>
  )
}
