/** Draws the forms for name and password. */
import { useSignal } from '@preact/signals'
import type { Answer } from '../lib/http.ts'
import { Field } from '../ui/field.tsx'
import { FormCard } from '../ui/form-card.tsx'
import { ProofField } from './proof-field.tsx'
import type { AccountStore } from './store.ts'

/** Draws the form for the name that others see. */
export function NameCard({ store }: { store: AccountStore }) {
  const name = useSignal(store.user.value.name)
  return (
    <FormCard title="Name" action="Save name" done="Saved." send={() => store.rename(name.value)}>
      {(wrong) => (
        <Field
          label="Display name"
          name="name"
          autocomplete="nickname"
          value={name.value}
          onValue={(value) => (name.value = value)}
          error={wrong('name')}
          hint="Others see it from your next session on."
        />
      )}
    </FormCard>
  )
}

export function PasswordCard({ store }: { store: AccountStore }) {
  const current = useSignal('')
  const next = useSignal('')
  const send = async (): Promise<Answer<unknown>> => {
    if (current.value === '' && !store.passkeys.hasAny())
      return missing('password', 'Enter your current password.')
    if (next.value === '') return missing('newPassword', 'Enter a new password.')
    const answer = await store.changePassword(current.value, next.value)
    if (answer.ok) {
      current.value = ''
      next.value = ''
    }
    return answer
  }
  return (
    <FormCard
      title="Password"
      action="Change password"
      done="Changed. You were logged out everywhere else."
      send={send}
    >
      {(wrong) => (
        <>
          <ProofField
            store={store}
            label="Current password"
            name="current"
            password={current}
            error={wrong('password')}
          />
          <Field
            label="New password"
            name="next"
            type="password"
            autocomplete="new-password"
            value={next.value}
            onValue={(value) => (next.value = value)}
            error={wrong('newPassword')}
            hint="At least 8 characters."
          />
        </>
      )}
    </FormCard>
  )
}

/** Returns a failure at one field, for what is known without asking the server. */
export function missing(path: string, message: string): Answer<never> {
  return { ok: false, failure: { code: 'invalid_input', errors: [{ path, message }] } }
}
