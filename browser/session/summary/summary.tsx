/** Draws the summary of a session, line by line: the same figures for both people. */
import { useEffect, useRef } from 'preact/hooks'
import { sayCalculation } from '../../../shared/billed-time.ts'
import { formatCents } from '../../../shared/money.ts'
import type { SessionView } from '../../../shared/protocol/session.ts'
import type { ReceiptParts } from '../../history/receipt.ts'
import { Receipt, saveText } from '../../history/receipt-sheet.tsx'
import { formatBilledSpan, fractionOf } from '../../lib/billed-time.ts'
import { formatClock, formatInstant, formatShort } from '../../lib/format.ts'
import { sayEnd, sayPause } from '../../lib/messages.ts'
import { sayAtOnce } from '../../ui/announcements.ts'
import { Icon } from '../../ui/icon.tsx'
import type { SessionStore } from '../store.ts'
import { Charges } from './charges-table.tsx'
import { ContinueWith } from './continue-with.tsx'
import { Timeline } from './timeline.tsx'

export function SessionSummary({ store }: { store: SessionStore }) {
  const session = store.session.value
  const heading = useRef<HTMLHeadingElement>(null)
  const total = formatCents(session.chargedCents)
  const receipt: ReceiptParts = {
    session,
    balance: store.balanceAround.value,
    settings: store.settings,
    iAmReader: store.iAmReader,
  }
  useEffect(() => {
    document.title = 'Session summary · SoulSeer'
    sayAtOnce(`Session ended. ${formatBilledSpan(session)}, ${total}.`)
    heading.current?.focus()
  }, [])
  return (
    <article class="summary">
      <a class="brand" href="/dashboard">
        <img src="/icon.svg" alt="" width="32" height="32" />
        SoulSeer
      </a>
      <header>
        <h1 ref={heading} tabIndex={-1}>
          Session summary
        </h1>
        <p class="lead">{sayEnd(session, store.iAmReader)}</p>
      </header>
      <dl class="summary-figures">
        <div>
          <dt>Duration</dt>
          <dd>
            <span data-testid="summary-duration">{formatClock(session.durationSeconds)}</span>
            {fractionOf(session)}
          </dd>
        </div>
        <div>
          <dt>Total charged</dt>
          <dd data-testid="summary-charged">{total}</dd>
        </div>
        <div>
          <dt>Reader earned</dt>
          <dd data-testid="summary-earned">{formatCents(session.earnedCents)}</dd>
        </div>
      </dl>
      {session.startedAt !== undefined && (
        <p class="hint">
          {session.chargedCents === 0
            ? 'Nothing was charged: the session was too short.'
            : `Charged: ${sayCalculation({ ...session, intervalMs: store.settings.billingIntervalMs })}`}
        </p>
      )}
      {session.startedAt !== undefined && <Timeline session={session} />}
      <ContinueWith store={store} />
      <div class="row">
        <a class="button primary" href="/dashboard">
          Return to dashboard
        </a>
        <button type="button" class="button" onClick={() => print()}>
          <Icon name="print" />
          Print
        </button>
        <button type="button" class="button" onClick={() => saveText(receipt)}>
          <Icon name="download" />
          Save as text
        </button>
      </div>
      {session.charges.length > 0 && (
        <Charges session={session} intervalMs={store.settings.billingIntervalMs} />
      )}
      {session.pauses.length > 0 && <Pauses session={session} iAmReader={store.iAmReader} />}
      <Receipt parts={receipt} />
    </article>
  )
}

function Pauses({ session, iAmReader }: { session: SessionView; iAmReader: boolean }) {
  return (
    <div class="wide">
      <table class="pauses">
        <caption>Pauses, not charged</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Length</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {session.pauses.map(({ from, to = session.endedAt ?? from, cause, times = 1 }) => (
            <tr key={from}>
              <td class="number">{formatInstant(from)}</td>
              <td class="number">{formatShort(to - from)}</td>
              <td>
                {sayPause(cause, session, iAmReader)}
                {times > 1 && ` (${times} times)`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
