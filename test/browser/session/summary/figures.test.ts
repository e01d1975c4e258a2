/** Tests the figures of a summary. */
import { describe, expect, it } from 'vitest'
import { groupsOf, linesOf, stretchesOf } from '../../../../browser/session/summary/figures.ts'
import type { Charge } from '../../../../shared/protocol/session.ts'
import fc from '../../../support/properties.ts'
import { ended } from '../../page-fakes.ts'

describe('the summary adds up', () => {
  it('the last running total is the sum of the charges', () => {
    const charge = fc.record({
      minute: fc.nat(),
      billedMs: fc.nat(),
      cents: fc.integer({ min: 1, max: 60_000 }),
      at: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(charge), (charges) => {
        const total = charges.reduce((sum, { cents }) => sum + cents, 0)
        expect(linesOf(charges).at(-1)?.totalCents ?? 0).toBe(total)
      }),
    )
  })

  it('the stretches together are the time that was billed', () => {
    expect(stretchesOf(ended)).toEqual([
      { kind: 'ringing', ms: 20_000 },
      { kind: 'together', ms: 60_000 },
      { kind: 'paused', ms: 30_000 },
      { kind: 'together', ms: 90_000 },
    ])
  })

  it('a pause that the end cut short reaches to the end', () => {
    const pauses = [{ from: 171_000, cause: 'client_left' as const }]
    expect(stretchesOf({ ...ended, pauses }).at(-1)).toEqual({ kind: 'paused', ms: 30_000 })
  })

  it('a session that never started has no stretches', () => {
    const { startedAt: _, ...missed } = ended
    expect(stretchesOf(missed)).toEqual([])
  })
})

/** Minutes of a session, each settled at its end unless a pause cut it in two. */
const minutes = (count: number, cut: readonly number[] = []): Charge[] =>
  Array.from({ length: count }, (_, index): Charge[] => {
    const whole = { minute: index + 1, billedMs: (index + 1) * 60_000, cents: 250, at: index }
    if (!cut.includes(index + 1)) return [whole]
    return [
      { ...whole, billedMs: index * 60_000 + 20_000, cents: 83 },
      { ...whole, cents: 167 },
    ]
  }).flat()

describe('the lines of a receipt', () => {
  const sizes = (charges: readonly Charge[]) => groupsOf(charges).map(({ lines }) => lines.length)

  it('are the charges themselves while they are few', () => {
    expect(sizes(minutes(12))).toEqual(Array(12).fill(1))
  })

  it('take the like minutes of a long session together, a minute that pauses cut among them', () => {
    const ended = { minute: 61, billedMs: 60 * 60_000 + 14_000, cents: 58, at: 61 }
    const groups = groupsOf([...minutes(60, [21]), ended])
    expect(groups.map(({ lines }) => lines.length)).toEqual([60, 1])
    expect(groups.map(({ cents }) => cents)).toEqual([60 * 250, 58])
    expect(groups.at(-1)).toMatchObject({ totalCents: 60 * 250 + 58, billedMs: ended.billedMs })
  })

  it('hold every charge once, in order, and add up however the minutes were cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 200 }))
    fc.assert(
      fc.property(fc.nat(200), cuts, (count, cut) => {
        const charges = minutes(count, cut)
        const groups = groupsOf(charges)
        expect(groups.flatMap(({ lines }) => lines)).toEqual(linesOf(charges))
        const total = charges.reduce((sum, { cents }) => sum + cents, 0)
        expect(groups.reduce((sum, { cents }) => sum + cents, 0)).toBe(total)
        expect(groups.at(-1)?.totalCents ?? 0).toBe(total)
      }),
    )
  })
})
