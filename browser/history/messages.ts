/** Words each line of a client's past. */
import { formatCents } from '../../shared/money.ts'
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { PaymentView } from '../../shared/protocol/views.ts'
import { formatBilledClock } from '../lib/billed-time.ts'
import { formatDay, formatTime } from '../lib/format.ts'
import { sayDetails } from '../lib/messages.ts'
import { sayStatus } from '../payments/payment-messages.ts'
import { sayCard } from '../payments/top-up-messages.ts'
import type { PastLine } from './activity.ts'

export interface PastMessages {
  readonly key: string
  readonly icon: SessionKind | 'plus'
  readonly name: string
  /** The address of its receipt. */
  readonly href?: string
  readonly details: string
  /** Written as on a clock; left out for what takes no time. */
  readonly length?: string
  readonly amount: string
  /** True for money that came in. */
  readonly came: boolean
}

export function tellLine(line: PastLine): PastMessages {
  if (line.what === 'session') {
    const { session } = line
    return {
      key: session.id,
      icon: session.kind,
      name: session.readerName,
      href: `/session/${session.id}`,
      details: sayDetails(session),
      length: formatBilledClock(session),
      amount: signed(-session.chargedCents),
      came: false,
    }
  }
  if (line.what === 'payment') return tellPayment(line.payment)
  const { id, cents } = line.credit
  return {
    key: id,
    icon: 'plus',
    name: 'Credit from SoulSeer',
    details: sayWhen(line.at),
    amount: signed(cents),
    came: cents > 0,
  }
}

function tellPayment(payment: PaymentView): PastMessages {
  const { id, createdAt, card, kind, status, amountCents } = payment
  const came = status === 'succeeded'
  const outcome = sayStatus(payment)
  const details = [
    card && sayCard(card),
    kind === 'automatic' && 'automatic',
    sayWhen(createdAt),
    outcome !== 'Added' && outcome.toLowerCase(),
  ]
  return {
    key: id,
    icon: 'plus',
    name: came ? 'Funds added' : 'Top-up',
    href: `/payments/${id}`,
    details: details.filter(Boolean).join(' · '),
    // Money that has not arrived is shown without a sign.
    amount: came ? signed(amountCents) : formatCents(amountCents),
    came,
  }
}

const sayWhen = (at: number): string => `${formatDay(at)}, ${formatTime(at)}`

/** Returns an amount with its sign: `2000` → `"+$20.00"`, `-250` → `"−$2.50"`. */
function signed(cents: number): string {
  if (cents === 0) return formatCents(0)
  return `${cents > 0 ? '+' : '−'}${formatCents(Math.abs(cents))}`
}
