import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linesOf, stretchesOf } from '../../browser/summary.ts'
import type { SessionView } from '../../shared/protocol.ts'

const ended: SessionView = {
  id: 's',
  clientId: 'c',
  clientName: 'Ana',
  readerId: 'r',
  readerName: 'Mara',
  kind: 'video',
  rateCents: 250,
  status: 'ended',
  requestedAt: 1_000,
  acceptedAt: 11_000,
  startedAt: 21_000,
  endedAt: 201_000,
  endReason: 'client_ended',
  billedMs: 150_000,
  durationSeconds: 150,
  chargedCents: 625,
  earnedCents: 625,
  charges: [],
  pauses: [{ from: 81_000, to: 111_000, cause: 'reader_connection' }],
}

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
