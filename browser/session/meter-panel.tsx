/** Draws the meter, which is always in view and never ahead of what the server has said. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { formatCents } from '../../shared/money.ts'
import type { SessionView } from '../../shared/protocol/session.ts'
import { connectionOf } from '../lib/connection.ts'
import { formatClock, formatLeft, formatRate } from '../lib/format.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Icon } from '../ui/icon.tsx'
import { readMeter, type Shown } from './meter.ts'
import type { SessionStore } from './store.ts'

const REDRAW_MS = 200 // often enough that no second is ever skipped

export function SessionMeter({ store }: { store: SessionStore }) {
  const now = useNow(store.now)
  const session = store.session.value
  const shown = readMeter(store.told.value, store.terms, now)
  const other = store.iAmReader ? session.clientName : session.readerName
  const connection = connectionOf(session, store.call.seen.value, store.told.value)
  return (
    <header class={`meter ${connection.state}`}>
      <div class="meter-who">
        <Avatar name={other} />
        <div>
          <p class="meter-name">
            <bdi>{other}</bdi>
          </p>
          <p class="connection" data-testid="connection-state">
            {connection.words}
          </p>
        </div>
      </div>
      <div class="meter-clock">
        <MinuteRing part={shown.minutePart} />
        <span role="timer" aria-label="Time together" data-testid="timer">
          {formatClock(shown.seconds)}
        </span>
      </div>
      <dl class="meter-figures">
        <Figure
          label={`${store.iAmReader ? 'Earned' : 'Charged'} at ${formatRate(session.rateCents)}`}
          short={store.iAmReader ? 'Earned' : 'Charged'}
          id="charged"
          value={formatCents(store.iAmReader ? earnedOf(session, shown) : shown.chargedCents)}
        />
        {shown.balanceCents !== undefined && (
          <Figure label="Balance" id="balance" value={formatCents(shown.balanceCents)} />
        )}
        {shown.secondsLeft !== undefined && (
          <Figure label="Time left" id="time-left" value={formatLeft(shown.secondsLeft)} />
        )}
      </dl>
      <button
        type="button"
        class="button end"
        aria-disabled={store.leaving.value}
        onClick={() => void store.end()}
      >
        <Icon name="hang-up" />
        End session
      </button>
    </header>
  )
}

/** Returns the reader's part of what is shown as charged. */
function earnedOf({ feePercent = 0 }: SessionView, { chargedCents }: Shown): number {
  return chargedCents - Math.floor((chargedCents * feePercent) / 100)
}

interface FigureProps {
  label: string
  /** A shorter text for narrow windows. */
  short?: string
  id: string
  value: string
}

function Figure({ label, short = label, id, value }: FigureProps) {
  return (
    <div class={`figure-${id}`}>
      <dt>
        <span class="long">{label}</span>
        <span class="short" aria-hidden="true">
          {short}
        </span>
      </dt>
      <dd data-testid={id}>{value}</dd>
    </div>
  )
}

/** Draws a ring that fills once a minute and empties with the charge. */
function MinuteRing({ part }: { part: number }) {
  return (
    <svg class="minute-ring" viewBox="0 0 40 40" aria-hidden="true">
      <circle class="ring-track" cx="20" cy="20" r="17" />
      <circle
        class="ring-fill"
        cx="20"
        cy="20"
        r="17"
        pathLength="100"
        stroke-dasharray={`${part * 100} 100`}
      />
    </svg>
  )
}

/** Returns the steady clock, and redraws as it runs. */
export function useNow(now: () => number): number {
  const at = useSignal(now())
  useEffect(() => {
    const timer = setInterval(() => {
      at.value = now()
    }, REDRAW_MS)
    return () => clearInterval(timer)
  }, [])
  return at.value
}
