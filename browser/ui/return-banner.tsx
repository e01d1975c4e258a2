/** Draws the link back to a session that is still open. */
import type { SessionView } from '../../shared/protocol/session.ts'
import { Icon } from './icon.tsx'

export function ReturnBanner({ session }: { session: SessionView }) {
  return (
    <p class="notice">
      <span>Your session is still open.</span>
      <a class="button primary" href={`/session/${session.id}`}>
        Return to your session
        <Icon name="arrow" />
      </a>
    </p>
  )
}
