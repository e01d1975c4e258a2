import { useId } from 'preact/hooks'
import { SAVE_CARD_CONSENT } from '../../shared/consent.ts'
import type { CardView } from '../../shared/protocol/views.ts'
import type { Till } from './checkout.ts'
import { sayCard, sayExpiry } from './top-up-messages.ts'

/** Which card pays, where there is a choice. */
export function CardChoice({ till }: { till: Till }) {
  const cards = till.cards.value
  if (cards.length === 0) return null
  return (
    <fieldset class="top-up-cards" disabled={till.busy.value}>
      <legend>Pay with</legend>
      {cards.map((card) => (
        <SavedCard key={card.id} card={card} till={till} />
      ))}
      <label class="top-up-saved">
        <input
          type="radio"
          name="top-up-card"
          checked={till.cardId.value === undefined}
          onChange={() => till.choose(undefined)}
        />
        <b>Another card</b>
      </label>
    </fieldset>
  )
}

function SavedCard({ card, till }: { card: CardView; till: Till }) {
  const id = useId()
  return (
    <label class="top-up-saved">
      <input
        type="radio"
        name="top-up-card"
        checked={till.cardId.value === card.id}
        onChange={() => till.choose(card.id)}
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

/** Nobody's card is kept who did not ask for it: the box is empty until somebody ticks it. */
export function SaveCard({ till }: { till: Till }) {
  return (
    <label class="top-up-save">
      <input
        type="checkbox"
        checked={till.saveCard.value}
        disabled={till.busy.value}
        onChange={(event) => till.keepCard(event.currentTarget.checked)}
      />
      <span>{SAVE_CARD_CONSENT}</span>
    </label>
  )
}
