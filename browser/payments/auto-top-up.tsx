/** Draws automatic top-ups: off until the client turns them on, and described in full while on. */
import { useSignal } from '@preact/signals'
import { TOP_UP_MIN_CENTS } from '../../shared/bounds.ts'
import { autoTopUpConsent } from '../../shared/consent.ts'
import { DAY_MUST_COVER_ONE } from '../../shared/messages.ts'
import { askThousands, formatCents, parseDollars } from '../../shared/money.ts'
import type { AutoTopUpBody } from '../../shared/protocol/http.ts'
import { Field } from '../ui/field.tsx'
import { sayAutomatic } from './payment-messages.ts'
import type { PaymentsStore } from './store.ts'

export function AutoTopUp({ store }: { store: PaymentsStore }) {
  const payments = store.payments.value
  const cards = store.cards.value
  if (payments.state !== 'ready' || cards.state !== 'ready') return null
  const { automatic } = payments.value
  return (
    <section class="auto-top-up" aria-labelledby="auto-top-up-title">
      <h3 id="auto-top-up-title">Automatic top-up</h3>
      {automatic && <p>{sayAutomatic(automatic)}</p>}
      {automatic && (
        <button
          type="button"
          class="button"
          aria-disabled={store.busy.value}
          onClick={() => void store.switchOff()}
        >
          Turn off
        </button>
      )}
      {(!automatic || automatic.resting) &&
        (cards.value.cards.length === 0 ? (
          <p class="hint">Off. It needs a saved card.</p>
        ) : (
          <SwitchOn store={store} />
        ))}
    </section>
  )
}

function SwitchOn({ store }: { store: PaymentsStore }) {
  const amount = useSignal('20')
  const threshold = useSignal('5')
  const cap = useSignal('60')
  // The words that were ticked: other amounts are other words, and need another tick.
  const agreed = useSignal('')
  const wrong = useSignal('')
  const wish = wishOf(amount.value, threshold.value, cap.value)
  const words = typeof wish === 'string' ? '' : autoTopUpConsent(wish)

  const submit = async (event: Event) => {
    event.preventDefault()
    if (typeof wish === 'string') wrong.value = wish
    else if (agreed.value !== words) wrong.value = 'Tick the box to agree.'
    else {
      wrong.value = ''
      await store.switchOn(wish)
    }
  }

  return (
    <form class="auto-form" noValidate onSubmit={submit}>
      <Dollars label="Add ($)" name="auto-amount" of={amount} />
      <Dollars label="When the balance is at or below ($)" name="auto-threshold" of={threshold} />
      <Dollars label="Daily maximum ($)" name="auto-cap" of={cap} />
      <label class="top-up-save">
        <input
          type="checkbox"
          disabled={words === ''}
          checked={words !== '' && agreed.value === words}
          onChange={(event) => {
            agreed.value = event.currentTarget.checked ? words : ''
          }}
        />
        <span>{words || 'Enter the three amounts to see what you agree to.'}</span>
      </label>
      {wrong.value && (
        <p class="error" role="alert">
          {wrong.value}
        </p>
      )}
      <button type="submit" class="button" aria-disabled={store.busy.value}>
        Turn on
      </button>
    </form>
  )
}

/** Returns the amounts that were typed, or what is wrong with them. */
function wishOf(...typed: readonly [string, string, string]): AutoTopUpBody | string {
  const [amountCents, thresholdCents, dailyCapCents] = typed.map(parseDollars)
  if (amountCents === undefined || thresholdCents === undefined || dailyCapCents === undefined) {
    return typed.map(askThousands).find(Boolean) ?? 'Enter amounts in dollars, like 20.'
  }
  if (amountCents < TOP_UP_MIN_CENTS) return `Enter ${formatCents(TOP_UP_MIN_CENTS)} or more.`
  return dailyCapCents < amountCents ? DAY_MUST_COVER_ONE : { amountCents, thresholdCents, dailyCapCents }
}

function Dollars({ label, name, of }: { label: string; name: string; of: { value: string } }) {
  const take = (text: string) => {
    of.value = text
  }
  return (
    <Field label={label} name={name} value={of.value} onValue={take} inputMode="decimal" autocomplete="off" />
  )
}
