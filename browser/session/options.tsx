/** Draws what a person may want to change during a session. */
import { formatCents } from '../../shared/money.ts'
import { LimitForm } from '../dashboard/limit-form.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { SessionDevices } from './devices.tsx'
import type { SelfView, SessionStore } from './store.ts'

const CORNERS: Record<SelfView, string> = {
  'top-right': 'Top right',
  'top-left': 'Top left',
  'bottom-right': 'Bottom right',
  'bottom-left': 'Bottom left',
  hidden: 'Hidden',
}

export function SessionOptions({ store }: { store: SessionStore }) {
  if (!store.optionsOpen.value || store.session.value.status === 'ended') return null
  const close = () => {
    store.optionsOpen.value = false
  }
  return (
    <Dialog title="Session options" className="options over-call" onClose={close} closeLabel="Close">
      {!store.iAmReader && <Limit store={store} close={close} />}
      <SessionDevices store={store} />
      {store.session.value.kind === 'video' && <SelfViewChoice store={store} />}
      <label class="check">
        <input
          type="checkbox"
          checked={store.speaksTime.value}
          onChange={(event) => (store.speaksTime.value = event.currentTarget.checked)}
        />
        <span>Announce the time and the cost to my screen reader every 5 minutes</span>
      </label>
    </Dialog>
  )
}

function Limit({ store, close }: { store: SessionStore; close: () => void }) {
  const { limitCents } = store.told.value
  return (
    <>
      <p>
        {limitCents === undefined
          ? 'This session may use your whole balance.'
          : `This session stops automatically at ${formatCents(limitCents)}.`}{' '}
        {store.session.value.readerName} does not see this.
      </p>
      <LimitForm
        label="Stop this session at ($)"
        hint="Leave it empty for no limit."
        cents={limitCents}
        save={store.limit}
        close={close}
      />
    </>
  )
}

function SelfViewChoice({ store }: { store: SessionStore }) {
  return (
    <div class="field">
      <label for="self-view">My own picture</label>
      <select
        id="self-view"
        value={store.selfView.value}
        onChange={(event) => store.placeSelfView(event.currentTarget.value)}
      >
        {Object.entries(CORNERS).map(([corner, name]) => (
          <option key={corner} value={corner}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}
