/** Tests the count of lost connections. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settle, type Terms } from '../../domain/billing.ts'
import {
  accept,
  end,
  type LiveSession,
  pause,
  request,
  resume,
  SENT_AT_A_CHANGE,
  start,
  viewChange,
  viewSession,
} from '../../domain/session.ts'
import { cents } from '../../shared/money.ts'
import type { PauseCause } from '../../shared/protocol/session.ts'

const START = 1_000_000
const TERMS: Terms = {
  intervalMs: 60_000,
  partialMinute: 'prorated',
  lowFundsCents: 200,
  feePercent: 0,
  freeMs: 0,
}
const PLENTY = cents(1_000_000)

interface Break {
  readonly connectedMs: number
  readonly lostMs: number
  readonly cause: PauseCause
}

const fresh = (): LiveSession => {
  const agreed = {
    id: 's',
    clientId: 'c',
    clientName: 'Ana',
    readerId: 'r',
    readerName: 'Mara',
    kind: 'video' as const,
    rateCents: cents(250),
    requestedAt: 0,
  }
  return start(accept(request(agreed), 1), START, false)
}

/** Runs through the breaks; returns the live session and the instant of its last return. */
function interrupted(breaks: readonly Break[]): { session: LiveSession; at: number } {
  let session = fresh()
  let at = START
  for (const { connectedMs, lostMs, cause } of breaks) {
    at += connectedMs
    const settled = settle(session, at, PLENTY, 'partial', TERMS).session
    at += lostMs
    session = resume(pause(settled, cause, at), at)
  }
  return { session, at }
}

const lost = (connectedMs: number, lostMs: number, cause: PauseCause = 'client_connection'): Break => ({
  connectedMs,
  lostMs,
  cause,
})

describe('[B17] interruptions', () => {
  it('of under a second lengthen the pause before them, and are counted', () => {
    const { session } = interrupted([
      lost(10_000, 4_000, 'reader_connection'),
      lost(20_000, 999),
      lost(30_000, 1_000),
    ])
    expect(session.pauses).toEqual([
      { from: START + 10_000, to: START + 14_999, cause: 'reader_connection', times: 2 },
      { from: START + 64_999, to: START + 65_999, cause: 'client_connection' },
    ])
  })

  it('of a second or more, the first one, and those by the server have a pause of their own', () => {
    const { session } = interrupted([lost(1, 5), lost(10, 5, 'server_stopped'), lost(10, 5)])
    expect(session.pauses.map(({ from, to = 0 }) => to - from)).toEqual([5, 5, 5])
  })

  it('leave the connected time to the millisecond: from start to end, less the pauses', () => {
    const ms = fc.oneof(fc.nat(1_500), fc.nat(90_000))
    const cause = fc.constantFrom<PauseCause>('client_connection', 'reader_left', 'server_stopped')
    const breaks = fc.array(fc.record({ connectedMs: ms, lostMs: ms, cause }), { maxLength: 40 })
    fc.assert(
      fc.property(breaks, ms, (breaks, lastMs) => {
        const { session, at } = interrupted(breaks)
        const settled = settle(session, at + lastMs, PLENTY, 'hangup', TERMS).session
        const { billedMs, pauses, endedAt } = end(settled, 'client_ended', at + lastMs)
        expect(billedMs).toBe(breaks.reduce((sum, { connectedMs }) => sum + connectedMs, lastMs))
        const paused = pauses.map(({ from, to = 0 }) => to - from)
        expect(billedMs).toBe(endedAt - START - paused.reduce((sum, each) => sum + each, 0))
        for (const [n, { from }] of pauses.entries()) {
          expect(from).toBeGreaterThanOrEqual(pauses[n - 1]?.to ?? START)
        }
      }),
    )
  })
})

describe('what is sent at each change of a session', () => {
  const many = interrupted(Array.from({ length: 200 }, () => lost(2_000, 2_000)))

  it('are the newest charges and pauses of an open one, so that its size is bounded', () => {
    const sent = viewChange(many.session)
    expect(sent.pauses).toEqual(many.session.pauses.slice(-SENT_AT_A_CHANGE))
    expect(sent.charges).toEqual(many.session.charges.slice(-SENT_AT_A_CHANGE))
    expect(JSON.stringify(sent).length).toBeLessThan(8_000)
  })

  it('is the whole of one that has ended, and of one that is asked for', () => {
    const ended = end(many.session, 'client_ended', many.at)
    expect(viewChange(ended).pauses).toHaveLength(200)
    expect(viewSession(many.session).pauses).toHaveLength(200)
    expect(viewChange(fresh())).toEqual(viewSession(fresh()))
  })
})
