/** Draws a form for one limit: an amount, or nothing for no limit. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { askThousands, formatCents, parseDollars } from '../../shared/money.ts'
import type { Answer } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { say } from '../ui/announcements.ts'
import { Field } from '../ui/field.tsx'
import { FormActions } from '../ui/form-actions.tsx'
import { useFormFocus, useSending } from '../ui/forms.ts'

interface LimitFormProps {
  label: string
  hint: string
  /** The current limit; undefined for none. */
  cents: number | undefined
  save: (cents: number | undefined) => Promise<Answer<unknown>>
  close: () => void
}

export function LimitForm({ label, hint, cents, save, close }: LimitFormProps) {
  const draft = useSignal(cents === undefined ? '' : (cents / 100).toFixed(2))
  const error = useSignal('')
  const form = useRef<HTMLFormElement>(null)
  const { sending, send } = useSending()
  useFormFocus(form)
  const submit = async (event: Event) => {
    event.preventDefault()
    const wanted = draft.value.trim() === '' ? undefined : parseDollars(draft.value)
    if (draft.value.trim() !== '' && !wanted) {
      error.value =
        askThousands(draft.value) ?? 'Enter an amount in dollars, like 30, or nothing for no limit.'
      return
    }
    const answer = await send(() => save(wanted))
    if (!answer) return
    if (!answer.ok) {
      error.value = answer.failure.errors?.[0]?.message ?? sayFailure(answer.failure)
      return
    }
    say(wanted === undefined ? 'No limit.' : `Limit ${formatCents(wanted)}.`)
    close()
  }
  return (
    <form ref={form} class="limit-form" noValidate onSubmit={submit}>
      <Field
        label={label}
        name="limit"
        inputMode="decimal"
        autocomplete="off"
        value={draft.value}
        onValue={(value) => (draft.value = value)}
        error={error.value || undefined}
        hint={hint}
      />
      <FormActions submit="Save limit" sending={sending} close={close} />
    </form>
  )
}
