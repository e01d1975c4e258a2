/** Asks a user whose terms have changed to accept them, on the first visit since. */
import { useSignal } from '@preact/signals'
import { useId, useRef } from 'preact/hooks'
import { ACCEPT_TERMS } from '../../shared/messages.ts'
import type { Api } from '../lib/api.ts'
import { sayFailure } from '../lib/messages.ts'
import { AcceptTerms } from './accept-terms.tsx'
import { Alert } from './alert.tsx'
import { Dialog } from './dialog.tsx'
import { focusWrongField } from './field.tsx'

interface TermsDialogProps {
  api: Pick<Api, 'agree'>
  version: string
  onAgreed: () => void
  logOut: () => Promise<void>
}

/**
 * Draws the question. A user who does not accept can log out, or go to the account page, where
 * nothing is asked, to take their data away or to close the account.
 */
export function TermsDialog({ api, version, onAgreed, logOut }: TermsDialogProps) {
  const accepted = useSignal(false)
  const sending = useSignal(false)
  const wrong = useSignal<string | undefined>(undefined)
  const failed = useSignal('')
  const about = useId()
  const form = useRef<HTMLFormElement>(null)

  const submit = async (event: Event) => {
    event.preventDefault()
    if (sending.value) return
    wrong.value = accepted.value ? undefined : ACCEPT_TERMS
    if (!accepted.value) return focusWrongField(form)
    sending.value = true
    const answer = await api.agree(version)
    sending.value = false
    if (answer.ok) onAgreed()
    else failed.value = sayFailure(answer.failure)
  }

  return (
    <Dialog title="Our terms have changed" className="terms" about={about}>
      <p id={about}>
        Please read the terms and the privacy policy. You need to accept them before you go on. Your balance
        and your history stay as they are.
      </p>
      <form ref={form} noValidate onSubmit={submit}>
        {failed.value && (
          <Alert>
            <p>{failed.value}</p>
          </Alert>
        )}
        <AcceptTerms
          accepted={accepted.value}
          onChange={(value) => {
            accepted.value = value
            wrong.value = undefined
          }}
          error={wrong.value}
        />
        <div class="row">
          <button type="submit" class="button primary" aria-disabled={sending.value}>
            Continue
          </button>
          <button type="button" class="button quiet" onClick={() => void logOut()}>
            Log out
          </button>
          <a class="button quiet" href="/account">
            Your account
          </a>
        </div>
      </form>
    </Dialog>
  )
}
