/** Adapts a session's clock to the role that sees it. */
import type { ClockView } from '../shared/protocol/session.ts'
import type { Role } from '../shared/protocol/views.ts'

/**
 * Returns what a role may see of a session's clock: the seconds left times the rate are the
 * balance, for the client alone.
 */
export function clockFor(view: ClockView, role: Role): ClockView {
  if (role === 'client') return view
  const { secondsLeft: _, balanceCents: __, limitCents: ___, ...shared } = view
  return shared
}
