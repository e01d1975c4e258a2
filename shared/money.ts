/** Keeps money in whole cents, and reads and writes amounts of dollars. */
/** A whole number of US cents. Made by {@link cents} alone, so a fraction can never become one. */
export type Cents = number & { readonly __cents: unique symbol }

/** Returns `value` as cents; throws a RangeError for anything but a safe whole number. */
export function cents(value: number): Cents {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number of cents: ${value}`)
  return value as Cents
}

export const NO_CENTS = cents(0)

/** Formats cents as dollars: `1234` → `"$12.34"`, `184350` → `"$1,843.50"`, `-5` → `"-$0.05"`. */
export function formatCents(value: number): string {
  const whole = Math.abs(value)
  const sign = value < 0 ? '-' : ''
  const dollars = String(Math.floor(whole / 100)).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${sign}$${dollars}.${String(whole % 100).padStart(2, '0')}`
}

const ARABIC_DIGITS = /[\u0660-\u0669\u06F0-\u06F9]/g

/**
 * Returns dollars as a person types them in cents: `"2"`, `"$2.5"`, with the comma that most of
 * Europe and Latin America have on the keypad, with full-width or Arabic digits, and as
 * {@link formatCents} writes them. Undefined when they are not an amount: `"1,000"` is one dollar to
 * some and a thousand to others.
 */
export function parseDollars(text: string): Cents | undefined {
  const match = /^(\d{1,6})(?:[.,\u066B](\d{1,2}))?$/.exec(ungrouped(plain(text)))
  if (!match) return undefined
  return cents(Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')))
}

/** Returns what to say of dollars that can be read in two ways, like `"1,000"`; else undefined. */
export function askThousands(text: string): string | undefined {
  const [, dollars, rest] = /^([1-9]\d{0,2})[.,\u066C](\d{3})$/.exec(plain(text)) ?? []
  if (dollars === undefined || rest === undefined) return undefined
  const [many, few] = [`${dollars}${rest}`, `${dollars}.${rest.slice(0, 2)}`]
  return `Enter ${many} for ${formatCents(Number(many) * 100)}, or ${few} for $${few}.`
}

/** Returns typed dollars without the sign, in the digits that programs read. */
function plain(text: string): string {
  // In both of the Arabic blocks the last four bits are the digit.
  const digits = text.normalize('NFKC').replace(ARABIC_DIGITS, (digit) => String(digit.charCodeAt(0) & 0xf))
  return digits.trim().replace(/^\$/, '')
}

/** Returns `"1,843.50"` as `"1843.50"`; anything that cannot be meant but one way is as clear. */
function ungrouped(digits: string): string {
  return digits.replace(/^(\d{1,3})([.,])(\d{3})(?!\2)([.,]\d{2})$/, '$1$3$4')
}
