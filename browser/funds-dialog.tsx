import { Dialog } from './parts/dialog.tsx'
import { TopUp } from './top-up.tsx'

interface FundsDialogProps {
  userId: string
  onDone: () => void
  onClose: () => void
}

/** Adding money from the dashboard; closing it leaves a payment that was already made to arrive by itself. */
export function FundsDialog({ userId, onDone, onClose }: FundsDialogProps) {
  const done = () => {
    onDone()
    onClose()
  }
  return (
    <Dialog title="Add funds" className="funds" onClose={onClose}>
      <TopUp userId={userId} onDone={done} onCancel={onClose} />
    </Dialog>
  )
}
