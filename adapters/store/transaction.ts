/**
 * Runs one transaction over memory: it changes memory at once, keeps what is needed to undo it, and
 * gathers what the journal has to record. The rules that no caller may break are checked here.
 */

import type { Client } from '../../domain/client.ts'
import { draftOfClient } from '../../domain/drafts.ts'
import { BrokenInvariant, invariant } from '../../domain/errors.ts'
import { type Account, type Entry, sumOf } from '../../domain/ledger.ts'
import type { OpenSession, Session } from '../../domain/session.ts'
import { isClient, type User } from '../../domain/user.ts'
import type { Tx, View } from '../../engine/ports.ts'
import { type Cents, cents, NO_CENTS } from '../../shared/money.ts'
import type { SessionArchive } from './archive.ts'
import { type ChangeSet, createChangeSet } from './change-set.ts'
import { quoted } from './journal/json-text.ts'
import type { Content } from './journal/record.ts'
import { clientsIn, earningsOf, type Memory, openOf, ownedTopUp } from './memory.ts'
import type { PersonKeys } from './people/person-keys.ts'
import { forgetPerson, tableTx, tableView } from './table-access.ts'

/**
 * Effect of one transaction: the contents of its journal record (no fields when it wrote nothing), and
 * how to undo it.
 */
export interface Outcome<T> extends Content {
  readonly answer: T
  /** Account of the change; '' where it belongs to no single one. */
  readonly accountId: string
  readonly undo: () => void
}

export interface Transactions {
  /** Runs `decide`; when it throws, memory is as before. */
  run<T>(now: number, decide: (tx: Tx) => T): Outcome<T>
  look<T>(now: number, look: (view: View) => T): T
}

export function createTransactions(
  memory: Memory,
  archive: SessionArchive,
  people: PersonKeys,
): Transactions {
  const changes = createChangeSet(memory, archive, people)
  let deciding = false
  let now: number | undefined

  const view: View = {
    get now() {
      invariant(now !== undefined, 'the store was read outside a commit or read')
      return now
    },
    user: (id) => memory.users.get(id),
    userByEmail: (email) => memory.users.get(memory.idsByEmail.get(email) ?? ''),
    users: () => memory.users.values(),
    readers: () => memory.readers.values(),
    clients: () => clientsIn(memory),
    topUpByPayment: (id) =>
      ownedTopUp(memory, memory.payments.ofPayment(id), ({ paymentIntentId }) => paymentIntentId === id),
    topUpById: (topUpId) => ownedTopUp(memory, memory.payments.ofTopUp(topUpId), ({ id }) => id === topUpId),
    openSession: (id) => memory.open.get(id),
    openSessionOf: (userId) => openOf(memory, userId),
    openSessions: () => memory.open.values(),
    earningsOf: (readerId) => earningsOf(memory, readerId),
    table: (table) => tableView(memory, table),
  }
  const current = (): ChangeSet => {
    invariant(deciding, 'the store was changed outside a commit')
    return changes
  }
  const tx = Object.defineProperties({}, Object.getOwnPropertyDescriptors(view)) as Tx
  Object.assign(tx, {
    putUser: (user) => putUser(memory, current(), user),
    putSession: (session) => putSession(memory, current(), session),
    post: (entry) => post(memory, current(), entry),
    table: (table) => tableTx(memory, current, table),
    forgetPerson: (userId) => forgetPerson(memory, current(), userId),
  } satisfies Partial<Tx>)

  return {
    run: (instant, decide) => {
      invariant(now === undefined, 'a commit was started inside another')
      changes.begin()
      deciding = true
      now = instant
      try {
        const answer = decide(tx)
        const { fields, format } = changes.content()
        return { answer, fields, format, accountId: changes.accountId(), undo: changes.rollback() }
      } catch (error) {
        changes.rollback()()
        throw error
      } finally {
        deciding = false
        now = undefined
      }
    },
    look: (instant, look) => {
      invariant(now === undefined, 'a read was started inside a commit')
      now = instant
      try {
        return look(view)
      } finally {
        now = undefined
      }
    },
  }
}

// ---------------------------------------------------------------- users, sessions and money
// Checks of every tick build their messages only on failure: the text costs more than the check.

function putUser(memory: Memory, changes: ChangeSet, user: User): void {
  const old = memory.users.get(user.id)
  const sameEmail = memory.idsByEmail.get(user.email)
  invariant(
    sameEmail === undefined || sameEmail === user.id,
    `the address of ${user.id} belongs to another user`,
  )
  invariant(!old || old.role === user.role, `user ${user.id} cannot change roles`)
  if (isClient(user)) {
    const { balanceCents: held, debtCents: owed = 0 } = old && isClient(old) ? old : NOTHING_HELD
    invariant(user.balanceCents === held, `the balance of ${user.id} may only change by an entry`)
    invariant((user.debtCents ?? 0) === owed, `the debt of ${user.id} may only change by an entry`)
  }
  changes.user(old, user)
}

const NOTHING_HELD: Pick<Client, 'balanceCents' | 'debtCents'> = { balanceCents: NO_CENTS }

function putSession(memory: Memory, changes: ChangeSet, session: Session): void {
  const old = memory.open.get(session.id)
  if (session.status === 'ended') {
    invariant(old, `session ${session.id} ended without having been open`)
    changes.ended(old, session)
    return
  }
  const same = old?.clientId === session.clientId && old.readerId === session.readerId
  if (old && !same) throw new BrokenInvariant(`session ${session.id} cannot change its people`)
  if (!old) mustBeFree(memory, session, session.clientId)
  if (!old) mustBeFree(memory, session, session.readerId)
  changes.open(old, session)
}

function mustBeFree(memory: Memory, session: OpenSession, person: string): void {
  const other = memory.openByPerson.get(person)
  invariant(other === undefined, `[S8] ${person} cannot be in ${session.id}: ${other} is open`)
}

function post(memory: Memory, changes: ChangeSet, entry: Entry): void {
  if (sumOf(entry.legs) !== 0) throw new BrokenInvariant(`[L1] the legs of ${entry.key} do not sum to zero`)
  let text = `[${quoted(entry.key)}`
  const wallets: number[] = []
  for (const { account, cents: moved } of entry.legs) {
    const after = postLeg(memory, changes, { key: entry.key, account, moved }, wallets)
    text += `,[${quoted(account)},${moved}${after === undefined ? '' : `,${after}`}]`
  }
  changes.entry(`${text}]`)
  for (const place of wallets) mustNotOweAndHave(memory.users.at(place))
}

const WALLET = 'wallet:'
const DEBT = 'debt:'
const EARNINGS = 'earnings:'

interface PostedLeg {
  readonly key: string
  readonly account: Account
  readonly moved: Cents
}

/**
 * Carries out one leg; returns what the account then holds, where we keep that, and notes whose
 * wallet it was.
 */
function postLeg(memory: Memory, changes: ChangeSet, leg: PostedLeg, wallets: number[]): number | undefined {
  const { key, account, moved } = leg
  if (!Number.isSafeInteger(moved)) throw new BrokenInvariant(`[L2] ${key} moves ${moved} cents`)
  if (account.startsWith(WALLET)) return postToWallet(memory, changes, leg, wallets)
  if (account.startsWith(DEBT)) return postToDebt(memory, changes, leg)
  return account.startsWith(EARNINGS) ? postToEarnings(memory, changes, leg) : undefined
}

function postToWallet(memory: Memory, changes: ChangeSet, leg: PostedLeg, wallets: number[]): number {
  const { place, client } = clientOf(memory, leg, WALLET)
  const balanceCents = sumUp(leg, client.balanceCents, leg.moved)
  const draft = draftOfClient(client)
  draft.balanceCents = balanceCents
  changes.money(place, client, draft)
  wallets.push(place)
  return balanceCents
}

function postToDebt(memory: Memory, changes: ChangeSet, leg: PostedLeg): number {
  const { place, client } = clientOf(memory, leg, DEBT)
  const debtCents = sumUp(leg, client.debtCents ?? 0, 0 - leg.moved)
  changes.money(place, client, { ...client, debtCents })
  return 0 - debtCents
}

function postToEarnings(memory: Memory, changes: ChangeSet, leg: PostedLeg): number {
  const readerId = leg.account.slice(EARNINGS.length)
  const held = memory.earnings.get(readerId)
  // A user who has earned before was a reader then, and roles do not change.
  if (held === undefined && !memory.readers.has(readerId))
    throw new BrokenInvariant(`${leg.key} posts to ${leg.account}, who is no reader`)
  const after = sumUp(leg, held ?? 0, leg.moved)
  changes.earnings(readerId, held, after)
  return after
}

function clientOf(memory: Memory, leg: PostedLeg, kind: string): { place: number; client: Client } {
  const place = memory.users.placeOf(leg.account.slice(kind.length))
  const client = place === undefined ? undefined : memory.users.at(place)
  if (place !== undefined && client && isClient(client)) return { place, client }
  throw new BrokenInvariant(`${leg.key} posts to ${leg.account}, who is no client`)
}

function mustNotOweAndHave(user: User): void {
  if (!isClient(user) || user.balanceCents === 0 || (user.debtCents ?? 0) === 0) return
  throw new BrokenInvariant(`[L3] wallet:${user.id} would hold money beside a debt`)
}

function sumUp({ key, account }: PostedLeg, held: number, moved: number): Cents {
  const after = held + moved
  if (after < 0) throw new BrokenInvariant(`[L3] ${key} would leave ${account} with ${after} cents`)
  return cents(after)
}
