import { formatCents } from '../../shared/money.ts'
import { LimitForm } from '../dashboard/limit-form.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { SessionDevices } from './devices.tsx'
import type { SelfView, SessionBoard } from './store.ts'

const CORNERS: Record<SelfView, string> = {
  'top-right': 'Top right',
  'top-left': 'Top left',
  'bottom-right': 'Bottom right',
  'bottom-left': 'Bottom left',
  hidden: 'Hidden',
}

/** What somebody may want to change while the session goes on. */
export function SessionOptions({ board }: { board: SessionBoard }) {
  if (!board.optionsOpen.value || board.session.value.status === 'ended') return null
  const close = () => {
    board.optionsOpen.value = false
  }
  return (
    <Dialog title="Session options" className="options over-call" onClose={close} closeLabel="Close">
      {!board.iAmReader && <Limit board={board} close={close} />}
      <SessionDevices board={board} />
      {board.session.value.kind === 'video' && <SelfViewChoice board={board} />}
      <label class="check">
        <input
          type="checkbox"
          checked={board.speaksTime.value}
          onChange={(event) => (board.speaksTime.value = event.currentTarget.checked)}
        />
        <span>Tell my screen reader the time and the cost every 5 minutes</span>
      </label>
    </Dialog>
  )
}

function Limit({ board, close }: { board: SessionBoard; close: () => void }) {
  const { limitCents } = board.told.value
  return (
    <>
      <p>
        {limitCents === undefined
          ? 'This session may use your whole balance.'
          : `This session stops by itself at ${formatCents(limitCents)}.`}{' '}
        {board.session.value.readerName} does not see this.
      </p>
      <LimitForm
        label="Stop this session at ($)"
        hint="Leave it empty for no limit."
        cents={limitCents}
        save={board.limit}
        close={close}
      />
    </>
  )
}

function SelfViewChoice({ board }: { board: SessionBoard }) {
  return (
    <div class="field">
      <label for="self-view">My own picture</label>
      <select
        id="self-view"
        value={board.selfView.value}
        onChange={(event) => board.placeSelfView(event.currentTarget.value)}
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
