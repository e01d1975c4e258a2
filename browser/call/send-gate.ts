/** Decides whether sound, picture and chat are sent or held. */
import type { JoinAck } from '../../shared/protocol/socket.ts'
import type { CallEnvironment } from './types.ts'

const LOOK_MS = 250
/** While more than this is sent without proof, the server hears from us every second. */
const UNPROVEN_MS = 3_000

export interface SendGate {
  isOpen(): boolean
  /**
   * Takes whether the meter runs, as the server last said, and in how long the money is used up.
   */
  count(counting: boolean, endsInMs?: number): void
  /** Notes whether the other page is not heard, so that it may not hear us either. */
  doubt(isDoubtful: boolean): void
  /**
   * Takes the seat (again). What was sent while the server itself was down is free for the client
   * and does not count as unproven.
   */
  joined(
    ack: Pick<JoinAck, 'graceMs'> &
      Partial<Pick<JoinAck, 'sentMs' | 'unbilledMs'>> & { wasServerDown?: boolean },
  ): void
  /** Notes that the server is out of reach and cannot report on the meter. */
  offline(): void
  /**
   * Takes how much connected time both pages have proven; undefined from a server that does not
   * say.
   */
  proven(provenMs: number | undefined): void
  /** Returns how long we have been sending since the session was accepted, on any page. */
  sentMs(): number
  /** Says whether so much is unproven that the server must hear from us soon. */
  isUrgent(): boolean
  stop(): void
}

interface SendGateParts {
  environment: Pick<CallEnvironment, 'every' | 'steady'>
  onChange(): void
}

/**
 * Creates the gate for sound, picture and chat. They are held while the meter is stopped, while it
 * is doubtful whether the other page hears us, once the money is used up, and once more is unproven
 * than this person may send unbilled. Without the server they continue, for as long in one session
 * as the server waits for a page.
 */
export function createSendGate({ environment, onChange }: SendGateParts): SendGate {
  let counting = false
  let counted = false
  let endsAt: number | undefined
  let isDoubtful = false
  let isOnline = true
  let graceMs: number | undefined
  /** Sent while the server was out of reach: in this session, and since it was last in reach. */
  let alone = 0
  let aloneNow = 0
  let sent = 0
  let unbilledMs: number | undefined
  /** The proven time; undefined until the server has said so since we were away. */
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
      // Replies may overtake each other, and proven time stays proven.
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
