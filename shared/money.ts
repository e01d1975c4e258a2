/** Keeps money in whole cents, and reads and writes amounts of dollars. */
/** A whole number of US cents. Made by {@link cents} alone, so a fraction can never become one. */
export type Cents = number & { readonly __cents: unique symbol }

/** Returns `value` as cents; throws a RangeError for anything but a safe whole number. */
export function cents(value: number): Cents {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number of cents: ${value}`)
  return value as Cents
}

export const NO_CENTS = cents(0)

/** Formats cents as dollars: `1234` → `"$12.34"`, `-5` → `"-$0.05"`. */
export function formatCents(value: number): string {
  const whole = Math.abs(value)
  const sign = value < 0 ? '-' : ''
  return `${sign}$${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`
}

const ARABIC_DIGITS = /[\u0660-\u0669\u06F0-\u06F9]/g

/**
 * Returns dollars as a person types them in cents: `"2"`, `"$2.5"`, with the comma that most of
 * Europe and Latin America have on the keypad, with full-width or Arabic digits. Undefined when
 * they are not an amount.
 */
export function parseDollars(text: string): Cents | undefined {
  // In both of the Arabic blocks the last four bits are the digit.
  const plain = text.normalize('NFKC').replace(ARABIC_DIGITS, (digit) => String(digit.charCodeAt(0) & 0xf))
  const match = /^\$?(\d{1,6})(?:[.,\u066B](\d{1,2}))?$/.exec(plain.trim())
  if (!match) return undefined
  return cents(Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')))
}
