/**
 * Does what the operator can do to an account, each act as one entry with its author and reason.
 */
import type { Adjustment, Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import { creditTo } from '../../domain/ledger.ts'
import type { Refund } from '../../domain/top-up.ts'
import type { UnmatchedPayment } from '../../domain/unmatched-payment.ts'
import { isClient, isErased, type User } from '../../domain/user.ts'
import { canonicalEmail } from '../../shared/email.ts'
import { cents, formatCents, NO_CENTS } from '../../shared/money.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { MeterPort } from '../payments/meter-port.ts'
import { refundableCents, type Warrant } from '../payments/refunds.ts'
import { statementOf } from '../payments/statement.ts'
import { clientIn } from '../payments/top-up-records.ts'
import { unmatchedIn } from '../payments/unmatched.ts'
import type { Wallet } from '../payments/wallet.ts'
import type { NewId, Store, Tx, View } from '../ports.ts'
import type { Bans } from './suspension.ts'

/**
 * Acts that the operator can do to an account. Each act is one entry of the journal, with who and
 * why.
 */
export interface Admin {
  /** Returns a client by id or e-mail address. Refuses `not_found`. */
  find(who: string): Promise<Client>
  /** Refunds unspent money to the cards it came from; all of it where no amount is given. */
  refund(who: string, amountCents: number | undefined, warrant: Warrant): Promise<readonly Refund[]>
  /** Gives money that was not paid in. Refuses `wrong_state` for a deleted account. */
  goodwill(who: string, amountCents: number, warrant: Warrant): Promise<Client>
  /**
   * Forgives what the client owes: the platform bears it. Refuses `wrong_state` where there is no
   * debt.
   */
  writeOff(who: string, warrant: Warrant): Promise<Client>
  /**
   * Assigns an unmatched payment to the client, as {@link Adoption} says; also refuses
   * `wrong_state` for a deleted account.
   */
  adopt(paymentIntentId: string, who: string, warrant: Warrant): Promise<Client>
  /** Allows no new session until the freeze is lifted; a running one continues. */
  freeze(who: string, warrant: Warrant): Promise<Client>
  unfreeze(who: string, warrant: Warrant): Promise<Client>
  /** Closes the account of a client or a reader, as {@link Bans} says. */
  ban(who: string, warrant: Warrant): Promise<User>
  unban(who: string, warrant: Warrant): Promise<User>
  /** Returns everything that moved a client's balance, oldest first, in lines. */
  statement(who: string): Promise<string>
  /** Returns the unmatched payments that have not been assigned. */
  unmatchedPayments(): Promise<readonly UnmatchedPayment[]>
}

export function createAdmin(parts: {
  act: Act
  store: Store
  newId: NewId
  wallet: Wallet
  bans: Bans
  meter: MeterPort
}): Admin {
  const { act, store, newId, wallet, bans, meter } = parts

  const find = (who: string): Promise<Client> => store.read((view) => named(view, who))

  const adjust = (
    who: string,
    warrant: Warrant,
    change: (tx: TellingTx, client: Client, id: string) => Pick<Adjustment, 'kind' | 'cents'>,
  ): Promise<Client> =>
    act((tx) => {
      const { id: clientId, balanceCents: before } = named(tx, who)
      const id = newId()
      const done = change(tx, clientIn(tx, clientId), id)
      addAdjustment(tx, clientId, { id, at: tx.now, ...warrant, ...done })
      const { balanceCents } = clientIn(tx, clientId)
      if (balanceCents !== before) tx.tell({ type: 'balance', userId: clientId, balanceCents })
      return clientIn(tx, clientId)
    }, 'operator')

  return {
    find,

    async refund(who, amountCents, warrant) {
      const client = await find(who)
      return wallet.refunds.giveBack(client.id, amountCents ?? refundableCents(client), mustSay(warrant))
    },

    async goodwill(who, amountCents, warrant) {
      const given = await adjust(who, mustSay(warrant), (tx, client, id) => {
        if (amountCents <= 0) throw new Refusal('invalid_input', 'Give more than nothing.')
        mustNotBeErased(client)
        meter.beforeMove(tx, client.id, 'in')
        tx.post(creditTo(`goodwill:${id}`, 'goodwill', cents(amountCents), clientIn(tx, client.id)))
        return { kind: 'goodwill', cents: cents(amountCents) }
      })
      meter.afterMove(given.id)
      return given
    },

    writeOff: async (who, warrant) =>
      adjust(who, mustSay(warrant), (tx, client, id) => {
        const { debtCents = NO_CENTS } = client
        if (debtCents === NO_CENTS) throw new Refusal('wrong_state', `${client.email} owes nothing.`)
        tx.post(creditTo(`write-off:${id}`, 'goodwill', debtCents, client))
        return { kind: 'write-off', cents: debtCents }
      }),

    async adopt(paymentIntentId, who, warrant) {
      mustSay(warrant)
      const { id } = mustNotBeErased(await find(who))
      await wallet.adoption.adopt(paymentIntentId, id, (tx) => {
        addAdjustment(tx, id, { id: newId(), at: tx.now, ...warrant, kind: 'adopt' })
      })
      return find(id)
    },

    freeze: async (who, warrant) =>
      adjust(who, mustSay(warrant), (tx, client) => {
        tx.putUser({ ...client, frozen: { at: tx.now, ...warrant } })
        return { kind: 'freeze' }
      }),

    unfreeze: async (who, warrant) =>
      adjust(who, mustSay(warrant), (tx, client) => {
        const { frozen, ...thawed } = client
        if (!frozen) throw new Refusal('wrong_state', `${client.email} is not frozen by hand.`)
        tx.putUser(thawed)
        return { kind: 'unfreeze' }
      }),

    async ban(who, warrant) {
      const { id } = await store.read((view) => anybody(view, who))
      return bans.ban(id, mustSay(warrant))
    },

    async unban(who, warrant) {
      mustSay(warrant)
      return bans.unban((await store.read((view) => anybody(view, who))).id)
    },

    async statement(who) {
      const client = await find(who)
      const sessions = await sessionsOf(store, client.id)
      const open = await store.read((view) => view.openSessionOf(client.id))
      return statementOf(client, open ? [...sessions, open] : sessions)
    },

    unmatchedPayments: () => store.read(unmatchedIn),
  }
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

function mustSay(warrant: Warrant): Warrant {
  if (warrant.by.trim() !== '' && warrant.why.trim() !== '') return warrant
  throw new Refusal('invalid_input', 'Say who does it (--by) and why (--why).')
}

async function sessionsOf(store: Store, clientId: string) {
  const all = []
  let cursor: string | undefined
  do {
    const page = await store.pastSessions(clientId, { cursor, limit: 100 })
    all.push(...page.sessions)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return all
}

/** Returns one line on the status of an account. */
export function sayStanding(user: User): string {
  const closed = user.closedBy ? `, banned by ${user.closedBy.by}: ${user.closedBy.why}` : ''
  return isClient(user) ? `${sayMoney(user)}${closed}` : `${user.email} (${user.id}): a reader${closed}`
}

function sayMoney(client: Client): string {
  const debt = client.debtCents ? `, owes ${formatCents(client.debtCents)}` : ''
  const frozen = client.frozen ? `, frozen by ${client.frozen.by}: ${client.frozen.why}` : ''
  return `${client.email} (${client.id}): balance ${formatCents(client.balanceCents)}${debt}${frozen}`
}
