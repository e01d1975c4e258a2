/**
 * Builds a top-up's receipt as lines of a name and a value: the page, the printed sheet and the
 * file share them.
 */
import { formatCents } from '../../shared/money.ts'
import type { PaymentReceiptView, SettingsView } from '../../shared/protocol/views.ts'
import { formatFull } from '../lib/format.ts'
import { sayStatus } from '../payments/payment-messages.ts'
import { sayCard } from '../payments/top-up-messages.ts'
import type { ReceiptLine } from './receipt.ts'

const HOW: Record<PaymentReceiptView['kind'], string> = {
  form: 'Card',
  saved: 'Saved card',
  automatic: 'Automatic top-up',
}

export function paymentLines(payment: PaymentReceiptView): ReceiptLine[] {
  const { id, clientName, amountCents, card, kind, createdAt, creditedAt } = payment
  return [
    ['Receipt', id],
    ['Client', clientName],
    ['Amount', formatCents(amountCents)],
    ['Card', card ? sayCard(card) : 'not known yet'],
    ['Paid by', HOW[kind]],
    ['Started', formatFull(createdAt)],
    ...(creditedAt === undefined ? [] : [['Added to the balance', formatFull(creditedAt)] as const]),
    ['Status', sayStatus(payment)],
    ...returnLines(payment),
  ]
}

/** Returns the lines for each refund or dispute, and what is left of the payment after it. */
function returnLines({ returns, amountCents }: PaymentReceiptView): ReceiptLine[] {
  if (returns.length === 0) return []
  const backCents = returns.reduce((sum, { cents }) => sum + cents, 0)
  return [
    ...returns.map(
      ({ cents, at }) =>
        [
          'Refunded',
          at === undefined ? `${formatCents(cents)} by the bank` : `${formatCents(cents)}, ${formatFull(at)}`,
        ] as const,
    ),
    ['Remaining', formatCents(amountCents - backCents)],
  ]
}

export function paymentNotes(
  { id, status }: PaymentReceiptView,
  settings: Pick<SettingsView, 'supportEmail'>,
) {
  const { supportEmail } = settings
  return [
    status === 'succeeded'
      ? 'Use it for any reading. Unused balance can be refunded to your card.'
      : 'Nothing was added to your balance.',
    `Something wrong? Write to ${supportEmail} and mention receipt ${id}.`,
  ]
}
