/** Draws the download of one's own data, and the deletion of the account. */
import { useSignal } from '@preact/signals'
import { Icon } from '../ui/icon.tsx'
import { DeleteWindow } from './delete-window.tsx'
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

/** Draws the button that opens the deletion's window: one press deletes nothing. */
export function DeleteCard({ store, supportEmail }: { store: AccountStore; supportEmail: string }) {
  const isAsked = useSignal(false)
  const close = () => {
    isAsked.value = false
  }
  return (
    <section class="card" aria-labelledby="delete-title">
      <h2 id="delete-title">Delete my account</h2>
      <p>You see what is deleted and what we keep before you decide.</p>
      <button
        type="button"
        class="button danger"
        aria-haspopup="dialog"
        onClick={() => (isAsked.value = true)}
      >
        Delete my account
      </button>
      {isAsked.value && <DeleteWindow store={store} supportEmail={supportEmail} close={close} />}
    </section>
  )
}
