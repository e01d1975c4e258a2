/** Starts the page with the receipt of one top-up. */
import type { PaymentReceiptView, SettingsView } from '../../shared/protocol/views.ts'
import { paymentLines, paymentNotes } from '../history/payment-receipt.ts'
import { textOf } from '../history/receipt.ts'
import { ReceiptSheet, saveAs } from '../history/receipt-sheet.tsx'
import type { Failure } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { http } from '../lib/page.ts'
import { Icon } from '../ui/icon.tsx'
import { type SignedInParts, signIn } from '../ui/signed-in.tsx'
import { sayOutcome } from './payment-messages.ts'
import { createPaymentsServer } from './server.ts'

/** Draws the receipt of the top-up whose id is in the page's address. */
export async function startPayment(parts: SignedInParts & { paymentId: string }): Promise<void> {
  const server = createPaymentsServer(http)
  const [signedIn, answer] = await Promise.all([signIn(parts), server.payment(parts.paymentId)])
  if (!signedIn) return
  signedIn.draw(
    answer.ok ? (
      <PaymentPage payment={answer.value.payment} settings={signedIn.settings} />
    ) : (
      <NotHere failure={answer.failure} />
    ),
  )
}

function NotHere({ failure }: { failure: Failure }) {
  const isUnknown = failure.code === 'not_found'
  return (
    <section class="alone">
      <h1>This receipt cannot be shown</h1>
      <p>{isUnknown ? 'There is no such receipt in your account.' : sayFailure(failure)}</p>
      <div class="row">
        {!isUnknown && (
          <button type="button" class="button primary" onClick={() => location.reload()}>
            Try again
          </button>
        )}
        <a class={isUnknown ? 'button primary' : 'button'} href="/history">
          Back to history
        </a>
      </div>
    </section>
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
