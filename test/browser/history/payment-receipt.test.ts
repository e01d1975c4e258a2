/** Tests the receipt of a payment. */
import { describe, expect, it } from 'vitest'
import { paymentLines, paymentNotes } from '../../../browser/history/payment-receipt.ts'
import { textOf } from '../../../browser/history/receipt.ts'
import type { PaymentReceiptView } from '../../../shared/protocol/views.ts'

const paid: PaymentReceiptView = {
  id: 'top-up-1',
  clientName: 'Ana',
  amountCents: 2_000,
  status: 'succeeded',
  kind: 'saved',
  createdAt: 1_000,
  creditedAt: 4_000,
  card: { brand: 'visa', last4: '4242' },
  returns: [],
}
const settings = { supportEmail: 'help@example.com' }

describe('the receipt of a top-up', () => {
  it('names everything that a client may want to look up later', () => {
    const lines = Object.fromEntries(paymentLines(paid))
    expect(lines).toMatchObject({
      Receipt: 'top-up-1',
      Client: 'Ana',
      Amount: '$20.00',
      Card: 'Visa ending in 4242',
      'Paid by': 'Saved card',
      Status: 'Added',
    })
    for (const instant of ['Started', 'Added to the balance']) expect(lines[instant]).toMatch(/1970/)
    expect(lines).not.toHaveProperty('Refunded')
    expect(paymentNotes(paid, settings).join(' ')).toContain('help@example.com')
  })

  it('shows what went back, and what is left', () => {
    const returned = {
      ...paid,
      reversedCents: 1_250,
      returns: [{ cents: 500, at: 9_000 }, { cents: 750 }],
    }
    const lines = paymentLines(returned)
    const back = lines.filter(([name]) => name === 'Refunded').map(([, value]) => value)
    expect(back).toEqual([expect.stringMatching(/^\$5\.00, .*1970/), '$7.50 by the bank'])
    expect(lines.at(-1)).toEqual(['Remaining', '$7.50'])
    expect(Object.fromEntries(lines).Status).toBe('$12.50 refunded')
  })

  it('of a payment that did not come about says that nothing was added', () => {
    const { creditedAt: _, card: __, ...started } = paid
    const failed: PaymentReceiptView = { ...started, status: 'failed' }
    expect(Object.fromEntries(paymentLines(failed))).toMatchObject({
      Status: 'Not paid',
      Card: 'not known yet',
    })
    expect(paymentNotes(failed, settings)[0]).toContain('Nothing was added')
  })

  it('as text has every line and every note', () => {
    const text = textOf({ lines: paymentLines(paid), notes: paymentNotes(paid, settings) })
    for (const [name, value] of paymentLines(paid)) {
      expect(text).toMatch(new RegExp(`^${name} +${value.replace(/[$.?]/g, '\\$&')}$`, 'm'))
    }
    expect(text).not.toMatch(/undefined|NaN/)
  })
})
