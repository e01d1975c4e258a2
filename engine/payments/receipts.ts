/** Queues the receipts of top-ups. */
import type { TellingTx } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import { clientIn, topUpIn } from './top-up-records.ts'

/** Queues the receipt of a top-up that this commit credits. */
export function queueTopUpReceipt(tx: TellingTx, clientId: string, topUpId: string): void {
  const client = clientIn(tx, clientId)
  const { balanceCents, autoTopUp } = client
  const about = { userId: clientId, event: topUpId }
  if (topUpIn(client, topUpId).kind !== 'automatic' || !autoTopUp) {
    queueMail(tx, { ...about, template: 'topup_receipt', values: { balanceCents } })
    return
  }
  const { thresholdCents, dailyCapCents } = autoTopUp
  queueMail(tx, { ...about, template: 'auto_topup', values: { balanceCents, thresholdCents, dailyCapCents } })
}
