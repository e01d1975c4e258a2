/** Draws the password that a change asks for; a passkey does as well. */
import type { Signal } from '@preact/signals'
import { Field } from '../ui/field.tsx'
import type { AccountStore } from './store.ts'

interface ProofFieldProps {
  store: AccountStore
  label: string
  name: string
  password: Signal<string>
  error: string | undefined
}

export function ProofField({ store, label, name, password, error }: ProofFieldProps) {
  return (
    <Field
      label={label}
      name={name}
      type="password"
      autocomplete="current-password"
      value={password.value}
      onValue={(value) => {
        password.value = value
      }}
      error={error}
      {...(store.passkeys.hasAny() ? { hint: 'Leave it empty to use a passkey.' } : {})}
    />
  )
}
