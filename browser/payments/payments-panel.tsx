/** Draws a client's top-ups, saved cards and automatic top-ups, on any of the client's pages. */
import { useEffect, useMemo } from 'preact/hooks'
import { formatCents } from '../../shared/money.ts'
import type { CardView, PaymentView } from '../../shared/protocol/views.ts'
import { formatDay, formatTime } from '../lib/format.ts'
import { sayFailure } from '../lib/messages.ts'
import { http } from '../lib/page.ts'
import type { BrowserSocket } from '../lib/socket.ts'
import { Alert, Said } from '../ui/alert.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { AutoTopUp } from './auto-top-up.tsx'
import { PaymentAction } from './payment-action.tsx'
import { FROZEN, sayDebt, sayStatus } from './payment-messages.ts'
import { createPaymentsServer } from './server.ts'
import { createPaymentsStore, type PaymentsStore } from './store.ts'
import { sayCard, sayExpiry } from './top-up-messages.ts'

export interface PaymentsPanelProps {
  userId: string
  /** The panel reloads when a balance arrives over it. */
  socket: BrowserSocket
}

export function PaymentsPanel({ userId, socket }: PaymentsPanelProps) {
  const store = useMemo(() => createPaymentsStore(createPaymentsServer(http)), [])
  useEffect(() => {
    const look = () => void store.loadPayments()
    look()
    void store.loadCards()
    socket.on('balance', look)
    return () => void socket.off('balance', look)
  }, [store, socket])
  return (
    <section class="payments card" aria-labelledby="payments-title">
      <h2 id="payments-title">Payments</h2>
      {store.failure.value && (
        <Alert>
          <p>
            <Said words={sayFailure(store.failure.value)} />
          </p>
        </Alert>
      )}
      <Loaded of={store.payments.value} what="Your payments" retry={() => void store.loadPayments()}>
        {({ payments, debtCents, frozen, action }) => (
          <>
            {frozen && (
              <p class="notice">
                <span>
                  <Said words={FROZEN} />
                </span>
              </p>
            )}
            {debtCents !== undefined && <p class="notice">{sayDebt(debtCents)}</p>}
            {action && (
              <PaymentAction userId={userId} action={action} onDone={() => void store.loadPayments()} />
            )}
            <History payments={payments} />
          </>
        )}
      </Loaded>
      <SavedCards store={store} />
      <AutoTopUp store={store} />
    </section>
  )
}

function History({ payments }: { payments: readonly PaymentView[] }) {
  if (payments.length === 0) return <p class="empty">No payments yet.</p>
  return (
    <table class="payment-list">
      <thead>
        <tr>
          <th scope="col">Payment</th>
          <th scope="col" class="number">
            Amount
          </th>
          <th scope="col">Status</th>
        </tr>
      </thead>
      <tbody>
        {payments.map((payment) => (
          <HistoryLine key={payment.id} payment={payment} />
        ))}
      </tbody>
    </table>
  )
}

function HistoryLine({ payment }: { payment: PaymentView }) {
  const { createdAt, card, kind, amountCents, receiptUrl } = payment
  const details = [card && sayCard(card), kind === 'automatic' ? 'automatic' : undefined]
  return (
    <tr>
      <td>
        {formatDay(createdAt)}, {formatTime(createdAt)}
        <small>{details.filter(Boolean).join(' · ')}</small>
      </td>
      <td class="number">{formatCents(amountCents)}</td>
      <td>
        {sayStatus(payment)}
        {receiptUrl && (
          <small>
            <a href={receiptUrl} target="_blank" rel="noopener noreferrer">
              Receipt
            </a>
          </small>
        )}
      </td>
    </tr>
  )
}

function SavedCards({ store }: { store: PaymentsStore }) {
  return (
    <section class="saved-cards" aria-labelledby="saved-cards-title">
      <h3 id="saved-cards-title">Saved cards</h3>
      <Loaded of={store.cards.value} what="Your saved cards" retry={() => void store.loadCards()}>
        {({ cards }) =>
          cards.length === 0 ? (
            <p class="hint">No saved cards. A card is saved only when you tick the box while paying.</p>
          ) : (
            <ul>
              {cards.map((card) => (
                <SavedCard key={card.id} card={card} store={store} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  )
}

function SavedCard({ card, store }: { card: CardView; store: PaymentsStore }) {
  const name = sayCard(card)
  return (
    <li>
      <span>
        <b>{name}</b>
        <small>
          {sayExpiry(card)}
          {card.isDefault && ' · default'}
        </small>
      </span>
      <span class="row">
        {!card.isDefault && (
          <button
            type="button"
            class="button"
            aria-disabled={store.busy.value}
            aria-label={`Make default: ${name}`}
            onClick={() => void store.makeDefault(card.id)}
          >
            Make default
          </button>
        )}
        <button
          type="button"
          class="button"
          aria-disabled={store.busy.value}
          aria-label={`Remove ${name}`}
          onClick={() => void store.removeCard(card.id)}
        >
          Remove
        </button>
      </span>
    </li>
  )
}
