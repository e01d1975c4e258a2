/** Says that money was added, with its receipt and what it was added for. */
import type { ComponentChildren } from 'preact'
import { formatCents } from '../../shared/money.ts'
import { Icon } from '../ui/icon.tsx'
import type { Added } from './checkout.ts'

interface AddedNoteProps {
  added: Added
  /** The button for the goal of the payment. */
  children?: ComponentChildren
  onClose: () => void
}

/** Draws the note over the foot of the page, until it is closed or the page is left. */
export function AddedNote({ added, children, onClose }: AddedNoteProps) {
  return (
    <div class="toast" role="status">
      <p>
        <Icon name="delivered" />
        <span>
          <b>{formatCents(added.amountCents)} added</b> · <a href={added.receipt}>Receipt</a>
        </span>
      </p>
      <div class="row">
        {children}
        <button type="button" class="button" onClick={onClose}>
          Close
        </button>
      </div>
    </div>
  )
}
