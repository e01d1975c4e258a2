/** Draws past sessions, newest first, each with a link to its summary. */
import { formatCents } from '../../shared/money.ts'
import type { SessionView } from '../../shared/protocol/session.ts'
import type { Role } from '../../shared/protocol/views.ts'
import { formatBilledClock } from '../lib/billed-time.ts'
import { sayDetails } from '../lib/messages.ts'
import { PastCell } from './past-cell.tsx'

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
            <PastCell
              icon={session.kind}
              name={reading ? session.clientName : session.readerName}
              href={`/session/${session.id}`}
              details={sayDetails(session)}
            />
            <td class="number">{formatBilledClock(session)}</td>
            <td class="number">{formatCents(reading ? session.earnedCents : session.chargedCents)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
