/** Checks the fields that several messages share, each with the sentence that the user reads. */
import { z } from 'zod'
import {
  BIO_MAX,
  EMAIL_MAX,
  LIMIT_MAX_CENTS,
  NAME_MAX,
  PASSWORD_MAX,
  PASSWORD_MIN,
  RATE_MAX_CENTS,
  RATE_MIN_CENTS,
  RESERVED_DOMAIN,
  SPECIALITY_MAX,
  TOP_UP_MAX_CENTS,
  TOP_UP_MIN_CENTS,
} from '../bounds.ts'
import { canonicalEmail, isEmail } from '../email.ts'

const DOLLARS = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' })

/** Formats an amount for a sentence, with a comma between thousands: `$2,000.00`. */
export const dollars = (cents: number): string => DOLLARS.format(cents / 100)

// Control characters and invisible direction switches have no place in a name: they let one
// person's name look like another's.
const FORBIDDEN_IN_TEXT = /[\p{Cc}\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/u

const wellFormed = (text: string): boolean => text.isWellFormed()

// Characters that cannot be seen: fillers, joiners, selectors, blanks, and marks without a letter
// beneath them.
const UNSEEN = /[\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\u2800\uFFF0-\uFFFB]/gu

// More than any script puts on one letter; a tower of them is drawn over the lines above and below.
const TOWER = /\p{M}{7}/u

const isSeen = (text: string): boolean => text.replace(UNSEEN, '') !== ''

const isFlat = (text: string): boolean => !TOWER.test(text.normalize('NFD'))

export const displayName = z
  .string()
  .refine(wellFormed, 'Use ordinary characters.')
  .transform((text) => text.normalize('NFC').trim())
  .refine((text) => !FORBIDDEN_IN_TEXT.test(text), 'Use ordinary characters.')
  .refine(
    (text) => text.length > 0 && [...text].length <= NAME_MAX,
    `Enter a name of 1 to ${NAME_MAX} characters.`,
  )
  .refine((text) => text === '' || isSeen(text), 'Enter a name with letters that can be seen.')
  .refine(isFlat, 'Use fewer accents on one letter.')

export const email = z
  .string()
  .max(EMAIL_MAX, 'Enter a shorter email address.')
  .transform(canonicalEmail)
  .refine((address) => address.length <= EMAIL_MAX, 'Enter a shorter email address.')
  .refine(isEmail, 'Enter an email address, like ana@example.com.')
  .refine((address) => !address.endsWith(RESERVED_DOMAIN), 'Enter an email address that can receive mail.')

export const password = z
  .string()
  .refine(wellFormed, 'Use ordinary characters.')
  .refine(
    (text) => [...text].length >= PASSWORD_MIN && [...text].length <= PASSWORD_MAX,
    `Use ${PASSWORD_MIN} to ${PASSWORD_MAX} characters.`,
  )

/** The user's current password; it may be left out where `/prove` has been passed lately. */
export const ownPassword = z.string().max(1_024).optional()

export const rateCents = z
  .int('Enter a rate in whole cents.')
  .min(RATE_MIN_CENTS, `The rate must be at least ${dollars(RATE_MIN_CENTS)} a minute.`)
  .max(RATE_MAX_CENTS, `The rate can be at most ${dollars(RATE_MAX_CENTS)} a minute.`)

export const id = z.string().min(1).max(64)

export const limitCents = z
  .int('Enter a limit in whole cents.')
  .min(1, 'The limit must be more than zero.')
  .max(LIMIT_MAX_CENTS, 'That limit is too high.')

export const topUpCents = z
  .int('Enter an amount in whole cents.')
  .min(TOP_UP_MIN_CENTS, `The smallest top-up is ${dollars(TOP_UP_MIN_CENTS)}.`)
  .max(TOP_UP_MAX_CENTS, `The largest top-up is ${dollars(TOP_UP_MAX_CENTS)}.`)

export const cardId = z.string().regex(/^[\w-]{1,255}$/, 'Choose one of your cards.')

// A bio may have line breaks; otherwise it follows the rule of names.
const FORBIDDEN_IN_BIO = /[^\P{Cc}\n]|[\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/u

const aboutReader = (most: number, forbidden: RegExp) =>
  z
    .string()
    .refine(wellFormed, 'Use ordinary characters.')
    .transform((text) => text.normalize('NFC').trim())
    .refine((text) => !forbidden.test(text), 'Use ordinary characters.')
    .refine(isFlat, 'Use fewer accents on one letter.')
    .refine((text) => text === '' || isSeen(text), 'Use letters that can be seen.')
    .refine((text) => [...text].length <= most, `Use at most ${most} characters.`)

export const speciality = aboutReader(SPECIALITY_MAX, FORBIDDEN_IN_TEXT)
export const bio = aboutReader(BIO_MAX, FORBIDDEN_IN_BIO)
