/** Draws the choice between saved cards and a new one. */
import { useId } from 'preact/hooks'
import { SAVE_CARD_CONSENT } from '../../shared/consent.ts'
import type { CardView } from '../../shared/protocol/views.ts'
import type { Checkout } from './checkout.ts'
import { sayCard, sayExpiry } from './top-up-messages.ts'

export function CardChoice({ checkout }: { checkout: Checkout }) {
  const cards = checkout.cards.value
  if (cards.length === 0) return null
  return (
    <fieldset class="top-up-cards" disabled={checkout.busy.value}>
      <legend>Pay with</legend>
      {cards.map((card) => (
        <SavedCard key={card.id} card={card} checkout={checkout} />
      ))}
      <label class="top-up-saved">
        <input
          type="radio"
          name="top-up-card"
          checked={checkout.cardId.value === undefined}
          onChange={() => checkout.choose(undefined)}
        />
        <b>Another card</b>
      </label>
    </fieldset>
  )
}

function SavedCard({ card, checkout }: { card: CardView; checkout: Checkout }) {
  const id = useId()
  return (
    <label class="top-up-saved">
      <input
        type="radio"
        name="top-up-card"
        checked={checkout.cardId.value === card.id}
        onChange={() => checkout.choose(card.id)}
        aria-labelledby={`${id}-name`}
        aria-describedby={`${id}-until`}
      />
      <b id={`${id}-name`}>{sayCard(card)}</b>
      <span id={`${id}-until`} class="hint">
        {sayExpiry(card)}
      </span>
    </label>
  )
}

/**
 * Draws the box for saving a card. It is empty until ticked, because no card is kept unless the
 * client asks for it.
 */
export function SaveCard({ checkout }: { checkout: Checkout }) {
  return (
    <label class="top-up-save">
      <input
        type="checkbox"
        checked={checkout.saveCard.value}
        disabled={checkout.busy.value}
        onChange={(event) => checkout.keepCard(event.currentTarget.checked)}
      />
      <span>{SAVE_CARD_CONSENT}</span>
    </label>
  )
}
