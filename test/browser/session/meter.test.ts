/** Tests the meter that a page shows. */
import { describe, expect, it } from 'vitest'
import { frozen, type MeterTerms, readMeter, type Told, toldBy } from '../../../browser/session/meter.ts'
import fc from '../../support/properties.ts'

const terms: MeterTerms = { rateCents: 250, intervalMs: 60_000, partialMinute: 'prorated' }
const running: Told = { running: true, billedMs: 60_000, chargedCents: 250, balanceCents: 1_750, at: 5_000 }

describe('what the meter shows between two messages of the server', () => {
  it('goes on from the last message by the time since then', () => {
    expect(readMeter(running, terms, 35_000)).toEqual({
      seconds: 90,
      chargedCents: 375,
      balanceCents: 1_625,
      secondsLeft: 390,
      minutePart: 0.5,
    })
  })

  it('shows the cents of the second that is shown', () => {
    expect(readMeter(running, terms, 5_999)).toMatchObject({ seconds: 60, chargedCents: 250 })
    expect(readMeter(running, terms, 6_000)).toMatchObject({ seconds: 61, chargedCents: 254 })
  })

  it('does not move while paused, however long', () => {
    const paused = { ...running, running: false }
    expect(readMeter(paused, terms, 9_000_000)).toEqual(readMeter(paused, terms, 5_000))
  })

  it('stands still as it was shown when the connection was lost, and no money comes back', () => {
    const shown = readMeter(running, terms, 15_500)
    expect(shown).toMatchObject({ seconds: 70, chargedCents: 291, balanceCents: 1_709 })
    expect(readMeter(frozen(running, terms, 15_500), terms, 90_000)).toEqual(shown)
    expect(
      readMeter(frozen(running, { ...terms, partialMinute: 'full' }, 15_500), terms, 90_000),
    ).toMatchObject({ chargedCents: 500, balanceCents: 1_500 })
  })

  it('ends where the money ends', () => {
    expect(readMeter(running, terms, 10_000_000)).toMatchObject({
      seconds: 480,
      chargedCents: 2_000,
      balanceCents: 0,
      secondsLeft: 0,
    })
  })

  it('never runs backwards when the page clock is behind the server’s', () => {
    expect(readMeter(running, terms, 0)).toMatchObject({ seconds: 60, chargedCents: 250 })
  })

  it('ends where the client’s own limit ends', () => {
    expect(readMeter({ ...running, limitCents: 500 }, terms, 10_000_000)).toMatchObject({
      seconds: 120,
      chargedCents: 500,
      balanceCents: 1_500,
      secondsLeft: 0,
    })
  })

  it('shows no more time than the server says, which knows of every limit', () => {
    const told = { ...running, secondsLeft: 100 }
    expect(readMeter(told, terms, 35_000)).toMatchObject({ secondsLeft: 70 })
    expect(readMeter(frozen(told, terms, 35_000), terms, 99_000)).toMatchObject({ secondsLeft: 70 })
  })

  it('shows a reader neither balance nor time left', () => {
    const shown = readMeter(
      toldBy({ sessionId: 's', running: true, billedMs: 0, chargedCents: 0 }, 0),
      terms,
      30_000,
    )
    expect(shown).toEqual({ seconds: 30, chargedCents: 125, minutePart: 0.5 })
  })

  it('keeps what a client has and has paid together the same, at every moment and rate', () => {
    const told = fc.record({
      running: fc.boolean(),
      billedMs: fc.nat(7_200_000),
      balanceCents: fc.nat(50_000),
      rateCents: fc.integer({ min: 1, max: 60_000 }),
      passedMs: fc.nat(7_200_000),
    })
    fc.assert(
      fc.property(told, ({ running, billedMs, balanceCents, rateCents, passedMs }) => {
        const intervalMs = 60_000
        const chargedCents = Math.floor((rateCents * billedMs) / intervalMs)
        const shown = readMeter(
          { running, billedMs, chargedCents, balanceCents, at: 1_000 },
          { rateCents, intervalMs, partialMinute: 'prorated' },
          1_000 + passedMs,
        )
        const { balanceCents: left = Number.NaN, secondsLeft = Number.NaN } = shown
        expect(left + shown.chargedCents).toBe(balanceCents + chargedCents)
        expect(left).toBeGreaterThanOrEqual(0)
        expect(secondsLeft).toBeGreaterThanOrEqual(0)
        expect(shown.chargedCents).toBeGreaterThanOrEqual(chargedCents)
        if (!running) expect(shown.chargedCents).toBe(chargedCents)
      }),
    )
  })
})

describe('what is shown is what hanging up at that moment would cost', () => {
  const at = (partialMinute: MeterTerms['partialMinute'], told: Partial<Told>, now: number) =>
    readMeter({ ...running, ...told }, { ...terms, partialMinute }, now).chargedCents

  it('where the unfinished minute is free, whole minutes alone', () => {
    expect(at('free', {}, 64_999)).toBe(250)
    expect(at('free', {}, 65_000)).toBe(500)
  })

  it('where the unfinished minute is charged in full, from its first moment', () => {
    expect(at('full', {}, 5_000)).toBe(250)
    expect(at('full', {}, 5_001)).toBe(500)
  })

  it('never more than there is', () => {
    expect(at('full', { balanceCents: 100 }, 15_000)).toBe(350)
  })

  it('nothing while the session would still be free, then the whole of it', () => {
    const started = { billedMs: 0, chargedCents: 0, balanceCents: 2_000, freeUntilMs: 15_000 }
    expect(at('prorated', started, 19_999)).toBe(0)
    expect(at('prorated', started, 20_000)).toBe(62)
  })
})
