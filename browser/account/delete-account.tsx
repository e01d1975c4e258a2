/** Draws the download of one's own data, and the deletion of the account. */
import { type Signal, useSignal } from '@preact/signals'
import { formatCents } from '../../shared/money.ts'
import type { Role } from '../../shared/protocol/views.ts'
import { Field } from '../ui/field.tsx'
import { FormCard } from '../ui/form-card.tsx'
import { Icon } from '../ui/icon.tsx'
import { missing } from './person.tsx'
import { ProofField } from './proof-field.tsx'
import type { AccountStore } from './store.ts'

/** Draws the download of what is kept about the person. */
export function ExportCard() {
  return (
    <section class="card" aria-labelledby="export-title">
      <h2 id="export-title">Your data</h2>
      <p>
        Your account and every session, as we store them. We never record or store what is said or written in
        a session.
      </p>
      <div class="row">
        <a class="button" href="/export" download>
          <Icon name="download" />
          Export my data (JSON)
        </a>
        <a class="button" href="/sessions.csv" download>
          <Icon name="download" />
          Sessions (CSV)
        </a>
      </div>
    </section>
  )
}

/** A reader types this to give up unpaid earnings. */
const GIVE_UP = 'give up'

/**
 * Draws the deletion. It asks for the password, and for consent to each thing that would be lost.
 */
export function DeleteCard({ store, supportEmail }: { store: AccountStore; supportEmail: string }) {
  const password = useSignal('')
  const giveUp = useSignal(false)
  const { role } = store.user.value
  const leftCents = store.leftCents.value ?? 0
  const send = async () => {
    if (password.value === '' && !store.passkeys.hasAny()) return missing('password', 'Enter your password.')
    const answer = await store.deleteAccount(password.value, giveUp.value)
    if (!answer.ok) await store.refresh()
    return answer
  }
  return (
    <FormCard title="Delete my account" action="Delete my account" done="Deleted." send={send} tone="danger">
      {(wrong) => (
        <>
          <WhatIsKept role={role} />
          {leftCents > 0 &&
            (role === 'reader' ? (
              <GiveUpEarnings {...{ leftCents, supportEmail, giveUp }} error={wrong('giveUpCents')} />
            ) : (
              <GiveUpBalance {...{ leftCents, supportEmail, giveUp }} error={wrong('giveUpCents')} />
            ))}
          <ProofField
            store={store}
            label="Your password"
            name="delete-password"
            password={password}
            error={wrong('password')}
          />
        </>
      )}
    </FormCard>
  )
}

function WhatIsKept({ role }: { role: Role }) {
  return (
    <>
      <p>
        Your name, email and password are removed from your account at once, and you are logged out
        everywhere.
        {role === 'client' && ' Your saved cards are deleted at Stripe.'} This cannot be undone.
      </p>
      <p>
        We keep what our books need: the amounts of your sessions and payments
        {role === 'client' && ', with the last four digits of the cards that paid'}, without your name. The
        receipts of the people you talked with say “Deleted account” in its place. What the journal of every
        balance says about you can be read no more, and backups go within 30 days. Entries from before
        December 2026 are kept until our books no longer need them.
      </p>
    </>
  )
}

interface GiveUpProps {
  leftCents: number
  supportEmail: string
  giveUp: Signal<boolean>
  error: string | undefined
}

function GiveUpBalance({ leftCents, supportEmail, giveUp, error }: GiveUpProps) {
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={giveUp.value}
          onChange={(event) => (giveUp.value = event.currentTarget.checked)}
          aria-invalid={error ? 'true' : undefined}
        />
        <span>
          I understand that I lose my remaining {formatCents(leftCents)}. (To have it refunded to your card,
          write to {supportEmail} first.)
        </span>
      </label>
      {error && <p class="error">{error}</p>}
    </>
  )
}

function GiveUpEarnings({ leftCents, supportEmail, giveUp, error }: GiveUpProps) {
  const typed = useSignal('')
  return (
    <>
      <p>
        You have earned {formatCents(leftCents)} that has not been paid out. To be paid, write to{' '}
        {supportEmail} before you delete your account.
      </p>
      <Field
        label={`To give up the ${formatCents(leftCents)}, type “${GIVE_UP}”`}
        name="give-up"
        autocomplete="off"
        value={typed.value}
        onValue={(value) => {
          typed.value = value
          giveUp.value = value.trim().toLowerCase() === GIVE_UP
        }}
        error={error}
      />
    </>
  )
}
