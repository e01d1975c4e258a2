/** Draws a session as one line: filled while billed, hollow while not. */
import type { SessionView } from '../../../shared/protocol/session.ts'
import { formatBilledSpan } from '../../lib/billed-time.ts'
import { formatSpan } from '../../lib/format.ts'
import { type Stretch, stretchesOf } from './figures.ts'

const WIDTH = 1_000
const LEAST = 8 // the shortest stretch can still be seen
const GAP = 4

export function Timeline({ session }: { session: SessionView }) {
  const stretches = stretchesOf(session)
  const isPaid = session.chargedCents > 0
  return (
    <figure class="strand-figure">
      <svg class="strand-line" viewBox={`0 0 ${WIDTH} 20`} preserveAspectRatio="none" aria-hidden="true">
        <linearGradient id="dusk" gradientUnits="userSpaceOnUse" x1="0" y1="0" x2={WIDTH} y2="0">
          <stop class="dusk-from" />
          <stop class="dusk-to" offset="1" />
        </linearGradient>
        {placed(stretches).map(({ kind, x, width }) => (
          <rect
            key={x}
            class={kind === 'together' && !isPaid ? 'unpaid' : kind}
            x={x}
            y="2"
            width={width}
            height="16"
          />
        ))}
      </svg>
      <figcaption>
        <span>
          <span class={isPaid ? 'mark paid' : 'mark unpaid'} />
          together, {isPaid ? 'charged' : 'not charged'}: {formatBilledSpan(session)}
        </span>
        <span>
          <span class="mark free" />
          ringing and pauses, free: {formatSpan(freeMs(stretches) / 1000)}
        </span>
      </figcaption>
    </figure>
  )
}

function placed(stretches: readonly Stretch[]) {
  const totalMs = stretches.reduce((sum, { ms }) => sum + ms, 0)
  const room = WIDTH - stretches.length * (LEAST + GAP)
  let x = 0
  return stretches.map(({ kind, ms }) => {
    const width = LEAST + (ms / totalMs) * room
    const place = { kind, x, width }
    x += width + GAP
    return place
  })
}

function freeMs(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { kind, ms }) => (kind === 'together' ? sum : sum + ms), 0)
}
