/** Draws a card in which one thing about the account can be changed. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'
import type { FieldError } from '../home/check.ts'
import type { Answer } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { Alert } from './alert.tsx'
import { say } from './announcements.ts'
import { focusWrongField } from './field.tsx'
import { useSending } from './forms.ts'

interface FormCardProps {
  title: string
  action: string
  /** The text that is shown and spoken on success. */
  done: string
  send: () => Promise<Answer<unknown>>
  /** Draws the fields; `wrong` returns the error of the field at a path. */
  children: (wrong: (path: string) => string | undefined) => ComponentChildren
}

/** Draws the card, with its own button and its own result. */
export function FormCard({ title, action, done, send, children }: FormCardProps) {
  const id = useId()
  const errors = useSignal<readonly FieldError[]>([])
  const outcome = useSignal<{ ok: boolean; words: string } | undefined>(undefined)
  const form = useRef<HTMLFormElement>(null)
  const { sending, send: sendOnce } = useSending()
  const submit = async (event: Event) => {
    event.preventDefault()
    const answer = await sendOnce(send)
    if (!answer) return
    errors.value = answer.ok ? [] : (answer.failure.errors ?? [])
    outcome.value = answer.ok ? { ok: true, words: done } : { ok: false, words: sayFailure(answer.failure) }
    if (answer.ok) return say(done)
    focusWrongField(form)
  }
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <form ref={form} noValidate onSubmit={submit}>
        {outcome.value && !outcome.value.ok && <Alert>{outcome.value.words}</Alert>}
        {children((path) => errors.value.find((error) => error.path === path)?.message)}
        <div class="row">
          <button type="submit" class="button primary" aria-disabled={sending}>
            {action}
          </button>
          {outcome.value?.ok && <p class="done">{outcome.value.words}</p>}
        </div>
      </form>
    </section>
  )
}
