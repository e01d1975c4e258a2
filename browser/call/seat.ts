import type { ErrorCode } from '../../shared/protocol/errors.ts'
import type { JoinAck } from '../../shared/protocol/socket.ts'
import type { Wire } from './signaling-channel.ts'
import type { CallWorld, Refused } from './types.ts'

// Twice as long after every try: a server in trouble is not helped by being asked more often.
const RETRY_MS = 2_000
const RETRY_MAX_MS = 15_000
const WORTH_RETRYING: readonly ErrorCode[] = ['rate_limited', 'busy', 'storage_full', 'stopping', 'internal']

interface SeatParts {
  wire: Wire
  after: CallWorld['after']
  onSeated(ack: JoinAck): void
  /** The server says no for good: not this person's session, or over. */
  onRefused(error: Refused): void
}

export interface Seat {
  isTaken(): boolean
  take(): Promise<void>
  /** The socket is gone, and the seat with it. */
  lose(): void
}

/** Our place in the session as the server sees it, taken again after every loss of the socket. */
export function createSeat({ wire, after, onSeated, onRefused }: SeatParts): Seat {
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
    if (!wire.isOnline()) return
    const ack = await wire.join(held)
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
