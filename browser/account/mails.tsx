/** Draws which mails the client gets, where there is a choice. */
import { useSignal } from '@preact/signals'
import { FormCard } from '../ui/form-card.tsx'
import type { AccountStore } from './store.ts'

/** Draws the form with a box for each kind of mail that can be switched off. */
export function MailsCard({ store }: { store: AccountStore }) {
  const receipts = useSignal(store.user.value.sessionReceipts !== false)
  return (
    <FormCard
      title="Emails"
      action="Save emails"
      done="Saved."
      send={() => store.setSessionReceipts(receipts.value)}
    >
      {() => (
        <>
          <label class="check">
            <input
              type="checkbox"
              name="session-receipts"
              checked={receipts.value}
              onChange={(event) => {
                receipts.value = event.currentTarget.checked
              }}
            />
            <span>Mail me the receipt of each session</span>
          </label>
          <p class="hint">Mails about your payments and about the safety of your account always come.</p>
        </>
      )}
    </FormCard>
  )
}
