/**
 * Builds a session's receipt as lines of a name and a value: the page, the printed sheet and the
 * file share them.
 */
import { sayCalculation } from '../../shared/billed-time.ts'
import { formatCents } from '../../shared/money.ts'
import type { SessionView } from '../../shared/protocol/session.ts'
import type { BalanceAround, SettingsView } from '../../shared/protocol/views.ts'
import { billedBy, formatBilledSpan } from '../lib/billed-time.ts'
import { formatFull, formatRate, formatShort } from '../lib/format.ts'
import { KIND, sayEnd } from '../lib/messages.ts'
import { type ChargeGroup, groupsOf } from '../session/summary/figures.ts'

export interface ReceiptParts {
  session: SessionView
  /** For the client only. */
  balance: BalanceAround | undefined
  settings: Pick<SettingsView, 'supportEmail'> & Partial<Pick<SettingsView, 'billingIntervalMs'>>
  iAmReader: boolean
}

export type ReceiptLine = readonly [name: string, value: string]

export function receiptLines({ session, balance, settings, iAmReader }: ReceiptParts): ReceiptLine[] {
  const { billingIntervalMs: intervalMs } = settings
  const { startedAt, endedAt } = session
  return [
    ['Receipt', session.id],
    ['Client', session.clientName],
    ['Reader', session.readerName],
    ['Type', `${KIND[session.kind]} session`],
    ['Rate', formatRate(session.rateCents)],
    ['Requested', formatFull(session.requestedAt)],
    ...(startedAt === undefined ? [] : [['Connected', formatFull(startedAt)] as const]),
    ...(endedAt === undefined ? [] : [['Ended', formatFull(endedAt)] as const]),
    ['Paid time', formatBilledSpan(session)],
    ...(startedAt === undefined
      ? []
      : [['Calculation', sayCalculation({ ...session, intervalMs })] as const]),
    ['Pauses, not charged', sayPauses(session)],
    ['Total charged', formatCents(session.chargedCents)],
    ...(iAmReader ? [['Reader earned', formatCents(session.earnedCents)] as const] : []),
    ...(balance ? balanceLines(session, balance) : []),
  ]
}

/**
 * Returns the balance lines. Without what was added during the session the balances would not add
 * up.
 */
function balanceLines(session: SessionView, { beforeCents, afterCents }: BalanceAround): ReceiptLine[] {
  const addedCents = afterCents - beforeCents + session.chargedCents
  return [
    ['Balance before', formatCents(beforeCents)],
    ...(addedCents === 0 ? [] : [['Added during the session', formatCents(addedCents)] as const]),
    ['Balance after', formatCents(afterCents)],
  ]
}

function sayPauses({ pauses, endedAt }: SessionView): string {
  if (pauses.length === 0) return 'none'
  const ms = pauses.reduce((sum, { from, to = endedAt ?? from }) => sum + to - from, 0)
  const count = pauses.reduce((sum, { times = 1 }) => sum + times, 0)
  return `${count}, ${formatShort(ms)} in total`
}

/** Returns the notes that every receipt carries. */
export function receiptNotes({
  settings,
  session,
  iAmReader,
}: Pick<ReceiptParts, 'settings' | 'session' | 'iAmReader'>): string[] {
  const refund = iAmReader ? '' : ' Unused balance can be refunded to your card the same way.'
  return [
    'Only the time both were connected is charged, at the rate agreed before the session.',
    `Something wrong? Write to ${settings.supportEmail} and mention receipt ${session.id}.${refund}`,
  ]
}

/** Returns the whole receipt as plain text. */
export function receiptText(parts: ReceiptParts): string {
  return textOf({
    lines: receiptLines(parts),
    notes: receiptNotes(parts),
    between: [
      sayEnd(parts.session, parts.iAmReader),
      '',
      ...groupsOf(parts.session.charges).map((group) => chargeText(parts.session, group)),
    ],
  })
}

/** Returns any receipt as plain text: its lines in two columns, what goes between, its notes. */
export function textOf({
  lines,
  notes,
  between = [],
}: {
  lines: readonly ReceiptLine[]
  notes: readonly string[]
  between?: readonly string[]
}): string {
  const width = Math.max(...lines.map(([name]) => name.length))
  const body = lines.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
  const middle = between.length > 0 ? [...between, ''] : []
  return ['SoulSeer, https://soulseer.app', '', ...body, '', ...middle, ...notes, ''].join('\n')
}

function chargeText(session: SessionView, group: ChargeGroup): string {
  const [{ at }] = group.lines
  const until = `to ${formatBilledSpan(billedBy(session, group))}`
  const sums = `${formatCents(group.cents)}, running total ${formatCents(group.totalCents)}`
  return `${sayMinutes(group)}, ${until}, ${formatFull(at)}: ${sums}`
}

/** Returns the label of a group: `"Minute 3"`, or `"Minutes 3 to 42, 40 × $2.50"`. */
function sayMinutes({ lines }: ChargeGroup): string {
  const [first] = lines
  if (lines.length === 1) return `Minute ${first.minute}`
  const last = lines.at(-1) ?? first
  return `Minutes ${first.minute} to ${last.minute}, ${lines.length} × ${formatCents(first.cents)}`
}
