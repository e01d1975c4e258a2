/** Draws the passkeys of the account: add one, name it, remove it. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { PASSKEYS_MAX } from '../../shared/bounds.ts'
import type { PasskeyView } from '../../shared/protocol/views.ts'
import { formatDay } from '../lib/format.ts'
import type { Failure } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { knowsPasskeys, preparePasskeys } from '../passkeys/passkeys.ts'
import { Alert } from '../ui/alert.tsx'
import { say } from '../ui/announcements.ts'
import { Field, focusWrongField } from '../ui/field.tsx'
import { FormActions } from '../ui/form-actions.tsx'
import { useSending } from '../ui/forms.ts'
import { Loaded } from '../ui/loaded.tsx'
import type { PasskeysStore } from './passkeys-store.ts'

interface PasskeysCardProps {
  store: PasskeysStore
  deviceHere: () => string
}

/** Draws the card. `deviceHere` names the browser of this page, for a first name of a passkey. */
export function PasskeysCard({ store, deviceHere }: PasskeysCardProps) {
  const isAdding = useSignal(false)
  const failure = useSignal<Failure | undefined>(undefined)
  const heading = useRef<HTMLHeadingElement>(null)
  const { sending, send } = useSending()
  useEffect(preparePasskeys, [])
  // The button that was pressed is gone by then.
  const takeFocus = () => setTimeout(() => heading.current?.focus())
  const remove = async ({ id, name }: PasskeyView) => {
    const answer = await send(() => store.remove(id))
    if (!answer) return
    failure.value = answer.ok ? undefined : answer.failure
    if (!answer.ok) return
    say(`Removed ${name}.`)
    takeFocus()
  }
  const close = () => {
    isAdding.value = false
    takeFocus()
  }
  return (
    <section class="card" id="passkeys" aria-labelledby="passkeys-title">
      <h2 id="passkeys-title" ref={heading} tabIndex={-1}>
        Passkeys
      </h2>
      <p>Log in with your fingerprint, your face or your device’s PIN. Your password still works.</p>
      {failure.value && <Alert>{sayFailure(failure.value)}</Alert>}
      <Loaded of={store.passkeys.value} what="Your passkeys" retry={() => void store.load()}>
        {(passkeys) => (
          <>
            {passkeys.length > 0 && (
              <ul class="logins">
                {passkeys.map((passkey) => (
                  <Passkey
                    key={passkey.id}
                    passkey={passkey}
                    sending={sending}
                    remove={() => void remove(passkey)}
                  />
                ))}
              </ul>
            )}
            {isAdding.value ? (
              <AddForm store={store} deviceHere={deviceHere} close={close} />
            ) : (
              <AddButton count={passkeys.length} add={() => (isAdding.value = true)} />
            )}
          </>
        )}
      </Loaded>
    </section>
  )
}

function AddButton({ count, add }: { count: number; add: () => void }) {
  if (!knowsPasskeys()) return <p class="hint">This browser does not support passkeys.</p>
  if (count >= PASSKEYS_MAX) return <p class="hint">You can have up to {PASSKEYS_MAX} passkeys.</p>
  return (
    <button type="button" class="button" onClick={add}>
      Add a passkey
    </button>
  )
}

function AddForm({ store, deviceHere, close }: PasskeysCardProps & { close: () => void }) {
  const name = useSignal(deviceHere())
  const failure = useSignal<Failure | undefined>(undefined)
  const { sending, send } = useSending()
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector('input')?.select(), [])
  const wrong = failure.value?.errors?.find(({ path }) => path === 'name')?.message
  const submit = async (event: Event) => {
    event.preventDefault()
    if (sending) return
    if (name.value.trim() === '') {
      const errors = [{ path: 'name', message: 'Enter a name so you can recognize it.' }]
      failure.value = { code: 'invalid_input', errors }
      return focusWrongField(form)
    }
    const answer = await send(() => store.add(name.value))
    if (!answer) return
    failure.value = answer.ok ? undefined : answer.failure
    if (!answer.ok) return
    say('Passkey added.')
    close()
  }
  return (
    <form ref={form} noValidate onSubmit={submit} aria-label="Add a passkey">
      {failure.value && !wrong && <Alert>{sayFailure(failure.value)}</Alert>}
      <Field
        label="Name of the passkey"
        name="passkey-name"
        autocomplete="off"
        value={name.value}
        onValue={(value) => (name.value = value)}
        error={wrong}
        hint="Only you see it, like “My phone”."
      />
      <FormActions submit="Continue" sending={sending} close={close} />
    </form>
  )
}

interface PasskeyProps {
  passkey: PasskeyView
  sending: boolean
  remove: () => void
}

function Passkey({ passkey, sending, remove }: PasskeyProps) {
  const { name, createdAt, lastUsedAt, backedUp } = passkey
  const used = lastUsedAt === undefined ? 'Not used yet' : `Last used ${formatDay(lastUsedAt)}`
  const parts = [`Added ${formatDay(createdAt)}`, used, backedUp && 'Synced with your other devices']
  return (
    <li>
      <span>
        <b>{name}</b>
        <small>{parts.filter(Boolean).join(' · ')}</small>
      </span>
      <button
        type="button"
        class="button"
        aria-disabled={sending}
        onClick={remove}
        aria-label={`Remove ${name}`}
      >
        Remove
      </button>
    </li>
  )
}
