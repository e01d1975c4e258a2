/** Draws what a reader has earned: today, lately, in all, and day by day. */
import type { Signal } from '@preact/signals'
import { formatCents } from '../../shared/money.ts'
import type { EarningsView } from '../../shared/protocol/views.ts'
import { formatCalendarDay, formatLong, formatSpan, knownZone } from '../lib/format.ts'
import type { Loading } from '../lib/loading.ts'
import { Icon } from '../ui/icon.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { EarningsChart } from './earnings-chart.tsx'
import { sayWeek } from './earnings-messages.ts'

interface EarningsPanelProps {
  earnings: Signal<Loading<EarningsView>>
  retry: () => void
}

export function EarningsPanel({ earnings, retry }: EarningsPanelProps) {
  return (
    <section class="earnings card" aria-labelledby="earnings-title">
      <h2 id="earnings-title">Earned</h2>
      <Loaded of={earnings.value} what="Your earnings" retry={retry}>
        {(view) => (
          <>
            <Figures view={view} />
            {!knownZone() && (
              <p class="hint">Days are counted in UTC, because this browser does not report its time zone.</p>
            )}
            <Days view={view} />
          </>
        )}
      </Loaded>
    </section>
  )
}

function Figures({ view }: { view: EarningsView }) {
  const paidMs = view.days.slice(-7).reduce((sum, day) => sum + day.paidMs, 0)
  return (
    <dl class="figures">
      <div>
        <dt>Today</dt>
        <dd>{formatCents(view.todayCents)}</dd>
      </div>
      <div>
        <dt>Last 7 days</dt>
        <dd>{formatCents(view.weekCents)}</dd>
      </div>
      <div>
        <dt>Paid time, 7 days</dt>
        <dd>{formatLong(paidMs / 1000)}</dd>
      </div>
      <div>
        <dt>All time</dt>
        <dd data-testid="earnings-total">{formatCents(view.totalCents)}</dd>
      </div>
    </dl>
  )
}

function Days({ view }: { view: EarningsView }) {
  if (view.days.every(({ sessions }) => sessions === 0)) {
    return <p class="empty">No readings in the last 30 days. Your next one will appear here.</p>
  }
  return (
    <>
      <p>{sayWeek(view)}</p>
      <EarningsChart days={view.days} />
      <details class="numbers">
        <summary>Show as table</summary>
        <div class="scroll">
          <DayTable view={view} />
        </div>
      </details>
      <a class="save" href={`/earnings.csv?zone=${encodeURIComponent(view.zone)}`} download>
        <Icon name="download" />
        Download these days (CSV)
      </a>
    </>
  )
}

function DayTable({ view }: { view: EarningsView }) {
  return (
    <table class="sessions">
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col">Sessions</th>
          <th scope="col">Paid time</th>
          <th scope="col">Earned</th>
        </tr>
      </thead>
      <tbody>
        {view.days.toReversed().map(({ day, sessions, paidMs, cents }) => (
          <tr key={day}>
            <th scope="row">{formatCalendarDay(day)}</th>
            <td class="number">{sessions}</td>
            <td class="number">{formatSpan(paidMs / 1000)}</td>
            <td class="number">{formatCents(cents)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
