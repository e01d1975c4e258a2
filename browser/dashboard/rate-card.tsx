/** Draws the reader's rate, with a form to change it. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { askThousands, parseDollars } from '../../shared/money.ts'
import { formatMinutesFor, formatRate } from '../lib/format.ts'
import { sayFailure } from '../lib/messages.ts'
import { say } from '../ui/announcements.ts'
import { Field } from '../ui/field.tsx'
import { FormActions } from '../ui/form-actions.tsx'
import { useFormFocus, useSending } from '../ui/forms.ts'
import type { ReaderPresence } from './reader-presence.ts'

export function RateCard({ presence }: { presence: ReaderPresence }) {
  const editing = useSignal(false)
  return (
    <section class="rate card" aria-labelledby="rate-title">
      <h2 id="rate-title">Your rate</h2>
      <p class="figure">{formatRate(presence.user.value.rateCents ?? 0)}</p>
      {editing.value ? (
        <RateForm presence={presence} onClose={() => (editing.value = false)} />
      ) : (
        <button type="button" class="button" onClick={() => (editing.value = true)}>
          Change rate
        </button>
      )}
    </section>
  )
}

function RateForm({ presence, onClose }: { presence: ReaderPresence; onClose: () => void }) {
  const draft = useSignal(((presence.user.value.rateCents ?? 0) / 100).toFixed(2))
  const error = useSignal('')
  const form = useRef<HTMLFormElement>(null)
  const { sending, send } = useSending()
  useFormFocus(form)
  const cents = parseDollars(draft.value)
  const save = async (event: Event) => {
    event.preventDefault()
    if (cents === undefined) {
      error.value = askThousands(draft.value) ?? 'Enter your rate in dollars, like 2.50.'
      return
    }
    const answer = await send(() => presence.change({ rateCents: cents }))
    if (!answer) return
    if (!answer.ok) {
      error.value = answer.failure.errors?.[0]?.message ?? sayFailure(answer.failure)
      return
    }
    say(`Your rate is now ${formatRate(cents)}.`)
    onClose()
  }
  return (
    <form ref={form} noValidate onSubmit={save}>
      <Field
        label="Rate per minute ($)"
        name="rate"
        inputMode="decimal"
        value={draft.value}
        onValue={(value) => (draft.value = value)}
        error={error.value || undefined}
        hint="Applies from the next request. A session that was already requested keeps its rate."
      />
      {cents !== undefined && cents > 0 && (
        <p class="hint">
          Clients will see <b>{formatRate(cents)}</b>. $20.00 buys them {formatMinutesFor(2_000, cents)}.
        </p>
      )}
      <FormActions submit="Save rate" sending={sending} close={onClose} />
    </form>
  )
}
