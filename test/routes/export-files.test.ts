/** Tests the files of a data export. */
import { describe, expect, it } from 'vitest'
import type { EndedSession } from '../../domain/session.ts'
import {
  ACTIVITY_HEAD,
  activityCells,
  everythingOf,
  SESSION_HEAD,
  sessionCells,
} from '../../routes/export-files.ts'
import { cents } from '../../shared/money.ts'
import { ana } from '../support/store/store-parts.ts'

const session: EndedSession = {
  id: 's',
  clientId: 'ana',
  clientName: 'Ana',
  readerId: 'rosa',
  readerName: 'Rosa',
  kind: 'voice',
  rateCents: cents(499),
  status: 'ended',
  requestedAt: 1_000,
  acceptedAt: 11_000,
  startedAt: 21_000,
  endedAt: 235_937,
  endReason: 'client_ended',
  billedMs: 214_937,
  durationSeconds: 214,
  chargedCents: cents(1_787),
  earnedCents: cents(1_787),
  charges: [{ minute: 4, billedMs: 214_937, cents: 1_787, at: 235_937 }],
  pauses: [],
}
const CALCULATION = '214.9 s ÷ 60 s × $4.99, rounded down to the cent'
const named = (head: readonly string[], cells: readonly (string | number)[]) =>
  Object.fromEntries(head.map((name, place) => [name, cells[place]]))

describe('the files that people take away show what was billed', () => {
  it('the sessions', () => {
    expect(named(SESSION_HEAD, sessionCells(session, ana))).toMatchObject({
      'rate per minute (USD)': '4.99',
      'paid seconds': '214.9',
      'charged (USD)': '17.87',
      calculation: CALCULATION,
    })
  })

  it('everything that moved the balance', () => {
    const entry = {
      id: 's',
      at: 235_937,
      what: 'session' as const,
      cents: -1_787,
      outcome: 'client_ended',
      rateCents: 499,
      billedMs: 214_937,
    }
    expect(named(ACTIVITY_HEAD, activityCells(entry))).toMatchObject({
      'paid seconds': '214.9',
      'out (USD)': '17.87',
      calculation: CALCULATION,
    })
    const { rateCents: _, billedMs: __, ...topUp } = { ...entry, what: 'top-up' as const, cents: 2_000 }
    expect(named(ACTIVITY_HEAD, activityCells(topUp))).toMatchObject({ 'paid seconds': '', calculation: '' })
  })

  it('the whole export', async () => {
    async function* past() {
      yield session
    }
    let text = ''
    for await (const part of everythingOf(ana, past())) text += part
    expect(JSON.parse(text).sessions).toMatchObject([{ billedMs: 214_937, calculation: CALCULATION }])
  })
})
