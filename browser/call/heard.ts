/**
 * Records when a page received something from the other page, in milliseconds of its own steady
 * clock.
 */
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { PacketCounts } from './stats.ts'

/** Describes a stretch of time in which the other page was received without a gap. */
export interface Heard {
  readonly heardAt: number
  readonly heardSince: number
}

/** After this long without a message or a packet the path is in doubt. */
const DOUBT_MS = 1_500
/** A connected page from which neither sound nor picture has come for this long sends nothing. */
const NOTHING_SENT_MS = 3_000
/** A page that has not sampled for this long was busy: it samples before it counts a message. */
const BUSY_MS = 600
/**
 * A page that has not sampled for this long was asleep or stopped: packets that waited meanwhile
 * prove nothing.
 */
export const ASLEEP_MS = 2_000
// Sound comes fifty times a second, so a second without a packet is a second of silence.
const SOUND_GAP_MS = 1_000
const SOUND_PACKET_MS = 20
/** More sound than this share of the elapsed time was held up and arrived at once. */
const BURST = 1.5
/** After this long without any sign, where media used to come, the page looks often. */
const AWAITED_MS = 500
/**
 * Awaited sound that may have come at any moment of a longer time than this proves only that it has
 * come.
 */
const OFTEN_MS = 200
const KEPT_ENDED = 8

/**
 * Says whether media counts as proof for this person. A client pays for the reader's media, so a
 * reader's proof needs no media of the client.
 */
function countsMedia(role: Role, kind: SessionKind): boolean {
  return role === 'client' && kind !== 'chat'
}

export interface Reception {
  /**
   * Takes the connection's packet counters, which were asked for at `at` and were there at
   * `countedAt`; without counters, only that the page is awake.
   */
  sample(at: number, counts?: PacketCounts, countedAt?: number): void
  /** Takes a message that came over the data channel. */
  message(at: number, isPing: boolean): void
  /** Starts the counters at zero: a new connection has replaced the last one. */
  restart(): void
  /** Notes that the page was asleep until now, though its steady clock may have stopped as well. */
  slept(): void
  heard(): Heard | undefined
  /** Returns the earlier stretches whose end the server may not know, the oldest first. */
  ended(): readonly Heard[]
  /** Notes that the server knows what was heard until then. */
  taken(heardAt: number): void
  /**
   * Says whether a page that used to be heard no longer is. A page that never pings is not expected
   * to.
   */
  isSilent(at: number): boolean
  /** Says whether media used to come, stopped with everything else, and have not come again. */
  isAwaiting(at: number): boolean
  /** Says whether the other page is connected but sends neither sound nor picture. */
  sendsNothing(at: number): boolean
}

/**
 * Creates the record of what was heard, by the meter's rules for this person and kind of session.
 */
export function createReception(role: Role, kind: SessionKind): Reception {
  const mediaCount = countsMedia(role, kind)
  const gapMs = kind === 'chat' ? DOUBT_MS : SOUND_GAP_MS
  let sampledAt: number | undefined
  let counted: PacketCounts | undefined
  /** True when packets came between the last two samples. */
  let flows = false
  let pings = false
  let firstAt: number | undefined
  let anyAt: number | undefined
  const wait = createWait(kind)
  let heard: Heard | undefined
  let isWhole = false
  const endings = createEndings()
  /** Set when a message came to a page that had been busy. */
  let messageAt: number | undefined

  const isAsleep = (at: number) => sampledAt !== undefined && at - sampledAt > ASLEEP_MS
  const note = (from: number, to: number, counts: boolean, firstPacketAt = from) => {
    if (anyAt !== undefined && firstPacketAt - anyAt > gapMs) isWhole = false
    firstAt ??= from
    anyAt = Math.max(anyAt ?? to, to)
    if (!counts) return
    const goesOn = isWhole && heard && from - heard.heardAt <= NOTHING_SENT_MS
    if (heard && !goesOn) endings.add(heard)
    heard = {
      heardSince: goesOn && heard ? heard.heardSince : from,
      heardAt: Math.max(heard?.heardAt ?? to, to),
    }
    isWhole = true
  }
  const noteFirst = (began: number, at: number) =>
    note(began, at, true, Math.min(at, began + SOUND_PACKET_MS))
  /** Estimates from its packets how much of the time between two samples was filled with sound. */
  const notePackets = (from: number, at: number, sound: number) => {
    const filledMs = sound > 0 ? Math.min(at - from, sound * SOUND_PACKET_MS) : at - from
    const before = anyAt ?? from
    note(from, from + filledMs, true)
    // The last packet came up to its own length before the end of the sound that it carried. Adding
    // that length keeps a cut of one second from looking shorter.
    if (filledMs < at - from) anyAt = Math.max(before, from + filledMs - SOUND_PACKET_MS)
  }

  /** Counts any bytes as proof, for chat. When between two samples they came is unknown. */
  const noteBytes = (from: number, at: number) => {
    const start = anyAt !== undefined && from - anyAt <= gapMs ? from : at
    note(start, at - from > BUSY_MS ? at : start, true)
  }

  return {
    sample: (at, counts, countedAt = at) => {
      const [before, from, slept] = [counted, sampledAt, isAsleep(at)]
      counted = counts
      sampledAt = at
      if (slept) isWhole = false
      const { sound, picture, bytes } = grownBetween(before, counts)
      const moved = !slept && sound + picture > 0
      if (moved && from !== undefined) {
        // Packets that came while the counters were read came after they were asked for.
        if (flows) notePackets(from, at, sound)
        else noteFirst(firstHeard(from, countedAt, sound, wait.isAwaiting(from, anyAt)), countedAt)
        wait.media(countedAt)
      }
      flows = moved
      if (!slept && kind === 'chat' && bytes > 0 && from !== undefined) noteBytes(from, at)
      if (messageAt !== undefined && !slept) note(messageAt, messageAt, !mediaCount)
      messageAt = undefined
    },
    message: (at, isPing) => {
      pings ||= isPing
      if (isAsleep(at)) return
      wait.message(at, anyAt)
      if (sampledAt !== undefined && at - sampledAt > BUSY_MS) messageAt = at
      else note(at, at, !mediaCount)
    },
    restart: () => {
      counted = undefined
      messageAt = undefined
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
    ended: endings.list,
    taken: endings.taken,
    isAwaiting: (at) => wait.isAwaiting(at, anyAt),
    isSilent: (at) => pings && anyAt !== undefined && at - anyAt > DOUBT_MS,
    sendsNothing: (at) => {
      const since = firstAt === undefined ? at : Math.max(heard?.heardAt ?? firstAt, firstAt)
      return mediaCount && at - since > NOTHING_SENT_MS
    },
  }
}

/** Returns since when the first packets after none were heard: only sound that comes evenly shows it. */
function firstHeard(from: number, at: number, sound: number, isAwaited: boolean): number {
  const elapsedMs = at - from
  const soundMs = sound * SOUND_PACKET_MS
  const isHeldUp = soundMs > BURST * elapsedMs || (isAwaited && elapsedMs > OFTEN_MS)
  return isHeldUp ? at : at - Math.min(elapsedMs, soundMs)
}

/** Creates the record of whether media that used to come are awaited; `anyAt` is the last sign. */
function createWait(kind: SessionKind) {
  let mediaAt: number | undefined
  /** After a message media are awaited until then: over a path that is back they soon follow. */
  let until = Number.NEGATIVE_INFINITY

  const isAwaiting = (at: number, anyAt: number | undefined): boolean => {
    if (kind === 'chat' || mediaAt === undefined) return false
    if (at <= until) return true
    const signAt = Math.max(anyAt ?? mediaAt, mediaAt)
    return signAt - mediaAt <= DOUBT_MS && at - signAt > AWAITED_MS
  }
  return {
    isAwaiting,
    media: (at: number) => {
      mediaAt = at
      until = Number.NEGATIVE_INFINITY
    },
    message: (at: number, anyAt: number | undefined) => {
      if (at > until && isAwaiting(at, anyAt)) until = at + DOUBT_MS
    },
  }
}

/** Returns what came between two samples; nothing where there is only one to go by. */
function grownBetween(before: PacketCounts | undefined, counts: PacketCounts | undefined) {
  if (!before || !counts) return { sound: 0, picture: 0, bytes: 0 }
  return {
    sound: counts.audio - before.audio,
    picture: counts.video - before.video,
    bytes: counts.bytes - before.bytes,
  }
}

/** Creates the list of stretches that have ended and whose end the server may not know. */
function createEndings() {
  let ended: readonly Heard[] = []
  let takenAt = Number.NEGATIVE_INFINITY
  return {
    list: () => ended,
    add: (heard: Heard) => {
      if (heard.heardAt > takenAt) ended = [...ended, heard].slice(-KEPT_ENDED)
    },
    taken: (heardAt: number) => {
      takenAt = Math.max(takenAt, heardAt)
      ended = ended.filter((each) => each.heardAt > takenAt)
    },
  }
}
