/** Computes with sets of stretches of time. */

export interface Stretch {
  readonly from: number
  readonly until: number
}

/** Returns what lies in both of two sets. */
export function both(one: readonly Stretch[], other: readonly Stretch[]): Stretch[] {
  return one.flatMap((a) =>
    other.flatMap((b) => {
      const from = Math.max(a.from, b.from)
      const until = Math.min(a.until, b.until)
      return from < until ? [{ from, until }] : []
    }),
  )
}

/** Returns a set as stretches in order that do not overlap. */
export function merged(stretches: readonly Stretch[]): Stretch[] {
  const found: Stretch[] = []
  for (const next of [...stretches].sort((one, other) => one.from - other.from)) {
    const last = found.at(-1)
    if (next.from >= next.until) continue
    if (last && next.from <= last.until) {
      found[found.length - 1] = { from: last.from, until: Math.max(last.until, next.until) }
    } else found.push(next)
  }
  return found
}

/** Returns what of a set lies outside another one. */
export function without(stretches: readonly Stretch[], free: readonly Stretch[]): Stretch[] {
  return merged(free).reduce<readonly Stretch[]>(
    (rest, { from, until }) =>
      rest.flatMap((each) => [
        ...(each.from < from ? [{ from: each.from, until: Math.min(each.until, from) }] : []),
        ...(each.until > until ? [{ from: Math.max(each.from, until), until: each.until }] : []),
      ]),
    stretches,
  ) as Stretch[]
}

export const lengthOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { from, until }) => sum + until - from, 0)
