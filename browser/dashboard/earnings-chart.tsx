/** Draws a reader's earnings as one bar a day. */
import { useSignal } from '@preact/signals'
import type { EarningsDay } from '../../shared/protocol/views.ts'
import { formatDayOfMonth } from '../lib/format.ts'
import { sayAmount } from '../payments/top-up-messages.ts'
import { sayDay } from './earnings-messages.ts'
import { roundUp } from './nice-scale.ts'

const STEP = 20
const BAR = 14
const HEIGHT = 100

/**
 * Draws the bars, from zero. A slider lies over them: a tap, a drag or the arrow keys show the
 * figures of a day.
 */
export function EarningsChart({ days }: { days: readonly EarningsDay[] }) {
  const chosen = useSignal(days.length - 1)
  const day = days[chosen.value]
  const middle = days[Math.floor((days.length - 1) / 2)]
  const top = roundUp(Math.max(...days.map(({ cents }) => cents)))
  return (
    <figure class="chart">
      <output class="chart-told">{day && sayDay(day)}</output>
      <div class="chart-field">
        <div class="chart-scale" aria-hidden="true">
          <span>{sayAmount(top)}</span>
          <span>{sayAmount(Math.round(top / 2))}</span>
          <span>{sayAmount(0)}</span>
        </div>
        <Bars days={days} top={top} chosen={chosen.value} />
        <input
          type="range"
          aria-label="Day"
          min="0"
          max={days.length - 1}
          value={chosen.value}
          aria-valuetext={day && sayDay(day)}
          onInput={(event) => (chosen.value = Number(event.currentTarget.value))}
        />
      </div>
      <figcaption class="chart-ends">
        <span>{days[0] && formatDayOfMonth(days[0].day)}</span>
        <span>{middle && formatDayOfMonth(middle.day)}</span>
        <span>{days.at(-1) && 'Today'}</span>
      </figcaption>
    </figure>
  )
}

function Bars({ days, top, chosen }: { days: readonly EarningsDay[]; top: number; chosen: number }) {
  const width = days.length * STEP
  return (
    <svg viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <linearGradient id="dusk-up" gradientUnits="userSpaceOnUse" x1="0" y1={HEIGHT} x2="0" y2="0">
        <stop class="dusk-from" />
        <stop class="dusk-to" offset="1" />
      </linearGradient>
      <line x1="0" x2={width} y1="0.5" y2="0.5" />
      <line x1="0" x2={width} y1={HEIGHT / 2} y2={HEIGHT / 2} />
      <line x1="0" x2={width} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
      <rect class="chart-chosen" x={chosen * STEP} y="0" width={STEP} height={HEIGHT} />
      {days.map(({ day, cents }, index) => {
        const height = top === 0 ? 0 : (cents / top) * HEIGHT
        return (
          <rect
            key={day}
            class="chart-bar"
            x={index * STEP + (STEP - BAR) / 2}
            y={HEIGHT - height}
            width={BAR}
            height={height}
          />
        )
      })}
    </svg>
  )
}
