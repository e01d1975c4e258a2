import { formatCents } from '../../shared/money.ts'
import type { EndReason, Role, SessionView } from '../../shared/protocol.ts'
import { formatClock, formatDay, formatTime } from '../format.ts'
import { KIND } from '../words.ts'

const WITHOUT_TALK: Partial<Record<EndReason, string>> = {
  declined: 'declined',
  cancelled: 'cancelled',
  missed: 'not answered',
  never_connected: 'never connected',
}

/** Past sessions, newest first; each line leads to its summary. */
export function SessionTable({ sessions, viewer }: { sessions: readonly SessionView[]; viewer: Role }) {
  const reading = viewer === 'reader'
  return (
    <table class="sessions">
      <thead>
        <tr>
          <th scope="col">With</th>
          <th scope="col">Length</th>
          <th scope="col">{reading ? 'Earned' : 'Charged'}</th>
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr key={session.id}>
            <td>
              <a href={`/session/${session.id}`}>
                <bdi>{reading ? session.clientName : session.readerName}</bdi>
              </a>
              <small>{detailsOf(session)}</small>
            </td>
            <td class="number">{formatClock(session.durationSeconds)}</td>
            <td class="number">{formatCents(reading ? session.earnedCents : session.chargedCents)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function detailsOf({ kind, requestedAt, endReason }: SessionView): string {
  const outcome = endReason && WITHOUT_TALK[endReason]
  const parts = [KIND[kind], `${formatDay(requestedAt)}, ${formatTime(requestedAt)}`, outcome]
  return parts.filter(Boolean).join(' · ')
}
