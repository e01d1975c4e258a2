/** Draws the window in which an account is deleted: what is lost, what is kept, and a typed word. */
import { type Signal, useSignal } from '@preact/signals'
import { useId, useRef } from 'preact/hooks'
import { formatCents } from '../../shared/money.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Failure } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { Alert, Said } from '../ui/alert.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { CheckBox, Field, focusWrongField } from '../ui/field.tsx'
import { ProofField } from './proof-field.tsx'
import type { AccountStore } from './store.ts'

const WORD = 'delete'

interface DeleteWindowProps {
  store: AccountStore
  supportEmail: string
  close: () => void
}

/** Draws the window. A password manager may fill the password, but never the word. */
export function DeleteWindow({ store, supportEmail, close }: DeleteWindowProps) {
  const about = useId()
  const form = useRef<HTMLFormElement>(null)
  const draft = { password: useSignal(''), word: useSignal(''), givesUp: useSignal(false) }
  const failure = useSignal<Failure | undefined>(undefined)
  const sending = useSignal(false)
  /** Closes the window, unless the deletion is on its way: that cannot be called back. */
  const cancel = () => {
    if (!sending.value) close()
  }
  const { role } = store.user.value
  const leftCents = store.leftCents.value ?? 0
  const wrong = (path: string) => failure.value?.errors?.find((error) => error.path === path)?.message

  const submit = async (event: Event) => {
    event.preventDefault()
    if (sending.value) return
    const errors = missingIn(store, draft)
    failure.value = errors.length > 0 ? { code: 'invalid_input', errors } : undefined
    if (!failure.value) {
      sending.value = true
      const answer = await store.deleteAccount(draft.password.value, leftCents > 0)
      sending.value = false
      if (answer.ok) return
      failure.value = answer.failure
      await store.refresh()
    }
    focusWrongField(form)
  }
  return (
    <Dialog title="Delete your account?" onClose={cancel} about={about} className="deletion">
      <WhatIsKept id={about} role={role} />
      <form ref={form} noValidate onSubmit={submit}>
        {failure.value && (
          <Alert>
            <p>
              <Said words={sayFailure(failure.value)} />
            </p>
          </Alert>
        )}
        <WhatIsLost {...{ role, leftCents, supportEmail }} />
        {role === 'client' && leftCents > 0 && (
          <CheckBox
            name="gives-up"
            checked={draft.givesUp.value}
            onChange={(checked) => {
              draft.givesUp.value = checked
            }}
            error={wrong('giveUpCents')}
          >
            I understand that I lose my remaining {formatCents(leftCents)}.
          </CheckBox>
        )}
        <ProofField
          store={store}
          label="Your password"
          name="delete-password"
          password={draft.password}
          error={wrong('password')}
        />
        <Field
          label={sayConfirm(role, leftCents)}
          name="delete-word"
          autocomplete="off"
          byHand
          value={draft.word.value}
          onValue={(value) => {
            draft.word.value = value
          }}
          error={wrong('word')}
        />
        <div class="apart">
          <button type="button" class="button" aria-disabled={sending.value} onClick={cancel}>
            Cancel
          </button>
          <button type="submit" class="button danger" aria-disabled={sending.value}>
            Delete my account
          </button>
        </div>
      </form>
    </Dialog>
  )
}

interface Draft {
  password: Signal<string>
  word: Signal<string>
  givesUp: Signal<boolean>
}

/** Returns what is still to be filled in, in the order of the form. */
function missingIn({ leftCents, passkeys, user }: AccountStore, { password, word, givesUp }: Draft) {
  const asks = user.value.role === 'client' && (leftCents.value ?? 0) > 0
  return [
    ...(asks && !givesUp.value
      ? [{ path: 'giveUpCents', message: 'Tick the box, or have your balance refunded first.' }]
      : []),
    ...(password.value === '' && !passkeys.hasAny()
      ? [{ path: 'password', message: 'Enter your password.' }]
      : []),
    ...(word.value.trim().toLowerCase() === WORD
      ? []
      : [{ path: 'word', message: `Type the word “${WORD}”.` }]),
  ]
}

function sayConfirm(role: Role, leftCents: number): string {
  return role === 'reader' && leftCents > 0
    ? `To give up ${formatCents(leftCents)}, type “${WORD}”`
    : `Type “${WORD}” to confirm`
}

function WhatIsKept({ id, role }: { id: string; role: Role }) {
  return (
    <>
      <p id={id}>
        We delete your name, email and password at once and log you out everywhere.
        {role === 'client' && ' Your saved cards are deleted at Stripe.'} This cannot be undone.
      </p>
      <p>
        We keep what our books need: the amounts of your sessions and payments
        {role === 'client' && ', with the last four digits of the cards that paid'}, without your name. The
        receipts of the people you talked with say “Deleted account” instead. What our journal says about you
        becomes unreadable, and backups are gone within 30 days. Entries from before December 2026 stay until
        our books no longer need them.
      </p>
    </>
  )
}

interface WhatIsLostProps {
  role: Role
  leftCents: number
  supportEmail: string
}

/** Says what money is left, and how to get it instead of losing it. */
function WhatIsLost({ role, leftCents, supportEmail }: WhatIsLostProps) {
  if (leftCents === 0) return null
  const support = <a href={`mailto:${supportEmail}`}>{supportEmail}</a>
  return role === 'reader' ? (
    <p class="notice">
      <span>
        You have earned <b>{formatCents(leftCents)}</b> that has not been paid out. To be paid, write to{' '}
        {support} before you delete your account.
      </span>
    </p>
  ) : (
    <p class="notice">
      <span>
        Your balance is <b>{formatCents(leftCents)}</b>. To have it refunded to your card, write to {support}{' '}
        before you delete your account.
      </span>
    </p>
  )
}
