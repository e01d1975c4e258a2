/** Tests the receipt of a session. */
import { describe, expect, it } from 'vitest'
import { receiptLines, receiptNotes, receiptText } from '../../../browser/history/receipt.ts'
import { parseDollars } from '../../../shared/money.ts'
import type { SessionView } from '../../../shared/protocol/session.ts'
import fc from '../../support/properties.ts'
import { ended, requested } from '../page-fakes.ts'

const receipted: SessionView = {
  ...ended,
  earnedCents: 531,
  charges: [{ minute: 1, billedMs: 60_000, cents: 250, at: 81_000 }],
}
const settings = { supportEmail: 'help@example.com' }
const balance = { beforeCents: 2_000, afterCents: 1_375 }
const forClient = { session: receipted, balance, settings, iAmReader: false }
const forReader = { session: receipted, balance: undefined, settings, iAmReader: true }

describe('a receipt', () => {
  it('names everything that a client may want to look up later', () => {
    const lines = Object.fromEntries(receiptLines(forClient))
    expect(lines).toMatchObject({
      Receipt: 's',
      Client: 'Ana',
      Reader: 'Mara',
      Type: 'Video session',
      Rate: '$2.50/min',
      'Paid time': '2 min 30 s',
      'Pauses, not charged': '1, 30 s in total',
      'Total charged': '$6.25',
      'Balance before': '$20.00',
      'Balance after': '$13.75',
    })
    for (const instant of ['Requested', 'Connected', 'Ended']) expect(lines[instant]).toMatch(/1970/)
    expect(receiptNotes(forClient).join(' ')).toContain('help@example.com')
  })

  it('shows the time that was billed, and how it comes to the charge', () => {
    const charges = [
      { minute: 3, billedMs: 180_000, cents: 1_497, at: 201_000 },
      { minute: 4, billedMs: 214_937, cents: 290, at: 235_937 },
    ]
    const cut = {
      ...receipted,
      rateCents: 499,
      billedMs: 214_937,
      durationSeconds: 214,
      chargedCents: 1_787,
      charges,
    }
    const parts = { ...forClient, session: cut, balance: undefined }
    expect(Object.fromEntries(receiptLines(parts))).toMatchObject({
      'Paid time': '3 min 34.9 s',
      Calculation: '214.9 s ÷ 60 s × $4.99, rounded down to the cent',
      'Total charged': '$17.87',
    })
    expect(receiptText(parts)).toMatch(
      /^Minute 4, to 3 min 34\.9 s, .*1970.*: \$2\.90, running total \$17\.87$/m,
    )
  })

  it('shows the reader the earnings, and nothing of the client’s balance', () => {
    const lines = Object.fromEntries(receiptLines(forReader))
    expect(lines['Reader earned']).toBe('$5.31')
    expect(Object.keys(lines).filter((name) => name.startsWith('Balance'))).toEqual([])
  })

  it('counts short pauses that were added to a longer one', () => {
    const pauses = [{ from: 81_000, to: 111_000, cause: 'reader_connection' as const, times: 3 }]
    const lines = Object.fromEntries(receiptLines({ ...forClient, session: { ...receipted, pauses } }))
    expect(lines['Pauses, not charged']).toBe('3, 30 s in total')
  })

  it('of a missed request says that nothing was charged', () => {
    const missed: SessionView = { ...requested, status: 'ended', endedAt: 46_000, endReason: 'missed' }
    const lines = Object.fromEntries(receiptLines({ ...forClient, session: missed, balance: undefined }))
    expect(lines).toMatchObject({
      'Paid time': '0 s',
      'Total charged': '$0.00',
      'Pauses, not charged': 'none',
    })
    expect(lines).not.toHaveProperty('Connected')
    expect(lines).not.toHaveProperty('Calculation')
  })

  it('balances add up, also when money was added meanwhile', () => {
    const amounts = fc.record({ before: fc.nat(90_000), added: fc.nat(50_000), charged: fc.nat(90_000) })
    fc.assert(
      fc.property(amounts, ({ before, added, charged }) => {
        fc.pre(charged <= before + added)
        const around = { beforeCents: before, afterCents: before + added - charged }
        const session = { ...receipted, chargedCents: charged }
        const lines = Object.fromEntries(receiptLines({ ...forClient, session, balance: around }))
        const cents = (name: string) => parseDollars(lines[name] ?? '$0') ?? Number.NaN
        const sum = cents('Balance before') + cents('Added during the session') - cents('Total charged')
        expect(sum).toBe(cents('Balance after'))
      }),
    )
  })

  it('as text has every line and every charge', () => {
    const text = receiptText(forClient)
    for (const [name, value] of receiptLines(forClient)) {
      expect(text).toMatch(new RegExp(`^${name} +${value.replace(/[$.?]/g, '\\$&')}$`, 'm'))
    }
    expect(text).toContain('$2.50')
    expect(text).toContain('https://soulseer.app')
    expect(text).toContain('You ended the session.')
    expect(text).not.toMatch(/undefined|NaN/)
  })
})
