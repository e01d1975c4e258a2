import type { ReaderView } from '../../shared/protocol/views.ts'
import { Dialog } from '../ui/dialog.tsx'
import { TopUp } from './top-up.tsx'

interface FundsDialogProps {
  userId: string
  /** Whose minutes the money is for: then each amount says how many it buys. */
  reader?: ReaderView
  onDone: () => void
  onClose: () => void
}

/** Adding money from the dashboard; closing it leaves a payment that was already made to arrive by itself. */
export function FundsDialog({ userId, reader, onDone, onClose }: FundsDialogProps) {
  const done = () => {
    onDone()
    onClose()
  }
  const minutes = reader && { rateCents: reader.rateCents, readerName: reader.name }
  return (
    <Dialog title="Add funds" className="funds" onClose={onClose}>
      <TopUp userId={userId} {...minutes} onDone={done} onCancel={onClose} />
    </Dialog>
  )
}
