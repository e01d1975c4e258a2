/** Draws the cell that names a past session or payment and links to its receipt. */
import type { SessionKind } from '../../shared/protocol/session.ts'
import { Icon } from './icon.tsx'

interface PastCellProps {
  icon: SessionKind | 'plus'
  /** True for money that came in. */
  came?: boolean
  name: string
  /** The address of its receipt. */
  href?: string | undefined
  details: string
}

export function PastCell({ icon, came, name, href, details }: PastCellProps) {
  const shown = <bdi>{name}</bdi>
  return (
    <td>
      <div class="past-what">
        <span class={came ? 'past-icon came' : 'past-icon'}>
          <Icon name={icon} />
        </span>
        <div>
          {href ? <a href={href}>{shown}</a> : shown}
          <small>{details}</small>
        </div>
      </div>
    </td>
  )
}
