/** Draws the button that mails the link to confirm an address again. */
import { useSignal } from '@preact/signals'
import type { Api } from '../lib/api.ts'
import { sayFailure } from '../lib/messages.ts'
import { say } from './announcements.ts'

const SENT = 'Sent. Check your spam folder, too.'

export function SendAgain({ api }: { api: Pick<Api, 'sendConfirmation'> }) {
  const words = useSignal('')
  const sending = useSignal(false)
  const send = async () => {
    if (sending.value) return
    sending.value = true
    const answer = await api.sendConfirmation()
    sending.value = false
    words.value = answer.ok ? SENT : sayFailure(answer.failure)
    say(words.value)
  }
  return (
    <>
      <button type="button" class="button" aria-disabled={sending.value} onClick={() => void send()}>
        Send again
      </button>
      {words.value && <span class="sent">{words.value}</span>}
    </>
  )
}
