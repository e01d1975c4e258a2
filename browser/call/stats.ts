/** Reads the figures that a call uses from a connection's statistics. */
import type { Quality } from './types.ts'

/** Holds a connection's statistics at one moment; counters run from the connection's start. */
export interface Sample {
  readonly path: Quality['path']
  readonly rttMs?: number
  /** The browser's estimate of what it could send, in bits a second. */
  readonly outgoingBits?: number
  readonly packetsReceived: number
  readonly packetsLost: number
}

/**
 * Counts what a connection has received since its start: packets of sound and of picture, and all
 * bytes.
 */
export interface PacketCounts {
  readonly audio: number
  readonly video: number
  readonly bytes: number
}

// The fields that we read; browsers leave out what they do not measure.
interface Entry {
  id: string
  type: string
  kind?: string
  selectedCandidatePairId?: string
  nominated?: boolean
  state?: string
  localCandidateId?: string
  remoteCandidateId?: string
  candidateType?: string
  currentRoundTripTime?: number
  availableOutgoingBitrate?: number
  packetsReceived?: number
  bytesReceived?: number
  packetsLost?: number
}

/** Returns the sample in a report of `getStats`. */
export function sampleOf(report: RTCStatsReport): Sample {
  const entries: Entry[] = [...report.values()]
  const pair = selectedPair(entries)
  const inbound = entries.filter(({ type }) => type === 'inbound-rtp')
  const rtt = pair?.currentRoundTripTime
  const bits = pair?.availableOutgoingBitrate
  return {
    path: pathOf(entries, pair),
    ...(rtt === undefined ? {} : { rttMs: rtt * 1_000 }),
    ...(bits === undefined ? {} : { outgoingBits: bits }),
    packetsReceived: sum(inbound.map((entry) => entry.packetsReceived)),
    packetsLost: sum(inbound.map((entry) => entry.packetsLost)),
  }
}

/**
 * Returns the counters in a report. The instants in `getStats` are of the wall clock, and of no use
 * to a meter.
 */
export function packetsIn(report: RTCStatsReport): PacketCounts {
  const entries: Entry[] = [...report.values()]
  const count = (medium: string) =>
    sum(
      entries.flatMap(({ type, kind, packetsReceived }) =>
        type === 'inbound-rtp' && kind === medium ? [packetsReceived] : [],
      ),
    )
  const pairs = entries.filter(({ type }) => type === 'candidate-pair')
  const bytes = sum(pairs.map(({ bytesReceived }) => bytesReceived))
  return { audio: count('audio'), video: count('video'), bytes }
}

/**
 * Returns the share of packets lost between two samples, in percent; undefined when too few were
 * sent to say.
 */
export function lossPercent(before: Sample, after: Sample): number | undefined {
  const received = after.packetsReceived - before.packetsReceived
  // A packet that was only late is subtracted from the lost ones again.
  const lost = Math.max(0, after.packetsLost - before.packetsLost)
  const sent = received + lost
  return sent < 10 ? undefined : (100 * lost) / sent
}

/** Returns the candidate pair in use. Firefox does not name it, and marks it nominated. */
function selectedPair(entries: readonly Entry[]): Entry | undefined {
  const { selectedCandidatePairId } = entries.find(({ type }) => type === 'transport') ?? {}
  const pairs = entries.filter(({ type }) => type === 'candidate-pair')
  const named = pairs.find(({ id }) => id === selectedCandidatePairId)
  return named ?? pairs.find(({ nominated, state }) => nominated && state === 'succeeded')
}

function pathOf(entries: readonly Entry[], pair: Entry | undefined): Quality['path'] {
  const ends = [pair?.localCandidateId, pair?.remoteCandidateId].map((id) => {
    return entries.find((entry) => entry.id === id)?.candidateType
  })
  if (ends.includes('relay')) return 'relay'
  return ends.includes(undefined) ? 'unknown' : 'direct'
}

function sum(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, next) => total + (next ?? 0), 0)
}
