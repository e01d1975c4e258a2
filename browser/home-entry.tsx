import { type Signal, useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Answer, Api, Entered, Failure } from './api.ts'
import { checkEntry, type EntryDraft, emptyDraft, registration } from './home-check.ts'
import { Alert } from './parts/alert.tsx'
import { Field } from './parts/field.tsx'
import { sayFailure } from './words.ts'

export type EntryMode = 'log-in' | 'create'

interface EntryProps {
  api: Api
  mode: Signal<EntryMode>
  onEntered: (redirect: string) => void
}

const TITLES: Record<EntryMode, string> = { 'log-in': 'Log in', create: 'Create account' }

/** The two forms share what is typed: changing one's mind costs no typing. */
export function EntryForm({ api, mode, onEntered }: EntryProps) {
  const draft = useSignal<EntryDraft>(emptyDraft)
  const failure = useSignal<Failure | undefined>(undefined)
  const sending = useSignal(false)
  const form = useRef<HTMLFormElement>(null)

  const show = (failed: Failure | undefined) => {
    failure.value = failed
    // After the errors are drawn: the first marked field, so that typing can begin at once.
    if (failed) setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus())
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    if (sending.value) return
    const errors = checkEntry(draft.value, mode.value)
    if (errors.length > 0) return show({ code: 'invalid_input', errors })
    sending.value = true
    const answer = await send(api, mode.value, draft.value)
    sending.value = false
    show(answer.ok ? undefined : answer.failure)
    if (answer.ok) onEntered(answer.value.redirect)
  }
  const turnTo = (next: EntryMode) => {
    if (mode.value !== next) show(undefined)
    mode.value = next
  }

  return (
    <>
      <Tabs mode={mode} turnTo={turnTo} />
      <div id="entry-panel" role="tabpanel" aria-labelledby={`tab-${mode.value}`}>
        <form ref={form} noValidate onSubmit={submit}>
          {failure.value && <Failed failure={failure.value} />}
          <Inputs draft={draft} mode={mode.value} errors={failure.value?.errors ?? []} />
          <button type="submit" class="button primary wide" aria-disabled={sending.value}>
            {TITLES[mode.value]}
          </button>
        </form>
      </div>
      <Instead mode={mode.value} turnTo={turnTo} />
    </>
  )
}

function send(api: Api, mode: EntryMode, draft: EntryDraft): Promise<Answer<Entered>> {
  return mode === 'create'
    ? api.register(registration(draft))
    : api.login({ email: draft.email, password: draft.password })
}

function Tabs({ mode, turnTo }: { mode: Signal<EntryMode>; turnTo: (next: EntryMode) => void }) {
  const turnByKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
    turnTo(mode.value === 'create' ? 'log-in' : 'create')
    setTimeout(() => document.getElementById(`tab-${mode.value}`)?.focus())
  }
  return (
    <div class="tabs" role="tablist" aria-label="Log in or create an account" onKeyDown={turnByKey}>
      {(['create', 'log-in'] as const).map((each) => (
        <button
          key={each}
          id={`tab-${each}`}
          type="button"
          role="tab"
          aria-selected={mode.value === each}
          aria-controls="entry-panel"
          tabIndex={mode.value === each ? 0 : -1}
          onClick={() => turnTo(each)}
        >
          {TITLES[each]}
        </button>
      ))}
    </div>
  )
}

/** The way to the other form for those who have reached the end of this one. */
function Instead({ mode, turnTo }: { mode: EntryMode; turnTo: (next: EntryMode) => void }) {
  const other = mode === 'create' ? 'log-in' : 'create'
  return (
    <p class="instead">
      {mode === 'create' ? 'Been here before?' : 'New here?'}{' '}
      <button type="button" class="link" onClick={() => turnTo(other)}>
        {TITLES[other]}
      </button>
    </p>
  )
}

interface InputsProps {
  draft: Signal<EntryDraft>
  mode: EntryMode
  errors: { path: string; message: string }[]
}

function Inputs({ draft, mode, errors }: InputsProps) {
  const bind = (name: 'name' | 'email' | 'password' | 'rate', path: string = name) => ({
    name,
    value: draft.value[name],
    onValue: (value: string) => {
      draft.value = { ...draft.value, [name]: value }
    },
    error: errors.find((error) => error.path === path)?.message,
  })
  const creating = mode === 'create'
  return (
    <>
      {creating && <RoleChoice draft={draft} />}
      {creating && (
        <Field label="Display name" hint="What others see." autocomplete="nickname" {...bind('name')} />
      )}
      <Field label="Email" type="email" inputMode="email" autocomplete="email" {...bind('email')} />
      <Field
        label="Password"
        type="password"
        autocomplete={creating ? 'new-password' : 'current-password'}
        {...(creating ? { hint: 'At least 8 characters.' } : {})}
        {...bind('password')}
      />
      {creating && draft.value.role === 'reader' && (
        <Field
          label="Rate per minute ($)"
          inputMode="decimal"
          hint="You set it and can change it later, never during a session."
          {...bind('rate', 'rateCents')}
        />
      )}
    </>
  )
}

function RoleChoice({ draft }: { draft: Signal<EntryDraft> }) {
  const choice = (role: EntryDraft['role'], label: string) => (
    <label class="choice">
      <input
        type="radio"
        name="role"
        value={role}
        checked={draft.value.role === role}
        onChange={() => {
          draft.value = { ...draft.value, role }
        }}
      />
      {label}
    </label>
  )
  return (
    <fieldset class="choices">
      <legend class="unseen">What brings you here</legend>
      {choice('client', 'I want a reading')}
      {choice('reader', 'I give readings')}
    </fieldset>
  )
}

function Failed({ failure }: { failure: Failure }) {
  const errors = failure.errors ?? []
  return (
    <Alert>
      <p>{sayFailure(failure)}</p>
      {errors.length > 0 && (
        <ul>
          {errors.map(({ path, message }) => (
            <li key={path}>{message}</li>
          ))}
        </ul>
      )}
    </Alert>
  )
}
