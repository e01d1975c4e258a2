import { useSignal } from '@preact/signals'
import { formatCents } from '../shared/money.ts'
import type { AccountBoard } from './account-board.ts'
import { missing } from './account-person.tsx'
import { Field } from './parts/field.tsx'
import { FormCard } from './parts/form-card.tsx'
import { Icon } from './parts/icon.tsx'

/** What is kept about the person, to take away. */
export function ExportCard() {
  return (
    <section class="card" aria-labelledby="export-title">
      <h2 id="export-title">Your data</h2>
      <p>
        Your account and every session as we keep them. What was said or written in a session is kept nowhere.
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

/** The way out for good. It asks for the password, and for each thing that would be lost. */
export function DeleteCard({ board, supportEmail }: { board: AccountBoard; supportEmail: string }) {
  const password = useSignal('')
  const giveUp = useSignal(false)
  const { role, balanceCents = 0 } = board.user.value
  const send = async () => {
    if (password.value === '') return missing('password', 'Enter your password.')
    const answer = await board.deleteAccount(password.value, giveUp.value)
    if (!answer.ok) await board.refresh()
    return answer
  }
  return (
    <FormCard title="Delete my account" action="Delete my account" done="Deleted." send={send} tone="danger">
      {(wrong) => (
        <>
          <p>
            Your name, email and password are removed and you are logged out everywhere. The amounts of your
            sessions and payments stay in our books without your name; the receipts of the people you talked
            with keep the name they saw. This cannot be undone.
          </p>
          {role === 'reader' && (
            <p>What you have earned stays on record. For an open payout write to {supportEmail} first.</p>
          )}
          {balanceCents > 0 && (
            <label class="check">
              <input
                type="checkbox"
                checked={giveUp.value}
                onChange={(event) => (giveUp.value = event.currentTarget.checked)}
                aria-invalid={wrong('giveUpCents') ? 'true' : undefined}
              />
              <span>
                I give up the {formatCents(balanceCents)} that is left. (To have it sent back to your card,
                write to {supportEmail} first.)
              </span>
            </label>
          )}
          {wrong('giveUpCents') && <p class="error">{wrong('giveUpCents')}</p>}
          <Field
            label="Your password"
            name="delete-password"
            type="password"
            autocomplete="current-password"
            value={password.value}
            onValue={(value) => (password.value = value)}
            error={wrong('password')}
          />
        </>
      )}
    </FormCard>
  )
}
