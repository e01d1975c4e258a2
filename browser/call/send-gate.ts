import type { JoinAck } from '../../shared/protocol/socket.ts'
import type { CallWorld } from './types.ts'

const LOOK_MS = 250
/** While more than this is sent and not proven, the server hears from us every second. */
const UNPROVEN_MS = 3_000

export interface Gate {
  isOpen(): boolean
  /** Whether the meter counts, as the server told last, and after how long the money that it told of is used up. */
  count(counting: boolean, endsInMs?: number): void
  /** Whether the other page is not heard, so that nobody knows whether it hears us. */
  doubt(isDoubtful: boolean): void
  /** Our seat is ours (again). */
  joined(ack: Pick<JoinAck, 'graceMs'> & Partial<Pick<JoinAck, 'sentMs' | 'unbilledMs'>>): void
  /** The server is out of reach, and cannot tell us about the meter. */
  offline(): void
  /** How much connected time both pages have proven; undefined from a server that does not say. */
  proven(provenMs: number | undefined): void
  /** How long we have been sending since the session was accepted, on whichever page. */
  sentMs(): number
  /** Whether so much of what was sent is not proven that the server must hear from us soon. */
  isUrgent(): boolean
  stop(): void
}

interface GateParts {
  world: Pick<CallWorld, 'every' | 'steady'>
  onChange(): void
}

/**
 * Whether sound, picture and chat are sent or held. They are held while the meter stands, while it is doubtful whether
 * anybody hears them, once the money is used up, and once more is unproven than this person may send unbilled. Without
 * the server they go on as they were, for as long in one session as the server waits for a page.
 */
export function createGate({ world, onChange }: GateParts): Gate {
  let counting = false
  let counted = false
  let endsAt: number | undefined
  let isDoubtful = false
  let isOnline = true
  let graceMs: number | undefined
  let alone = 0
  let sent = 0
  let unbilledMs: number | undefined
  /** What is proven; undefined until the server has said so since we were away. */
  let proven: number | undefined
  let unprovenThen = 0
  let open = false
  let readAt = world.steady()

  /** Adds up what was sent until now. */
  const add = () => {
    const at = world.steady()
    if (open) sent += at - readAt
    if (open && !isOnline) alone += at - readAt
    readAt = at
  }
  const unproven = () => (proven === undefined ? 0 : sent - proven)
  const isBeyond = () => unbilledMs !== undefined && unproven() > unbilledMs
  const mayOpen = () => {
    if (!isOnline) return counted && (graceMs === undefined || alone < graceMs)
    return counting && !isBeyond()
  }
  const weigh = () => {
    add()
    const next = mayOpen() && !isDoubtful && (endsAt === undefined || readAt < endsAt)
    if (next === open) return
    open = next
    onChange()
  }
  const stopLooking = world.every(LOOK_MS, weigh)

  return {
    isOpen: () => open,
    count: (next, endsInMs) => {
      counting = next
      endsAt = endsInMs === undefined ? undefined : world.steady() + endsInMs
      weigh()
    },
    doubt: (next) => {
      isDoubtful = next
      weigh()
    },
    joined: (ack) => {
      add()
      graceMs = ack.graceMs
      unbilledMs = ack.unbilledMs
      sent = Math.max(sent, ack.sentMs ?? 0)
      isOnline = true
      weigh()
    },
    offline: () => {
      if (!isOnline) return
      add()
      counted = counting
      proven = undefined
      isOnline = false
      weigh()
    },
    proven: (provenMs) => {
      if (!isOnline) return
      add()
      // Answers may overtake each other, and what is proven stays so.
      proven = provenMs === undefined ? undefined : Math.max(proven ?? 0, provenMs)
      unprovenThen = unproven()
      weigh()
    },
    sentMs: () => {
      add()
      return sent
    },
    isUrgent: () => {
      if (unbilledMs === undefined) return false
      return unprovenThen > UNPROVEN_MS || unproven() > unbilledMs - UNPROVEN_MS
    },
    stop: stopLooking,
  }
}
