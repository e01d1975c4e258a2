/** Draws the charges of a session with their running total. */
import { useSignal } from '@preact/signals'
import { isTimeTimesRate } from '../../../shared/billed-time.ts'
import { formatCents } from '../../../shared/money.ts'
import type { SessionView } from '../../../shared/protocol/session.ts'
import { billedBy, formatBilledClock } from '../../lib/billed-time.ts'
import { formatRate } from '../../lib/format.ts'
import { type ChargeGroup, type ChargeLine, groupsOf } from './figures.ts'

/** Draws the charges line by line; many equal minutes are one line that can be unfolded. */
export function Charges({ session, intervalMs }: { session: SessionView; intervalMs: number }) {
  return (
    <>
      <div class="wide">
        <table>
          <caption>Charges</caption>
          <thead>
            <tr>
              <th scope="col">Minute</th>
              <th scope="col">Time together</th>
              <th scope="col">Charge</th>
              <th scope="col">Running total</th>
            </tr>
          </thead>
          {groupsOf(session.charges).map((group) => (
            <Group key={group.billedMs} session={session} group={group} />
          ))}
          <tfoot>
            <tr>
              <th scope="row" colSpan={2}>
                Total
              </th>
              <td class="number" colSpan={2}>
                {formatCents(session.chargedCents)}
              </td>
            </tr>
          </tfoot>
        </table>
      </div>
      {isTimeTimesRate({ ...session, intervalMs }) && (
        <p class="hint">
          “Running total” is {formatRate(session.rateCents)} for the time together, rounded down to the cent.
        </p>
      )}
    </>
  )
}

function Group({ session, group }: { session: SessionView; group: ChargeGroup }) {
  const open = useSignal(false)
  const { lines } = group
  const [first] = lines
  if (lines.length === 1) {
    return (
      <tbody>
        <Line session={session} line={first} />
      </tbody>
    )
  }
  return (
    <tbody>
      <tr>
        <td>
          <span class="number">
            {first.minute} to {lines.at(-1)?.minute}
          </span>
          <small class="number">
            {lines.length} × {formatCents(first.cents)}
          </small>
          <button
            type="button"
            class="link"
            aria-expanded={open.value}
            onClick={() => (open.value = !open.value)}
          >
            {open.value ? 'Hide' : 'Show'} each minute
          </button>
        </td>
        <td class="number">{formatBilledClock(billedBy(session, group))}</td>
        <td class="number">{formatCents(group.cents)}</td>
        <td class="number">{formatCents(group.totalCents)}</td>
      </tr>
      {open.value && lines.map((line) => <Line key={line.billedMs} session={session} line={line} within />)}
    </tbody>
  )
}

/** Draws one line. `within`: it is part of the line above, which is the one that counts. */
function Line({
  session,
  line,
  within = false,
}: {
  session: SessionView
  line: ChargeLine
  within?: boolean
}) {
  return (
    <tr class={within ? 'within' : undefined}>
      <td class="number">{line.minute}</td>
      <td class="number">{formatBilledClock(billedBy(session, line))}</td>
      <td class="number">{formatCents(line.cents)}</td>
      <td class="number">{formatCents(line.totalCents)}</td>
    </tr>
  )
}
