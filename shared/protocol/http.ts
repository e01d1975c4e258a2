/**
 * Defines the bodies and queries of HTTP requests. The server checks them; pages import their types
 * alone.
 */

import { z } from 'zod'
import { AUTO_DAILY_MAX_CENTS, EMAIL_MAX, TOP_UP_MAX_CENTS } from '../bounds.ts'
import { canonicalEmail } from '../email.ts'
import { ACCEPT_TERMS, DAY_MUST_COVER_ONE } from '../messages.ts'
import { cents } from '../money.ts'
import {
  bio,
  cardId,
  displayName,
  dollars,
  email,
  id,
  limitCents,
  ownPassword,
  password,
  rateCents,
  speciality,
  topUpCents,
} from './fields.ts'
import { SessionKind } from './session.ts'

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

/** 18 or older, the terms and the privacy policy. */
const acceptTerms = z.literal(true, ACCEPT_TERMS)

export const RegisterBody = z.discriminatedUnion('role', [
  z.object({
    role: z.literal('client'),
    name: displayName,
    email,
    password,
    acceptTerms,
    rateCents: z.undefined('Only readers set a rate.').optional(),
  }),
  z.object({ role: z.literal('reader'), name: displayName, email, password, acceptTerms, rateCents }),
])
export type RegisterBody = z.infer<typeof RegisterBody>

/** Lenient on purpose: a wrong password and an impossible one get the same reply. */
export const LoginBody = z.object({
  email: z.string().max(EMAIL_MAX).transform(canonicalEmail),
  password: z.string().max(1_024),
})
export type LoginBody = z.infer<typeof LoginBody>

export const PasswordBody = z.object({ password: ownPassword, newPassword: password })
export type PasswordBody = z.infer<typeof PasswordBody>

/** Lenient as logging in is: an impossible address gets the same reply as an unknown one. */
export const ForgotBody = LoginBody.pick({ email: true })

/** The token of a link in a mail. */
const token = z.string().max(512)
export const LinkBody = z.object({ token })

export const ResetBody = z.object({ token, password })
export type ResetBody = z.infer<typeof ResetBody>

export const ChangeEmailBody = z.object({ email, password: ownPassword })
export type ChangeEmailBody = z.infer<typeof ChangeEmailBody>

/** With a new password, because the person who changed the address knew the old one. */
export const UndoEmailBody = z.object({ token, password: password.optional() })
export type UndoEmailBody = z.infer<typeof UndoEmailBody>

/** The version that the page showed. */
export const AgreeBody = z.object({ version: z.string().max(32) })

/** Without an id, every login but the current one. */
export const EndLoginBody = z.object({ loginId: id.optional(), password: ownPassword })
export type EndLoginBody = z.infer<typeof EndLoginBody>

export const ProfileBody = z.object({
  name: displayName.optional(),
  rateCents: rateCents.optional(),
  /** Readers alone; empty removes it. */
  speciality: speciality.optional(),
  bio: bio.optional(),
  /** Set to false, a client no longer gets the receipt of each session by mail. */
  sessionReceipts: z.boolean().optional(),
})
export type ProfileBody = z.infer<typeof ProfileBody>

export const AvailabilityBody = z.object({ available: z.boolean() })

/**
 * Lenient as logging in is; the user must confirm the remaining balance, to the cent, that is lost.
 */
export const DeleteAccountBody = z.object({
  password: ownPassword,
  giveUpCents: z.int().min(0).optional(),
})
export type DeleteAccountBody = z.infer<typeof DeleteAccountBody>

/** Time zone of the days: an IANA name such as `Europe/Lisbon`. */
export const EarningsQuery = z.object({
  zone: z.string().max(64).refine(isTimeZone, 'Use the name of a time zone, like Europe/Lisbon.').optional(),
})

export const StartBody = z.object({ readerId: id, kind: SessionKind, limitCents: limitCents.optional() })
export type StartBody = z.infer<typeof StartBody>

export const WRONG_CURSOR = 'Use the nextCursor of an earlier response, or none.'

/**
 * A page of sessions: where it starts, and how many at most. An invalid number means a whole page.
 */
export const SessionsQuery = z.object({
  cursor: z
    .string()
    .regex(/^\d{1,15}-\d{1,15}$/, WRONG_CURSOR)
    .optional(),
  limit: z.coerce.number().int().min(1).optional().catch(undefined),
})

export const PaymentsQuery = z.object({
  cursor: z.string().min(1, WRONG_CURSOR).max(64, WRONG_CURSOR).optional(),
})

/** `null` removes the limit. */
export const LimitBody = z.object({ limitCents: limitCents.nullable() })

/**
 * Turns the brief's own form, an `amount` of dollars with two decimals at the most, into
 * `amountCents`.
 */
function withCents(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('amount' in body) || 'amountCents' in body) return body
  const { amount, ...rest } = body
  if (typeof amount !== 'number' && typeof amount !== 'string') return body
  return /^\d{1,6}(\.\d{1,2})?$/.test(`${amount}`)
    ? { ...rest, amountCents: Math.round(Number(amount) * 100) }
    : { ...rest, amountCents: Number.NaN }
}

const AddFundsFields = z.object({
  userId: id,
  amountCents: topUpCents.transform(cents),
  /** Saves the card that pays, for later. */
  saveCard: z.boolean().optional(),
  /** Charges this saved card at once. */
  cardId: cardId.optional(),
  /**
   * `false`: refuses with `twin_payment` where another attempt of the same amount was started a
   * moment ago.
   */
  again: z.boolean().optional(),
})

export const AddFundsBody = z.preprocess(withCents, AddFundsFields)
export type AddFundsBody = z.infer<typeof AddFundsBody>
/** The body as a page sends it, before it is checked. */
export type AddFundsRequest = z.input<typeof AddFundsFields>

export const CardBody = z.object({ cardId })

export const AutoTopUpBody = z
  .object({
    amountCents: topUpCents.transform(cents),
    thresholdCents: z
      .int('Enter a balance in whole cents.')
      .min(0, 'The balance cannot be below zero.')
      .max(TOP_UP_MAX_CENTS, `The balance can be at most ${dollars(TOP_UP_MAX_CENTS)}.`)
      .transform(cents),
    dailyCapCents: z
      .int('Enter an amount in whole cents.')
      .max(AUTO_DAILY_MAX_CENTS, `At most ${dollars(AUTO_DAILY_MAX_CENTS)} a day can be added automatically.`)
      .transform(cents),
  })
  .refine(({ amountCents, dailyCapCents }) => dailyCapCents >= amountCents, {
    path: ['dailyCapCents'],
    message: DAY_MUST_COVER_ONE,
  })
export type AutoTopUpBody = z.input<typeof AutoTopUpBody>

export const ConfirmFundsBody = z.object({ userId: id, paymentIntentId: z.string().min(1).max(255) })
export type ConfirmFundsBody = z.infer<typeof ConfirmFundsBody>

export const CheckBalanceQuery = z.object({ userId: id })
