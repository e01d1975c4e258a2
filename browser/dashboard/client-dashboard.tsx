/** Draws the dashboard of a client. */
import { useSignal } from '@preact/signals'
import { sayHold } from '../../shared/messages.ts'
import { formatCents } from '../../shared/money.ts'
import type { SettingsView } from '../../shared/protocol/views.ts'
import { PastSessions } from '../history/sessions.tsx'
import type { Api } from '../lib/api.ts'
import { AddedNote } from '../payments/added-note.tsx'
import { FundsDialog } from '../payments/funds-dialog.tsx'
import { Alert } from '../ui/alert.tsx'
import { Icon } from '../ui/icon.tsx'
import { ReturnBanner } from '../ui/return-banner.tsx'
import type { ClientStore } from './client-store.ts'
import { LimitsCard } from './limits-card.tsx'
import { Readers } from './reader-list.tsx'

interface ClientDashboardProps {
  api: Api
  store: ClientStore
  settings: SettingsView
}

export function ClientDashboard({ api, store, settings }: ClientDashboardProps) {
  return (
    <>
      <h1 class="unseen">Your dashboard</h1>
      {store.open.value && <ReturnBanner session={store.open.value} />}
      <div class="board-room">
        <div class="board of-client">
          <Balance store={store} settings={settings} />
          <Readers store={store} />
          <div class="board-side">
            <LimitsCard store={store.limits} />
            <PastSessions
              api={api}
              viewer="client"
              listPage={store.sessions}
              empty="No sessions yet. Your readings and receipts will appear here."
              brief
            />
          </div>
        </div>
      </div>
      <JustAdded store={store} />
    </>
  )
}

/** Draws what was just added and, where it was for a call, the button that makes it. */
function JustAdded({ store }: { store: ClientStore }) {
  const just = store.funds.added.value
  if (!just) return null
  const { money, goal } = just
  const close = () => {
    store.funds.added.value = undefined
  }
  return (
    <AddedNote added={money} onClose={close}>
      {goal && (
        <button
          type="button"
          class="button primary"
          aria-disabled={store.calling.value}
          onClick={() => void store.wish(goal.reader, goal.kind)}
        >
          <Icon name={goal.kind} />
          Call {goal.reader.name} now
        </button>
      )}
    </AddedNote>
  )
}

function Balance({ store, settings }: Pick<ClientDashboardProps, 'store' | 'settings'>) {
  const adding = useSignal(false)
  const close = () => {
    adding.value = false
  }
  return (
    <section class="balance card" aria-labelledby="balance-title">
      <h2 id="balance-title">Your balance</h2>
      <p class="figure" data-testid="balance">
        {formatCents(store.balanceCents.value)}
      </p>
      {store.hold.value ? (
        <Alert>
          {sayHold(store.hold.value)} <a href={`mailto:${settings.supportEmail}`}>{settings.supportEmail}</a>
        </Alert>
      ) : (
        <button type="button" class="button primary" onClick={() => (adding.value = true)}>
          <Icon name="plus" />
          Add funds
        </button>
      )}
      {settings.stripe === 'standin' && <p class="hint">This is a test site: no real card is charged.</p>}
      {adding.value && (
        <FundsDialog userId={store.me.id} onDone={(added) => store.funds.noteAdded(added)} onClose={close} />
      )}
    </section>
  )
}
