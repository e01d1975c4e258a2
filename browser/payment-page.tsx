import type { PaymentReceiptView, SettingsView } from '../shared/protocol.ts'
import { earlyFetch } from './early.ts'
import { Icon } from './parts/icon.tsx'
import { paymentLines, paymentNotes } from './payment-receipt.ts'
import { createPaymentsServer } from './payments-server.ts'
import { sayOutcome } from './payments-words.ts'
import { textOf } from './receipt.ts'
import { ReceiptSheet, saveAs } from './receipt-sheet.tsx'
import { type SignedInParts, signIn, Trouble } from './signed-in.tsx'

/** The receipt of one top-up, by the id in the page's address. */
export async function startPayment(parts: SignedInParts & { paymentId: string }): Promise<void> {
  const server = createPaymentsServer(earlyFetch)
  const [signedIn, answer] = await Promise.all([signIn(parts), server.payment(parts.paymentId)])
  if (!signedIn) return
  signedIn.draw(
    answer.ok ? (
      <PaymentPage payment={answer.value.payment} settings={signedIn.settings} />
    ) : (
      <Trouble failed={answer} />
    ),
  )
}

function PaymentPage({ payment, settings }: { payment: PaymentReceiptView; settings: SettingsView }) {
  const sheet = { lines: paymentLines(payment), notes: paymentNotes(payment, settings) }
  return (
    <article class="summary">
      <header>
        <h1>Top-up receipt</h1>
        <p class="lead">{sayOutcome(payment)}</p>
      </header>
      <div class="row">
        <a class="button" href="/history">
          Back to history
        </a>
        <button type="button" class="button" onClick={() => print()}>
          <Icon name="print" />
          Print
        </button>
        <button
          type="button"
          class="button"
          onClick={() => saveAs(`soulseer-${payment.id}.txt`, textOf(sheet))}
        >
          <Icon name="download" />
          Save as text
        </button>
      </div>
      <ReceiptSheet {...sheet} />
      {payment.receiptUrl && (
        <p>
          <a href={payment.receiptUrl} target="_blank" rel="noopener noreferrer">
            Stripe’s own receipt
          </a>
        </p>
      )}
    </article>
  )
}
