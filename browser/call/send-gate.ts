import type { JoinAck } from '../../shared/protocol/socket.ts'
import type { CallEnvironment } from './types.ts'

const LOOK_MS = 250
/** While more than this is sent and not proven, the server hears from us every second. */
const UNPROVEN_MS = 3_000

export interface SendGate {
  isOpen(): boolean
  /** Whether the meter counts, as the server told last, and after how long the money that it told of is used up. */
  count(counting: boolean, endsInMs?: number): void
  /** Whether the other page is not heard, so that nobody knows whether it hears us. */
  doubt(isDoubtful: boolean): void
  /**
   * Takes the seat (again). What was sent while the server itself was down is free for the client
   * and does not count as unproven.
   */
  joined(
    ack: Pick<JoinAck, 'graceMs'> &
      Partial<Pick<JoinAck, 'sentMs' | 'unbilledMs'>> & { wasServerDown?: boolean },
  ): void
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

interface SendGateParts {
  environment: Pick<CallEnvironment, 'every' | 'steady'>
  onChange(): void
}

/**
 * Whether sound, picture and chat are sent or held. They are held while the meter stands, while it is doubtful whether
 * anybody hears them, once the money is used up, and once more is unproven than this person may send unbilled. Without
 * the server they go on as they were, for as long in one session as the server waits for a page.
 */
export function createSendGate({ environment, onChange }: SendGateParts): SendGate {
  let counting = false
  let counted = false
  let endsAt: number | undefined
  let isDoubtful = false
  let isOnline = true
  let graceMs: number | undefined
  /** Sent while the server was out of reach: in this session, and since it last was in reach. */
  let alone = 0
  let aloneNow = 0
  let sent = 0
  let unbilledMs: number | undefined
  /** What is proven; undefined until the server has said so since we were away. */
  let proven: number | undefined
  let unprovenThen = 0
  let open = false
  let readAt = environment.steady()

  /** Adds up what was sent until now. */
  const add = () => {
    const at = environment.steady()
    const more = open ? at - readAt : 0
    if (isOnline) sent += more
    else {
      alone += more
      aloneNow += more
    }
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
  const stopLooking = environment.every(LOOK_MS, weigh)

  return {
    isOpen: () => open,
    count: (next, endsInMs) => {
      counting = next
      endsAt = endsInMs === undefined ? undefined : environment.steady() + endsInMs
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
      if (!ack.wasServerDown) sent += aloneNow
      aloneNow = 0
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
