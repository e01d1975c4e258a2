/** Asks for proof that it is still the owner, wherever the server wants it. */
import { signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Api } from '../lib/api.ts'
import type { Answer } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { Alert } from '../ui/alert.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, focusWrongField } from '../ui/field.tsx'
import { FormActions } from '../ui/form-actions.tsx'
import { useSending } from '../ui/forms.ts'
import { Icon } from '../ui/icon.tsx'
import { knowsPasskeys, preparePasskeys, proveByPasskey } from './passkeys.ts'

/** The question that is open, if any: one dialog for all who need the proof. */
const asked = signal<{ answer: Promise<boolean>; close: (isProven: boolean) => void } | undefined>(undefined)
let prompts = 0

/**
 * Resolves with true once proof is given, with false where the user declines or the page has no
 * {@link ProofPrompt}.
 */
export async function askForProof(): Promise<boolean> {
  if (prompts === 0) return false
  if (asked.value) return asked.value.answer
  let settle: (isProven: boolean) => void = () => undefined
  const answer = new Promise<boolean>((resolve) => (settle = resolve))
  const close = (isProven: boolean) => {
    asked.value = undefined
    settle(isProven)
  }
  asked.value = { answer, close }
  return answer
}

/** Draws the dialog while there is a question; part of every page of a logged-in person. */
export function ProofPrompt({ api }: { api: Api }) {
  useEffect(() => {
    prompts += 1
    return () => {
      prompts -= 1
    }
  }, [])
  return asked.value ? <ProofDialog api={api} close={asked.value.close} /> : null
}

function ProofDialog({ api, close }: { api: Api; close: (isProven: boolean) => void }) {
  const hasPasskey = useSignal(false)
  useEffect(() => {
    if (!knowsPasskeys()) return
    preparePasskeys()
    void api.passkeys().then((answer) => {
      hasPasskey.value = answer.ok && answer.value.passkeys.length > 0
    })
  }, [])
  const password = useSignal('')
  const wrong = useSignal<string | undefined>(undefined)
  const failed = useSignal<string | undefined>(undefined)
  const form = useRef<HTMLFormElement>(null)
  const { sending, send } = useSending()

  const take = (answer: Answer<undefined> | undefined) => {
    if (!answer) return
    if (answer.ok) return close(true)
    const { failure } = answer
    wrong.value = failure.errors?.find(({ path }) => path === 'password')?.message
    failed.value = wrong.value ? undefined : sayFailure(failure)
    focusWrongField(form)
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    wrong.value = password.value === '' ? 'Enter your password.' : undefined
    if (wrong.value) focusWrongField(form)
    else take(await send(() => api.prove({ password: password.value })))
  }
  return (
    <Dialog title="Confirm that it is you" onClose={() => close(false)} about="proof-about" className="proof">
      <p id="proof-about">
        We ask before we change who can get into your account. It counts for ten minutes in this browser.
      </p>
      {failed.value && <Alert>{failed.value}</Alert>}
      {hasPasskey.value && (
        <>
          <button
            type="button"
            class="button primary wide"
            aria-disabled={sending}
            onClick={() => void send(() => proveByPasskey(api)).then(take)}
          >
            <Icon name="passkey" />
            Use a passkey
          </button>
          <p class="or">
            <span>or</span>
          </p>
        </>
      )}
      <form ref={form} noValidate onSubmit={submit}>
        <Field
          label="Your password"
          name="proof-password"
          type="password"
          autocomplete="current-password"
          value={password.value}
          onValue={(value) => (password.value = value)}
          error={wrong.value}
        />
        <FormActions submit="Confirm" sending={sending} close={() => close(false)} />
      </form>
    </Dialog>
  )
}
