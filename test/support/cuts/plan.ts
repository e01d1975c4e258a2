/** Plans a run of the measuring rig: what happens to the network when, by a seed. */
import { createRandom, type Random } from '../../simulation/random.ts'

export type Person = 'client' | 'reader'

/** The traffic that is cut: media both ways, media towards one person, or signalling. */
export interface Cut {
  readonly from: number
  readonly to: number
  readonly name: CutKind
  /** The traffic that no longer reaches these people, and that they no longer send. */
  readonly media: readonly Person[]
  readonly signalling: readonly Person[]
  /** These people still send media, but receive none. */
  readonly deaf: readonly Person[]
}

export const CUT_KINDS = ['media', 'signalling', 'signalling-both', 'both', 'one-way', 'person'] as const
export type CutKind = (typeof CUT_KINDS)[number]
export const PLANS = [...CUT_KINDS, 'flicker', 'mixed'] as const
export type PlanName = (typeof PLANS)[number]

export const RUN_MS = 105_000
const LEAD_MS = 4_000
const CALM_AT_THE_END_MS = 12_000 // to come back in, and for the last proofs
const OTHERS = { cutMs: [1_000, 25_000], restMs: [2_000, 8_000] } as const
const FLICKER = { cutMs: [1_000, 5_000], restMs: [1_000, 3_000] } as const

/** Returns the cuts of a run in their order, in milliseconds from its start. */
export function planCuts(name: PlanName, seed: number, runMs = RUN_MS): Cut[] {
  const random = createRandom(seed)
  const { cutMs, restMs } = name === 'flicker' ? FLICKER : OTHERS
  const end = runMs - CALM_AT_THE_END_MS
  const cuts: Cut[] = []
  let from = LEAD_MS
  while (from + cutMs[0] <= end) {
    const to = Math.min(end, from + random.int(cutMs[0], cutMs[1]))
    cuts.push({ from, to, ...cutOf(kindIn(name, random), random) })
    from = to + random.int(restMs[0], restMs[1])
  }
  return cuts
}

function kindIn(name: PlanName, random: Random): CutKind {
  if (name === 'flicker') return 'media'
  if (name === 'mixed') return random.pick(CUT_KINDS) ?? 'media'
  return name
}

const BOTH: readonly Person[] = ['client', 'reader']

function cutOf(name: CutKind, random: Random): Omit<Cut, 'from' | 'to'> {
  const one = [random.chance(0.5) ? 'client' : 'reader'] as const
  const nothing = { name, media: [], signalling: [], deaf: [] }
  switch (name) {
    case 'media':
      return { ...nothing, media: BOTH }
    case 'signalling':
      return { ...nothing, signalling: one }
    case 'signalling-both':
      return { ...nothing, signalling: BOTH }
    case 'both':
      return { ...nothing, media: BOTH, signalling: BOTH }
    case 'one-way':
      return { ...nothing, deaf: one }
    case 'person':
      return { ...nothing, media: one, signalling: one }
  }
}
