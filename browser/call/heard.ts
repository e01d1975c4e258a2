/** What a page has heard of the other one over their connection, told by its own steady clock in milliseconds. */
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { PacketCounts } from './stats.ts'

/** The latest moment at which the other page was heard, and since when it has been without a gap. */
export interface Heard {
  readonly heardAt: number
  readonly heardSince: number
}

/** After so long without a word or a packet it is doubtful whether there is still a path. */
const DOUBT_MS = 1_500
/** Pages that talk and send neither sound nor picture for so long send nothing. */
const NOTHING_SENT_MS = 3_000
/** A page that has not looked for so long was asleep or stopped: what waited for it meanwhile proves nothing. */
export const ASLEEP_MS = 2_000
// Sound comes fifty times a second: a second without anything is a second in which nobody was heard.
const SOUND_GAP_MS = 1_000
const SOUND_PACKET_MS = 20

/** Which of what arrives is what this person is here for. A client pays for the reader, and need not be heard. */
function countsMedia(role: Role, kind: SessionKind): boolean {
  return role === 'client' && kind !== 'chat'
}

export interface Hearsay {
  /** The packet counters of the connection at this moment; without counters, that the page is awake. */
  sample(at: number, counts?: PacketCounts): void
  /** A message came over the data channel. */
  message(at: number, isPing: boolean): void
  /** Counters begin at nothing: another connection has taken the place of the last. */
  restart(): void
  /** The page was asleep until now, though its steady clock may have slept as well. */
  slept(): void
  heard(): Heard | undefined
  /** Whether a page that used to be heard is not. One that never pings is not expected to. */
  isSilent(at: number): boolean
  /** Whether the other page talks, and neither sound nor picture comes from it. */
  sendsNothing(at: number): boolean
}

/** Keeps account of what was heard, by the rules of the meter for this person and kind of session. */
export function createHearsay(role: Role, kind: SessionKind): Hearsay {
  const mediaCount = countsMedia(role, kind)
  const gapMs = kind === 'chat' ? DOUBT_MS : SOUND_GAP_MS
  let sampledAt: number | undefined
  let counted: PacketCounts | undefined
  /** Whether packets came between the last two samples. */
  let flows = false
  let pings = false
  let firstAt: number | undefined
  let anyAt: number | undefined
  let heard: Heard | undefined
  let isWhole = false

  const isAsleep = (at: number) => sampledAt !== undefined && at - sampledAt > ASLEEP_MS
  const note = (from: number, to: number, counts: boolean) => {
    if (anyAt !== undefined && from - anyAt > gapMs) isWhole = false
    firstAt ??= from
    anyAt = Math.max(anyAt ?? to, to)
    if (!counts) return
    const goesOn = isWhole && heard && from - heard.heardAt <= NOTHING_SENT_MS
    heard = {
      heardSince: goesOn && heard ? heard.heardSince : from,
      heardAt: Math.max(heard?.heardAt ?? to, to),
    }
    isWhole = true
  }
  /** Sound that stops or begins between two samples filled as much of the time as its packets tell. */
  const notePackets = (from: number, at: number, sound: number) => {
    const filledMs = sound > 0 ? Math.min(at - from, sound * SOUND_PACKET_MS) : at - from
    if (flows) note(from, from + filledMs, true)
    else note(sound > 0 ? at - filledMs : at, at, true)
  }

  return {
    sample: (at, counts) => {
      const [before, from, slept] = [counted, sampledAt, isAsleep(at)]
      counted = counts
      sampledAt = at
      if (slept) isWhole = false
      const sound = (counts?.audio ?? 0) - (before?.audio ?? 0)
      const picture = (counts?.video ?? 0) - (before?.video ?? 0)
      const moved = !slept && before !== undefined && counts !== undefined && sound + picture > 0
      if (moved && from !== undefined) notePackets(from, at, sound)
      flows = moved
    },
    message: (at, isPing) => {
      pings ||= isPing
      if (!isAsleep(at)) note(at, at, !mediaCount)
    },
    restart: () => {
      counted = undefined
      firstAt = undefined
      anyAt = undefined
      flows = false
      pings = false
      isWhole = false
    },
    slept: () => {
      counted = undefined
      isWhole = false
    },
    heard: () => heard,
    isSilent: (at) => pings && anyAt !== undefined && at - anyAt > DOUBT_MS,
    sendsNothing: (at) => {
      if (!mediaCount || firstAt === undefined) return false
      return at - Math.max(heard?.heardAt ?? firstAt, firstAt) > NOTHING_SENT_MS
    },
  }
}
