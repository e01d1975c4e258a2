import { Refusal } from '../domain/errors.ts'
import { creditTo } from '../domain/ledger.ts'
import type { Adjustment } from '../domain/standing.ts'
import type { Refund } from '../domain/top-up.ts'
import { type Client, isClient } from '../domain/user.ts'
import { cents, formatCents } from '../shared/money.ts'
import type { Act } from './commit.ts'
import type { NewId, Store, Stray, Tx, View } from './ports.ts'
import { refundableCents, type Warrant } from './refunds.ts'
import { statementOf } from './statement.ts'
import { clientIn } from './top-up-records.ts'
import type { Wallet } from './wallet.ts'

/** What the operator can do to a client's account. Every act is one entry of the journal, with who and why. */
export interface Admin {
  /** By id or e-mail address. Refuses `not_found`. */
  find(who: string): Promise<Client>
  /** Sends unspent money back to the cards it came from; all of it where no amount is given. */
  refund(who: string, amountCents: number | undefined, warrant: Warrant): Promise<readonly Refund[]>
  /** Gives money that nobody paid in. */
  goodwill(who: string, amountCents: number, warrant: Warrant): Promise<Client>
  /** No new session until it is lifted; what runs goes on. */
  freeze(who: string, warrant: Warrant): Promise<Client>
  unfreeze(who: string, warrant: Warrant): Promise<Client>
  /** Everything that moved a client's balance, oldest first, in lines. */
  statement(who: string): Promise<string>
  strays(): Promise<readonly Stray[]>
}

export function createAdmin(parts: { act: Act; store: Store; newId: NewId; wallet: Wallet }): Admin {
  const { act, store, newId, wallet } = parts

  const find = (who: string): Promise<Client> => store.read((view) => named(view, who))

  const adjust = (
    who: string,
    warrant: Warrant,
    change: (tx: Tx, client: Client, id: string) => Pick<Adjustment, 'kind' | 'cents'>,
  ): Promise<Client> =>
    act((tx, tell) => {
      const { id: clientId, balanceCents: before } = named(tx, who)
      const id = newId()
      const done = change(tx, clientIn(tx, clientId), id)
      const client = clientIn(tx, clientId)
      const adjustment: Adjustment = { id, at: tx.now, ...warrant, ...done }
      tx.putUser({ ...client, adjustments: [...(client.adjustments ?? []), adjustment] })
      const { balanceCents } = client
      if (balanceCents !== before) tell({ type: 'balance', userId: clientId, balanceCents })
      return clientIn(tx, clientId)
    })

  return {
    find,

    async refund(who, amountCents, warrant) {
      const client = await find(who)
      return wallet.refunds.giveBack(client.id, amountCents ?? refundableCents(client), mustSay(warrant))
    },

    goodwill: async (who, amountCents, warrant) =>
      adjust(who, mustSay(warrant), (tx, client, id) => {
        if (amountCents <= 0) throw new Refusal('invalid_input', 'Give more than nothing.')
        tx.post(creditTo(`goodwill:${id}`, 'goodwill', cents(amountCents), client))
        return { kind: 'goodwill', cents: cents(amountCents) }
      }),

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

    async statement(who) {
      const client = await find(who)
      const sessions = await sessionsOf(store, client.id)
      const open = await store.read((view) => view.openSessionOf(client.id))
      return statementOf(client, open ? [...sessions, open] : sessions)
    },

    strays: () => wallet.strays.all(),
  }
}

function named(view: View, who: string): Client {
  const user = view.user(who) ?? view.userByEmail(who.trim().toLowerCase())
  if (user && isClient(user)) return user
  throw new Refusal('not_found', `There is no client with the id or e-mail address ${who}.`)
}

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

/** One line on how a client stands. */
export function sayStanding(client: Client): string {
  const debt = client.debtCents ? `, owes ${formatCents(client.debtCents)}` : ''
  const frozen = client.frozen ? `, frozen by ${client.frozen.by}: ${client.frozen.why}` : ''
  return `${client.email} (${client.id}): balance ${formatCents(client.balanceCents)}${debt}${frozen}`
}
