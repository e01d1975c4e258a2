/** Draws the choice of an amount to add. */
import { useId } from 'preact/hooks'
import { TOP_UP_CHOICES_CENTS, TOP_UP_MAX_CENTS, TOP_UP_MIN_CENTS } from '../../shared/bounds.ts'
import { formatCents, parseDollars } from '../../shared/money.ts'
import { Field } from '../ui/field.tsx'
import { sayAmount, sayMinutes, sayMinutesShort } from './top-up-messages.ts'

/** Holds the choice: one of the offered amounts, or what was typed in dollars. */
export type Choice = { kind: 'offered'; cents: number } | { kind: 'other'; text: string }

/** Returns the chosen amount in cents; undefined while it cannot be paid. */
export function amountOf(choice: Choice): number | undefined {
  const cents = choice.kind === 'offered' ? choice.cents : parseDollars(choice.text)
  return cents !== undefined && cents >= TOP_UP_MIN_CENTS && cents <= TOP_UP_MAX_CENTS ? cents : undefined
}

interface AmountProps {
  choice: Choice
  onChoice: (choice: Choice) => void
  /** True to say that the amount cannot be paid. */
  wrong: boolean
  /** Fixes the amount while a payment is under way. */
  locked: boolean
  rateCents: number | undefined
  readerName: string | undefined
}

/** Draws the offered amounts, and one's own, each with the time it buys. */
export function Amount({ choice, onChoice, wrong, locked, rateCents, readerName }: AmountProps) {
  const minutes = (cents: number | undefined) =>
    cents === undefined || rateCents === undefined ? undefined : sayMinutes(cents, rateCents, readerName)
  const other = choice.kind === 'other' ? choice : undefined
  return (
    <fieldset class="top-up-amounts" disabled={locked}>
      <legend>{readerName ? `Amount, and the time it buys with ${readerName}` : 'Amount'}</legend>
      {TOP_UP_CHOICES_CENTS.map((cents) => (
        <Option
          key={cents}
          label={sayAmount(cents)}
          hint={minutes(cents)}
          short={rateCents === undefined ? undefined : sayMinutesShort(cents, rateCents)}
          checked={choice.kind === 'offered' && choice.cents === cents}
          onPick={() => onChoice({ kind: 'offered', cents })}
        />
      ))}
      <Option
        label="Other amount"
        hint={undefined}
        short={undefined}
        checked={other !== undefined}
        onPick={() => onChoice({ kind: 'other', text: '' })}
      />
      {other && <OwnAmount other={other} onChoice={onChoice} wrong={wrong} hint={minutes(amountOf(other))} />}
    </fieldset>
  )
}

interface OptionProps {
  label: string
  hint: string | undefined
  /** The hint as the tile shows it. */
  short: string | undefined
  checked: boolean
  onPick: () => void
}

/**
 * Draws one tile. All of it can be pressed; its name is only the amount, and the time it buys
 * describes it.
 */
function Option({ label, hint, short, checked, onPick }: OptionProps) {
  const id = useId()
  return (
    <label class="top-up-amount">
      <input
        type="radio"
        name="top-up-amount"
        checked={checked}
        onChange={onPick}
        aria-labelledby={`${id}-sum`}
        aria-describedby={hint && `${id}-hint`}
      />
      <b id={`${id}-sum`}>{label}</b>
      {hint && (
        <>
          <span class="hint" aria-hidden="true">
            {short}
          </span>
          <span id={`${id}-hint`} class="unseen">
            {hint}
          </span>
        </>
      )}
    </label>
  )
}

interface OwnAmountProps {
  other: { text: string }
  onChoice: (choice: Choice) => void
  wrong: boolean
  hint: string | undefined
}

function OwnAmount({ other, onChoice, wrong, hint }: OwnAmountProps) {
  const range = `From ${formatCents(TOP_UP_MIN_CENTS)} to ${formatCents(TOP_UP_MAX_CENTS)}`
  return (
    <Field
      label="Amount in dollars"
      name="top-up-other"
      value={other.text}
      onValue={(text) => onChoice({ kind: 'other', text })}
      inputMode="decimal"
      autocomplete="off"
      hint={hint ?? range}
      error={wrong ? `Enter an amount ${range.toLowerCase()}, like 25.` : undefined}
    />
  )
}
