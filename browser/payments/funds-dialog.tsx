/** Draws the dialog that adds funds from the dashboard. */
import { formatCents } from '../../shared/money.ts'
import type { ReaderView } from '../../shared/protocol/views.ts'
import { Dialog } from '../ui/dialog.tsx'
import type { Added } from './checkout.ts'
import { TopUp } from './top-up.tsx'

interface FundsDialogProps {
  userId: string
  /** The reader the money is for: then each amount says how many minutes it buys. */
  reader?: ReaderView
  onDone: (added: Added) => void
  onClose: () => void
}

/** Draws the dialog; after it is closed, a payment that was already made still arrives. */
export function FundsDialog({ userId, reader, onDone, onClose }: FundsDialogProps) {
  const done = (added: Added, isOpen: boolean) => {
    onDone(added)
    if (isOpen) onClose()
  }
  const minutes = reader && { rateCents: reader.rateCents, readerName: reader.name }
  return (
    <Dialog title="Add funds" className="funds" onClose={onClose}>
      {reader && (
        <p class="hint">
          The first minute with {reader.name} costs {formatCents(reader.rateCents)}. You can call right after
          paying.
        </p>
      )}
      <TopUp userId={userId} {...minutes} onDone={done} onCancel={onClose} />
    </Dialog>
  )
}
