/** Tests the announcements to screen readers in a session. */
import { describe, expect, it } from 'vitest'
import { announce, type Moment } from '../../../browser/session/announcer.ts'

const moment: Moment = {
  connection: 'connected',
  seconds: 100,
  chargedCents: 416,
  rateCents: 250,
  secondsLeft: 700,
}

describe('what a session says to those who cannot see it', () => {
  it('announces when the meter starts, with its price, and when it stops', () => {
    const connecting: Moment = { ...moment, connection: 'connecting' }
    const lost: Moment = { ...moment, connection: 'lost' }
    expect(announce(connecting, moment, true)?.words).toBe('Connected. Charging $2.50/min.')
    expect(announce(moment, lost, true)?.words).toBe('Paused. Not charging.')
    expect(announce(lost, moment, true)?.words).toBe('Connected. Charging $2.50/min.')
  })

  it('says nothing of a connection that is unsteady for a moment', () => {
    const unsteady: Moment = { ...moment, connection: 'unsteady' }
    expect(announce(moment, unsteady, true)).toBeUndefined()
    expect(announce(unsteady, moment, true)).toBeUndefined()
    expect(announce(unsteady, { ...moment, connection: 'lost' }, true)?.words).toBe('Paused. Not charging.')
  })

  it.each([
    [121, 120, { words: 'About 2 minutes left.', atOnce: false }],
    [125, 110, { words: 'About 2 minutes left.', atOnce: false }],
    [21, 20, { words: '20 seconds left.', atOnce: true }],
    [140, 15, { words: '15 seconds left.', atOnce: true }],
    [120, 119, undefined],
    [20, 19, undefined],
    [15, 500, undefined],
  ])('from %i to %i seconds left', (from, to, expected) => {
    expect(announce({ ...moment, secondsLeft: from }, { ...moment, secondsLeft: to }, true)).toEqual(expected)
  })

  it('announces the last seconds again only after more money came', () => {
    expect(announce({ ...moment, secondsLeft: 600 }, { ...moment, secondsLeft: 20 }, true)?.atOnce).toBe(true)
  })

  it('announces to the reader nothing of the client’s money', () => {
    const { secondsLeft: _, ...reader } = moment
    expect(announce(reader, { ...reader, seconds: 101 }, true)).toBeUndefined()
  })

  it('announces time and cost every five minutes, unless that is not wanted', () => {
    const before = { ...moment, seconds: 599, chargedCents: 2_495 }
    const after = { ...moment, seconds: 600, chargedCents: 2_500 }
    expect(announce(before, after, true)).toEqual({ words: '10 minutes, $25.00.', atOnce: false })
    expect(announce(before, after, false)).toBeUndefined()
    expect(announce(after, { ...after, seconds: 601 }, true)).toBeUndefined()
  })

  it('says at most a dozen things in fifteen minutes with a pause and the money running out', () => {
    const said: string[] = []
    let before: Moment = { ...moment, connection: 'connecting', seconds: 0, secondsLeft: 900 }
    for (let seconds = 0; seconds <= 900; seconds += 0.2) {
      const connection = seconds > 400 && seconds < 430 ? 'lost' : 'connected'
      const now = { ...moment, connection, seconds, secondsLeft: Math.floor(900 - seconds) } as const
      const utterance = announce(before, now, true)
      if (utterance) said.push(utterance.words)
      before = now
    }
    expect(said.length).toBeLessThanOrEqual(12)
    expect(said).toContain('About 2 minutes left.')
    expect(said).toContain('20 seconds left.')
  })
})
