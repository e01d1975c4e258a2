/** Draws the quality of the connection and the state of the other person's media. */
import { sayPeer, sayQuality } from '../call/messages.ts'
import type { PeerMedia, Quality } from '../call/types.ts'
import type { SessionStore } from './store.ts'

const BARS: Record<Quality['level'], number> = { good: 3, fair: 2, poor: 1, lost: 0 }

/**
 * Returns the quality to show: what was measured last is no longer true once this page is offline
 * or receives nothing, or while the other page is not heard.
 */
export function qualityOf({ call }: Pick<SessionStore, 'call'>): Quality | undefined {
  const measured = call.quality.value
  const isCut = call.state.value?.online === false || call.hearing.value === 'nothing'
  if (measured && isCut) return { ...measured, level: 'lost' }
  const isDoubted = call.hearing.value === 'unsteady' && measured && BARS[measured.level] > BARS.poor
  return isDoubted ? { ...measured, level: 'poor', whose: 'nobody' } : measured
}

/** Draws the quality as bars and in a word. */
export function QualityMark({ quality }: { quality: Quality | undefined }) {
  if (!quality) return null
  return (
    <p class={`chip quality ${quality.level}`} data-testid="quality">
      <svg viewBox="0 0 14 12" aria-hidden="true">
        {[0, 1, 2].map((bar) => (
          <rect
            key={bar}
            class={bar < BARS[quality.level] ? 'on' : ''}
            x={bar * 5}
            y={8 - bar * 4}
            width="4"
            height={4 + bar * 4}
            rx="1"
          />
        ))}
      </svg>
      <span class="label">{sayQuality(quality)}</span>
    </p>
  )
}

interface PeerStateProps {
  media: PeerMedia | undefined
  name: string
  withPicture: boolean
}

/**
 * Draws what the other person has turned off or shares. The element exists from the start, so that
 * changes are spoken.
 */
export function PeerState({ media, name, withPicture }: PeerStateProps) {
  const words = media && sayPeer(media, name, withPicture)
  return (
    <p class={words ? 'chip' : 'unseen'} role="status" data-testid="peer-state">
      {words}
    </p>
  )
}
