/** Takes and keeps this page's seat in the session. */
import type { ErrorCode } from '../../shared/protocol/errors.ts'
import type { JoinAck } from '../../shared/protocol/socket.ts'
import type { SignalingChannel } from './signaling-channel.ts'
import type { CallEnvironment, Refused } from './types.ts'

// Doubled after every try: asking more often does not help a server in trouble.
const RETRY_MS = 2_000
const RETRY_MAX_MS = 15_000
const WORTH_RETRYING: readonly ErrorCode[] = ['rate_limited', 'busy', 'storage_full', 'stopping', 'internal']

interface SeatParts {
  signaling: SignalingChannel
  after: CallEnvironment['after']
  onSeated(ack: JoinAck): void
  /** Runs when the server refuses for good: another person's session, or one that is over. */
  onRefused(error: Refused): void
}

export interface Seat {
  isTaken(): boolean
  take(): Promise<void>
  /** Gives up the seat because the socket is gone. */
  lose(): void
}

/** Creates our seat in the session, which is taken again after every loss of the socket. */
export function createSeat({ signaling, after, onSeated, onRefused }: SeatParts): Seat {
  let taken = false
  let held = false
  let attempt = 0
  let retryMs = RETRY_MS
  let stopRetry = () => {}

  const lose = () => {
    stopRetry()
    taken = false
    attempt += 1
  }
  const take = async () => {
    lose()
    const mine = attempt
    if (!signaling.isOnline()) return
    const ack = await signaling.join(held)
    if (mine !== attempt) return
    if (ack?.ok) {
      taken = true
      held = true
      retryMs = RETRY_MS
      onSeated(ack)
    } else if (!ack || WORTH_RETRYING.includes(ack.error.code)) {
      stopRetry = after(retryMs, take)
      retryMs = Math.min(2 * retryMs, RETRY_MAX_MS)
    } else {
      onRefused(ack.error)
    }
  }
  return { isTaken: () => taken, take, lose }
}
