/**
 * Does what the operator can do to an account, each act as one entry with its author and reason.
 */
import type { Adjustment, Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import { creditTo } from '../../domain/ledger.ts'
import type { OperatorNote } from '../../domain/person.ts'
import type { Refund } from '../../domain/top-up.ts'
import type { UnmatchedPayment } from '../../domain/unmatched-payment.ts'
import { isClient, isErased, type User } from '../../domain/user.ts'
import { canonicalEmail } from '../../shared/email.ts'
import { cents, formatCents, NO_CENTS } from '../../shared/money.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { MailOperations } from '../mail/operations.ts'
import { queueMail } from '../mail/queue.ts'
import type { MeterPort } from '../payments/meter-port.ts'
import { refundableCents } from '../payments/refunds.ts'
import { statementOf } from '../payments/statement.ts'
import { clientIn } from '../payments/top-up-records.ts'
import { unmatchedIn } from '../payments/unmatched.ts'
import type { Wallet } from '../payments/wallet.ts'
import type { NewId, Store, Tx, View } from '../ports.ts'
import type { PasswordReset } from './password-reset.ts'
import type { Suspensions } from './suspension.ts'

/**
 * Acts that the operator can do to an account. Each act is one entry of the journal, with who and
 * why.
 */
export interface Admin {
  /** Returns a client by id or e-mail address. Refuses `not_found`. */
  find(who: string): Promise<Client>
  /** Refunds unspent money to the cards it came from; all of it where no amount is given. */
  refund(who: string, amountCents: number | undefined, note: OperatorNote): Promise<readonly Refund[]>
  /** Gives money that was not paid in. Refuses `wrong_state` for a deleted account. */
  goodwill(who: string, amountCents: number, note: OperatorNote): Promise<Client>
  /**
   * Forgives what the client owes: the platform bears it. Refuses `wrong_state` where there is no
   * debt.
   */
  writeOff(who: string, note: OperatorNote): Promise<Client>
  /**
   * Assigns an unmatched payment to the client, as {@link AssignUnmatched} says; also refuses
   * `wrong_state` for a deleted account.
   */
  assign(paymentIntentId: string, who: string, note: OperatorNote): Promise<Client>
  /** Allows no new session until the freeze is lifted; a running one continues. */
  freeze(who: string, note: OperatorNote): Promise<Client>
  unfreeze(who: string, note: OperatorNote): Promise<Client>
  /** Suspends the account of a client or a reader, as {@link Suspensions} says. */
  suspend(who: string, note: OperatorNote): Promise<User>
  unsuspend(who: string, note: OperatorNote): Promise<User>
  /**
   * Makes a link by which a person sets a new password, as {@link PasswordReset.linkFor} says: for
   * people whom no mail reaches.
   */
  resetPassword(who: string, note: OperatorNote): Promise<{ user: User; link: string; expiresAt: number }>
  /** Returns everything that moved a client's balance, oldest first, in lines. */
  statement(who: string): Promise<string>
  readonly mail: MailOperations
  /** Returns the unmatched payments that have not been assigned. */
  unmatchedPayments(): Promise<readonly UnmatchedPayment[]>
}

export function createAdmin(parts: {
  act: Act
  store: Store
  newId: NewId
  wallet: Wallet
  suspensions: Suspensions
  meterPort: MeterPort
  passwordReset: PasswordReset
  origin: () => string
  mail: MailOperations
}): Admin {
  const { act, store, newId, wallet, suspensions, meterPort } = parts

  const find = (who: string): Promise<Client> => store.read((view) => named(view, who))
  const idOf = (who: string): Promise<string> => store.read((view) => anybody(view, who).id)

  const adjust = (
    who: string,
    note: OperatorNote,
    change: (tx: TellingTx, client: Client, id: string) => Pick<Adjustment, 'kind' | 'cents'>,
  ): Promise<Client> =>
    act((tx) => {
      const { id: clientId, balanceCents: before } = named(tx, who)
      const id = newId()
      const done = change(tx, clientIn(tx, clientId), id)
      addAdjustment(tx, clientId, { id, at: tx.now, ...note, ...done })
      const { balanceCents } = clientIn(tx, clientId)
      if (balanceCents !== before) tx.tell({ type: 'balance', userId: clientId, balanceCents })
      return clientIn(tx, clientId)
    }, 'operator')

  return {
    find,

    async refund(who, amountCents, note) {
      const client = await find(who)
      return wallet.refunds.giveBack(client.id, amountCents ?? refundableCents(client), mustSay(note))
    },

    async goodwill(who, amountCents, note) {
      const given = await adjust(who, mustSay(note), (tx, client, id) => {
        if (amountCents <= 0) throw new Refusal('invalid_input', 'Give more than nothing.')
        mustNotBeErased(client)
        meterPort.beforeMove(tx, client.id, 'in')
        tx.post(creditTo(`goodwill:${id}`, 'goodwill', cents(amountCents), clientIn(tx, client.id)))
        return { kind: 'goodwill', cents: cents(amountCents) }
      })
      meterPort.afterMove(given.id)
      return given
    },

    writeOff: async (who, note) =>
      adjust(who, mustSay(note), (tx, client, id) => {
        const { debtCents = NO_CENTS } = client
        if (debtCents === NO_CENTS) throw new Refusal('wrong_state', `${client.email} owes nothing.`)
        tx.post(creditTo(`write-off:${id}`, 'goodwill', debtCents, client))
        return { kind: 'write-off', cents: debtCents }
      }),

    async assign(paymentIntentId, who, note) {
      mustSay(note)
      const { id } = mustNotBeErased(await find(who))
      await wallet.assignUnmatched(paymentIntentId, id, (tx) => {
        addAdjustment(tx, id, { id: newId(), at: tx.now, ...note, kind: 'adopt' })
      })
      return find(id)
    },

    freeze: async (who, note) =>
      adjust(who, mustSay(note), (tx, client, id) => freeze(tx, client, { id, note })),

    unfreeze: async (who, note) => adjust(who, mustSay(note), unfreeze),

    suspend: async (who, note) => suspensions.suspend(await idOf(who), mustSay(note)),

    async unsuspend(who, note) {
      mustSay(note)
      return suspensions.lift(await idOf(who))
    },

    resetPassword: (who, note) => linkToReset(parts, who, note),

    statement: async (who) => statement(store, await find(who)),

    mail: parts.mail,

    unmatchedPayments: () => store.read(unmatchedIn),
  }
}

/** Freezes the client, and queues the mail that says so; `id` names the adjustment. */
function freeze(
  tx: TellingTx,
  client: Client,
  { id, note }: { id: string; note: OperatorNote },
): Pick<Adjustment, 'kind'> {
  const values = { because: 'operator' } as const
  queueMail(tx, { userId: client.id, template: 'account_frozen', event: id, values })
  tx.putUser({ ...client, frozen: { at: tx.now, ...note } })
  return { kind: 'freeze' }
}

function unfreeze(tx: TellingTx, client: Client): Pick<Adjustment, 'kind'> {
  const { frozen, ...thawed } = client
  if (!frozen) throw new Refusal('wrong_state', `${client.email} is not frozen by hand.`)
  tx.putUser(thawed)
  return { kind: 'unfreeze' }
}

async function linkToReset(
  parts: { store: Store; passwordReset: PasswordReset; origin: () => string },
  who: string,
  note: OperatorNote,
) {
  const user = await parts.store.read((view) => anybody(view, who))
  const { token, expiresAt } = await parts.passwordReset.linkFor(user.id, mustSay(note))
  return { user, link: `${parts.origin()}/reset#${token}`, expiresAt }
}

async function statement(store: Store, client: Client): Promise<string> {
  const sessions = await sessionsOf(store, client.id)
  const open = await store.read((view) => view.openSessionOf(client.id))
  return statementOf(client, open ? [...sessions, open] : sessions)
}

function addAdjustment(tx: Tx, clientId: string, adjustment: Adjustment): void {
  const client = clientIn(tx, clientId)
  tx.putUser({ ...client, adjustments: [...(client.adjustments ?? []), adjustment] })
}

function named(view: View, who: string): Client {
  const user = find(view, who)
  if (user && isClient(user)) return user
  throw new Refusal('not_found', `There is no client with the id or e-mail address ${who}.`)
}

function mustNotBeErased(client: Client): Client {
  if (!isErased(client)) return client
  throw new Refusal('wrong_state', 'This account was deleted by its owner: nobody could spend the money.')
}

function anybody(view: View, who: string): User {
  const user = find(view, who)
  if (user) return user
  throw new Refusal('not_found', `There is nobody with the id or e-mail address ${who}.`)
}

const find = (view: View, who: string): User | undefined =>
  view.user(who) ?? view.userByEmail(canonicalEmail(who))

function mustSay(note: OperatorNote): OperatorNote {
  if (note.by.trim() !== '' && note.why.trim() !== '') return note
  throw new Refusal('invalid_input', 'Say who does it (--by) and why (--why).')
}

async function sessionsOf(store: Store, clientId: string) {
  const all = []
  let cursor: string | undefined
  do {
    const listPage = await store.pastSessions(clientId, { cursor, limit: 100 })
    all.push(...listPage.sessions)
    cursor = listPage.nextCursor
  } while (cursor !== undefined)
  return all
}

/** Returns one line on the status of an account. */
export function describeAccount(user: User): string {
  const closed = user.closedBy ? `, banned by ${user.closedBy.by}: ${user.closedBy.why}` : ''
  return isClient(user) ? `${sayMoney(user)}${closed}` : `${user.email} (${user.id}): a reader${closed}`
}

function sayMoney(client: Client): string {
  const debt = client.debtCents ? `, owes ${formatCents(client.debtCents)}` : ''
  const frozen = client.frozen ? `, frozen by ${client.frozen.by}: ${client.frozen.why}` : ''
  return `${client.email} (${client.id}): balance ${formatCents(client.balanceCents)}${debt}${frozen}`
}
