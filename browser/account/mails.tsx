/** Draws which mails the client gets, where there is a choice. */
import { useSignal } from '@preact/signals'
import { FormCard } from '../ui/form-card.tsx'
import type { AccountStore } from './store.ts'

/** Draws the form with a box for each kind of mail that can be switched off. */
export function MailsCard({ store }: { store: AccountStore }) {
  const receipts = useSignal(store.user.value.sessionReceipts !== false)
  return (
    <FormCard
      title="Email receipts"
      action="Save email settings"
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
            <span>Email me a receipt after each session</span>
          </label>
          <p class="hint">We always email you about payments and account security.</p>
        </>
      )}
    </FormCard>
  )
}
