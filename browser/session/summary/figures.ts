/** Computes the figures of a receipt from a session's charges. */
import type { Charge, SessionView } from '../../../shared/protocol/session.ts'

export interface ChargeLine extends Charge {
  /** The sum of the charges up to this one. */
  readonly totalCents: number
}

/**
 * Returns the charges a minute each with their running total: the last line's is what the session
 * cost. A minute that pauses cut into several charges is one line.
 */
export function linesOf(charges: readonly Charge[]): ChargeLine[] {
  let totalCents = 0
  const lines: ChargeLine[] = []
  for (const charge of charges) {
    totalCents += charge.cents
    const last = lines.at(-1)
    const before = last?.minute === charge.minute ? lines.pop() : undefined
    lines.push({
      ...charge,
      cents: charge.cents + (before?.cents ?? 0),
      at: before?.at ?? charge.at,
      totalCents,
    })
  }
  return lines
}

/**
 * Holds charges of consecutive minutes with one length and one price: one line of a long receipt.
 */
export interface ChargeGroup {
  readonly lines: readonly [ChargeLine, ...ChargeLine[]]
  readonly cents: number
  /** Taken from the last of its lines. */
  readonly billedMs: number
  readonly totalCents: number
}

const LONG = 12 // receipts with more charges are grouped

/**
 * Returns the lines of a receipt: one by one while they are few, else every run of equal minutes as
 * one.
 */
export function groupsOf(charges: readonly Charge[]): ChargeGroup[] {
  const lines = linesOf(charges)
  const groups: ChargeLine[][] = []
  lines.forEach((line, index) => {
    const group = groups.at(-1)
    if (group && lines.length > LONG && isAlike(lines, index)) group.push(line)
    else groups.push([line])
  })
  return groups.flatMap(([first, ...others]) => (first ? [groupOf([first, ...others])] : []))
}

/**
 * Says whether a charge repeats the one before it: the next minute, with the same length and price.
 */
function isAlike(lines: readonly ChargeLine[], index: number): boolean {
  const [line, before] = [lines[index], lines[index - 1]]
  if (!line || !before || line.minute !== before.minute + 1 || line.cents !== before.cents) return false
  const lengthBefore = before.billedMs - (lines[index - 2]?.billedMs ?? 0)
  return line.billedMs - before.billedMs === lengthBefore
}

function groupOf(lines: readonly [ChargeLine, ...ChargeLine[]]): ChargeGroup {
  const last = lines.at(-1) ?? lines[0]
  const cents = lines.reduce((sum, line) => sum + line.cents, 0)
  return { lines, cents, billedMs: last.billedMs, totalCents: last.totalCents }
}

export interface Stretch {
  readonly kind: 'ringing' | 'together' | 'paused'
  readonly ms: number
}

/**
 * Returns a session from the request to its end as stretches of time, of which only connected ones
 * were billed.
 */
export function stretchesOf(session: SessionView): Stretch[] {
  const { requestedAt, startedAt, endedAt, pauses } = session
  if (startedAt === undefined || endedAt === undefined) return []
  const stretches: Stretch[] = [{ kind: 'ringing', ms: startedAt - requestedAt }]
  let at = startedAt
  for (const { from, to = endedAt } of pauses) {
    stretches.push({ kind: 'together', ms: from - at }, { kind: 'paused', ms: to - from })
    at = to
  }
  stretches.push({ kind: 'together', ms: endedAt - at })
  return stretches.filter(({ ms }) => ms > 0)
}
