/** Carries out the commands of `npm run admin`. */
import { Refusal } from '../../domain/errors.ts'
import type { OperatorNote } from '../../domain/person.ts'
import { askThousands, formatCents, parseDollars } from '../../shared/money.ts'
import { runMailCommand } from '../mail/operator-words.ts'
import { type Admin, describeAccount } from './operator.ts'

export const ADMIN_USAGE = `npm run admin -- COMMAND, where people are named by id or e-mail address:

  refund CLIENT [DOLLARS] --why "…"    send unspent money back to the card; all of it without an amount
  goodwill CLIENT DOLLARS --why "…"    give money that nobody paid in
  write-off CLIENT --why "…"           forgive what a client owes
  adopt PAYMENT CLIENT --why "…"       credit a client with a payment that strays lists
  freeze CLIENT --why "…"              no new session
  unfreeze CLIENT --why "…"
  ban PERSON --why "…"                 ends log-ins, open pages and the open session of a client or a reader, at once
  unban PERSON --why "…"
  reset-password PERSON --why "…"      print a link that sets a new password once, within an hour
  statement CLIENT                     everything that moved the balance
  strays                               money at Stripe that belongs to nobody here
  rewrap                               wrap everything under the first key of DATA_KEY alone
  mail                                 mails that wait, that failed, or that may have been sent
  mail again ID                        sends a failed or an unsure one again; all that failed: mail again all
  mail arrived ID                      an unsure one did arrive

  --by NAME                            who does it, instead of the name of the machine's user`

/** The operator's command, as words and options. */
export interface AdminWords {
  readonly words: readonly string[]
  /** The key keeps its name on the admin socket. */
  readonly warrant: OperatorNote
}

function isAdminWords(value: unknown): value is AdminWords {
  const { words, warrant } = (value ?? {}) as { words?: unknown; warrant?: { by?: unknown; why?: unknown } }
  const isText = (each: unknown) => typeof each === 'string'
  return Array.isArray(words) && words.every(isText) && isText(warrant?.by) && isText(warrant?.why)
}

/** Returns true for the one command that is the store's alone. */
export function isRewrap(wanted: unknown): boolean {
  return isAdminWords(wanted) && wanted.words[0] === 'rewrap'
}

/** Wraps everything under the first data key, and returns what to print. */
export async function rewrap(store: { rewrap(): Promise<number> }): Promise<string> {
  const count = await store.rewrap()
  const keys = count === 1 ? '1 key is' : `${count} keys are`
  return `${keys} wrapped under the first key of DATA_KEY alone. Take the others out of DATA_KEY, and keep them for as long as there are backups from before.`
}

/**
 * Carries out one command and returns what to print. Refuses `invalid_input` for an unknown one,
 * and what {@link Admin} refuses.
 */
export async function runAdminCommand(admin: Admin, wanted: unknown): Promise<string> {
  if (!isAdminWords(wanted)) throw usage()
  const { words, warrant: note } = wanted
  const [command, who = '', third] = words
  if (command === 'strays') return listUnmatched(admin)
  if (command === 'mail') return orUsage(await runMailCommand(admin.mail, words[1], third))
  if (who === '') throw usage()
  switch (command) {
    case 'refund':
      return refund(admin, who, third, note)
    case 'goodwill':
      return describeAccount(await admin.goodwill(who, centsIn(third), note))
    case 'write-off':
      return describeAccount(await admin.writeOff(who, note))
    case 'adopt':
      if (third === undefined) throw usage()
      return describeAccount(await admin.assign(who, third, note))
    case 'freeze':
      return describeAccount(await admin.freeze(who, note))
    case 'unfreeze':
      return describeAccount(await admin.unfreeze(who, note))
    case 'ban':
      return describeAccount(await admin.suspend(who, note))
    case 'unban':
      return describeAccount(await admin.unsuspend(who, note))
    case 'reset-password':
      return resetPassword(admin, who, note)
    case 'statement':
      return admin.statement(who)
    default:
      throw usage()
  }
}

async function refund(admin: Admin, who: string, dollars: string | undefined, note: OperatorNote) {
  const refunds = await admin.refund(who, dollars === undefined ? undefined : centsIn(dollars), note)
  const lines = refunds.map(({ id, cents, status }) => `${formatCents(cents)}  ${OUTCOME[status]}  ${id}`)
  return [...lines, describeAccount(await admin.find(who))].join('\n')
}

async function resetPassword(admin: Admin, who: string, note: OperatorNote) {
  const { user, link, expiresAt } = await admin.resetPassword(who, note)
  return [
    `For ${user.email} (${user.id}) alone. Make sure whom you give it to: it opens the account.`,
    `It works once, until ${new Date(expiresAt).toISOString()}. A new password ends every log-in and every other link.`,
    link,
  ].join('\n')
}

const OUTCOME = {
  made: 'refunded',
  failed: 'refused by Stripe: it is back in the balance',
  asked: 'not answered yet: the server asks again until it is',
}

async function listUnmatched(admin: Admin): Promise<string> {
  const payments = await admin.unmatchedPayments()
  if (payments.length === 0) return 'There is no money without an owner.'
  return payments
    .map(({ at, paymentIntentId, amountCents, currency, why, userId }) =>
      [
        new Date(at).toISOString(),
        paymentIntentId,
        `${formatCents(amountCents)} ${currency}`,
        why,
        userId ?? '',
      ].join('  '),
    )
    .join('\n')
}

function centsIn(dollars: string | undefined): number {
  const cents = parseDollars(dollars ?? '')
  if (cents === undefined) {
    throw new Refusal(
      'invalid_input',
      askThousands(dollars ?? '') ?? 'Give the amount in dollars, like 12.50.',
    )
  }
  return cents
}

function orUsage(text: string | undefined): string {
  if (text === undefined) throw usage()
  return text
}

function usage(): Refusal {
  return new Refusal('invalid_input', ADMIN_USAGE)
}
