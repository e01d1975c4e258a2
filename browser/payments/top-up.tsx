/** Draws the form that adds money without leaving the page: an amount, the card, one button. */
import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { TOP_UP_CHOICES_CENTS } from '../../shared/bounds.ts'
import { formatCents } from '../../shared/money.ts'
import { http } from '../lib/page.ts'
import { Alert } from '../ui/alert.tsx'
import { say } from '../ui/announcements.ts'
import { useIsHere } from '../ui/forms.ts'
import { type Added, type Checkout, createCheckout } from './checkout.ts'
import { Amount, amountOf, type Choice } from './top-up-amount.tsx'
import { CardChoice, SaveCard } from './top-up-cards.tsx'
import { createTopUpServer } from './top-up-server.ts'

const FIRST_CENTS = TOP_UP_CHOICES_CENTS[1]

export interface TopUpProps {
  userId: string
  /** With a rate, each amount says how many minutes it buys. */
  rateCents?: number
  readerName?: string
  /** Runs once the money is in the balance; `isOpen` is false where the form was closed before. */
  onDone: (added: Added, isOpen: boolean) => void
  onCancel?: () => void
}

export function TopUp({ userId, rateCents, readerName, onDone, onCancel }: TopUpProps) {
  const checkout = useMemo(() => createCheckout({ userId, server: createTopUpServer(http) }), [userId])
  const choice = useSignal<Choice>({ kind: 'offered', cents: FIRST_CENTS })
  const wrong = useSignal(false)
  const isHere = useIsHere()
  const amountCents = amountOf(choice.value)

  const choose = (next: Choice) => {
    choice.value = next
    wrong.value = false
    const chosen = amountOf(next)
    if (chosen !== undefined) checkout.changeAmount(chosen)
  }

  const submit = async (event: Event) => {
    event.preventDefault()
    wrong.value = amountCents === undefined
    if (amountCents === undefined) return
    const added = await checkout.pay(amountCents)
    if (!added) return
    onDone(added, isHere())
    // By then the dialog over the page is gone, and what lies under it can be heard again.
    requestAnimationFrame(() => say(`${formatCents(amountCents)} added.`))
  }

  return (
    <form class="top-up" noValidate onSubmit={submit} aria-busy={checkout.busy.value}>
      <Amount
        choice={choice.value}
        onChoice={choose}
        wrong={wrong.value}
        locked={checkout.busy.value}
        rateCents={rateCents}
        readerName={readerName}
      />
      <CardChoice checkout={checkout} />
      <Card checkout={checkout} />
      <div class="top-up-actions">
        <Problem words={checkout.problem.value} />
        <p class="top-up-progress" role="status">
          {checkout.busy.value ? 'Paying…' : ''}
        </p>
        {onCancel && (
          <button type="button" class="button quiet" onClick={onCancel}>
            Not now
          </button>
        )}
        <button type="submit" class="button primary" aria-disabled={checkout.busy.value}>
          {amountCents === undefined ? 'Pay' : `Pay ${formatCents(amountCents)}`}
        </button>
      </div>
    </form>
  )
}

/**
 * Draws what went wrong above the button that was pressed, where it is in view on every screen, and
 * puts the focus there.
 */
function Problem({ words }: { words: string }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (words) place.current?.focus()
  }, [words])
  return (
    <div ref={place} class="top-up-problem" tabIndex={-1}>
      {words && <Alert>{words}</Alert>}
    </div>
  )
}

/**
 * Draws the place for Stripe's card form: what is typed there never passes through our page's code.
 */
function Card({ checkout }: { checkout: Checkout }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (place.current) checkout.open(place.current, FIRST_CENTS)
    return checkout.close
  }, [checkout])
  return (
    <div class="top-up-card" hidden={checkout.cardId.value !== undefined}>
      <div ref={place} />
      <SaveCard checkout={checkout} />
    </div>
  )
}
