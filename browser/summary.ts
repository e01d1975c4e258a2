import type { Charge, SessionView } from '../shared/protocol.ts'

export interface ChargeLine extends Charge {
  /** The sum of the charges up to this one. */
  readonly totalCents: number
}

/** The charges with their running total: the last line's is what the session cost. */
export function linesOf(charges: readonly Charge[]): ChargeLine[] {
  let totalCents = 0
  return charges.map((charge) => {
    totalCents += charge.cents
    return { ...charge, totalCents }
  })
}

export interface Stretch {
  readonly kind: 'ringing' | 'together' | 'paused'
  readonly ms: number
}

/** A session from the request to its end as stretches of time, of which only those together were billed. */
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
