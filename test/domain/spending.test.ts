/** Tests spending limits and free seconds. */
import { describe, expect, it } from 'vitest'
import type { Client } from '../../domain/client.ts'
import { accept, limit, request, start } from '../../domain/session.ts'
import {
  changeDailyLimit,
  dailyLimit,
  fundsFor,
  lastsAt,
  mayBeFree,
  noteFreeSession,
  noteSpending,
} from '../../domain/spending.ts'
import { cents } from '../../shared/money.ts'

const DAY = 24 * 60 * 60 * 1000
const NOON = 20_000 * DAY + DAY / 2

const client = (balance: number): Client => ({
  id: 'c',
  role: 'client',
  name: 'Ana',
  email: 'ana@example.com',
  passwordHash: '',
  createdAt: 0,
  logins: [],
  topUps: [],
  balanceCents: cents(balance),
})

const session = start(
  accept(
    request({
      id: 's',
      clientId: 'c',
      clientName: 'Ana',
      readerId: 'r',
      readerName: 'Mara',
      kind: 'chat',
      rateCents: cents(250),
      requestedAt: 0,
    }),
    1,
  ),
  NOON,
  false,
)

describe('a limit for a session', () => {
  it('[B14] is where it stops, however much there is', () => {
    const limited = limit(session, cents(1_000))
    expect(fundsFor(limited, client(5_000), NOON)).toEqual({ balance: 5_000, spendable: 1_000 })
    expect(fundsFor({ ...limited, chargedCents: cents(750) }, client(4_250), NOON).spendable).toBe(250)
    expect(fundsFor({ ...limited, chargedCents: cents(1_250) }, client(4_250), NOON).spendable).toBe(0)
    expect(fundsFor(limit(limited, undefined), client(5_000), NOON).spendable).toBe(5_000)
  })

  it('[B14] lends no money', () => {
    expect(fundsFor(limit(session, cents(9_000)), client(500), NOON)).toEqual({
      balance: 500,
      spendable: 500,
    })
  })
})

describe('a limit for a day', () => {
  const limited = (to: number) => ({ ...client(5_000), dailyLimit: { cents: cents(to) } })

  it('[B15] counts what was spent today, and starts again tomorrow', () => {
    const spent = noteSpending(limited(2_000), cents(1_500), NOON)
    expect(fundsFor(session, spent, NOON).spendable).toBe(500)
    expect(fundsFor(session, noteSpending(spent, cents(600), NOON + 1), NOON).spendable).toBe(0)
    expect(fundsFor(session, spent, NOON + DAY / 2).spendable).toBe(2_000)
  })

  it('[B15] does not reach back: a session that was last charged before midnight goes on under a new limit', () => {
    const spent = noteSpending(client(5_000), cents(1_500), NOON)
    const midnight = NOON + DAY / 2
    const limited = { ...spent, dailyLimit: changeDailyLimit(spent, cents(300), midnight + 1_000) }
    expect(fundsFor(session, limited, midnight - 1_000).spendable).toBe(300)
    expect(fundsFor(session, limited, midnight + 2_000).spendable).toBe(300)
    const raised = { ...limited, dailyLimit: changeDailyLimit(limited, cents(900), midnight + 5_000) }
    expect(fundsFor(session, raised, midnight - 1_000).spendable).toBe(300)
  })

  it('[B15] is lowered at once', () => {
    const lowered = { ...limited(2_000), dailyLimit: changeDailyLimit(limited(2_000), cents(1_000), NOON) }
    expect(dailyLimit(lowered, NOON)).toBe(1_000)
    const first = { ...client(5_000), dailyLimit: changeDailyLimit(client(5_000), cents(1_000), NOON) }
    expect(dailyLimit(first, NOON)).toBe(1_000)
  })

  it.each([3_000, undefined])('[B15] is raised to %s after a day, and not a moment sooner', (to) => {
    const raised = {
      ...limited(2_000),
      dailyLimit: changeDailyLimit(limited(2_000), to === undefined ? undefined : cents(to), NOON),
    }
    expect(dailyLimit(raised, NOON + DAY - 1)).toBe(2_000)
    expect(dailyLimit(raised, NOON + DAY)).toBe(to)
  })

  it('[B15] asked for again, what is in force forgets the raise', () => {
    const raised = { ...limited(2_000), dailyLimit: changeDailyLimit(limited(2_000), cents(3_000), NOON) }
    expect(changeDailyLimit(raised, cents(2_000), NOON + 1)).toEqual({ cents: 2_000 })
  })
})

describe('the free seconds', () => {
  const terms = {
    intervalMs: 60_000,
    partialMinute: 'prorated',
    lowFundsCents: 200,
    feePercent: 0,
    freeMs: 15_000,
  } as const

  it('[B13] is given twice a day, and never where it is switched off', () => {
    const once = noteFreeSession(client(1_000), NOON)
    const twice = noteFreeSession(once, NOON + 1)
    expect([client(1_000), once, twice].map((who) => mayBeFree(who, NOON + 2, terms))).toEqual([
      true,
      true,
      false,
    ])
    expect(mayBeFree(twice, NOON + DAY, terms)).toBe(true)
    expect(mayBeFree(client(1_000), NOON, { ...terms, freeMs: 0 })).toBe(false)
  })
})

describe('the message to a reader about how long a client can pay', () => {
  it.each([
    [499, 'short'],
    [500, 'medium'],
    [1_500, 'medium'],
    [1_501, 'long'],
    [90_000, 'long'],
  ])('at $1.00 a minute %i cents are %s: too coarse to show the balance', (spendable, told) => {
    expect(lastsAt(cents(spendable), cents(100))).toBe(told)
  })
})
