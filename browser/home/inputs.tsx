/** Draws the fields of the two forms. */
import type { Signal } from '@preact/signals'
import { AcceptTerms } from '../ui/accept-terms.tsx'
import { Field } from '../ui/field.tsx'
import type { EntryDraft, EntryMode, FieldError } from './check.ts'

interface InputsProps {
  draft: Signal<EntryDraft>
  mode: EntryMode
  errors: readonly FieldError[]
}

export function EntryInputs({ draft, mode, errors }: InputsProps) {
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
      <Field
        label="Email"
        type="email"
        inputMode="email"
        // Browsers that can offer passkeys at this field.
        autocomplete={creating ? 'email' : 'username webauthn'}
        {...bind('email')}
      />
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
          hint="You can change it later, but not during a session."
          {...bind('rate', 'rateCents')}
        />
      )}
      {creating && (
        <AcceptTerms
          accepted={draft.value.acceptTerms}
          onChange={(acceptTerms) => {
            draft.value = { ...draft.value, acceptTerms }
          }}
          error={errors.find(({ path }) => path === 'acceptTerms')?.message}
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
