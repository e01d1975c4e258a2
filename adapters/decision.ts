/**
 * Runs one decision over memory: it changes memory at once, keeps the way back, and gathers what the journal has to
 * record. The rules that no caller may break are checked here.
 */
import { invariant } from '../domain/errors.ts'
import { type Account, type Entry, sumOf } from '../domain/ledger.ts'
import type { OpenSession, Session } from '../domain/session.ts'
import { type Client, isClient, type User } from '../domain/user.ts'
import type { Tx, View } from '../engine/ports.ts'
import { type Cents, cents, NO_CENTS } from '../shared/money.ts'
import { quoted } from './json-text.ts'
import { earningsOf, type Memory, openOf } from './memory.ts'
import type { PastSessions } from './past.ts'
import { createWrites, type Writes } from './writes.ts'

/** What one decision did: the fields of its journal record (empty when it wrote nothing), and the way back. */
export interface Outcome<T> {
  readonly answer: T
  readonly fields: string
  readonly undo: () => void
}

export interface Decisions {
  /** Runs `decide`; when it throws, memory is as before. */
  run<T>(now: number, decide: (tx: Tx) => T): Outcome<T>
  look<T>(now: number, look: (view: View) => T): T
}

export function createDecisions(memory: Memory, past: PastSessions): Decisions {
  const writes = createWrites(memory, past)
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
    openSession: (id) => memory.open.get(id),
    openSessionOf: (userId) => openOf(memory, userId),
    openSessions: () => memory.open.values(),
    earningsOf: (readerId) => earningsOf(memory, readerId),
  }
  const current = (): Writes => {
    invariant(deciding, 'the store was changed outside a commit')
    return writes
  }
  const tx: Tx = Object.defineProperties(
    {
      putUser: (user: User) => putUser(memory, current(), user),
      putSession: (session: Session) => putSession(memory, current(), session),
      post: (entry: Entry) => post(memory, current(), entry),
    },
    Object.getOwnPropertyDescriptors(view),
  ) as Tx

  return {
    run: (instant, decide) => {
      invariant(now === undefined, 'a commit was started inside another')
      writes.begin()
      deciding = true
      now = instant
      try {
        const answer = decide(tx)
        return { answer, fields: writes.fields(), undo: writes.wayBack() }
      } catch (error) {
        writes.wayBack()()
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

// ---------------------------------------------------------------- the three ways to write

function putUser(memory: Memory, writes: Writes, user: User): void {
  const old = memory.users.get(user.id)
  const sameEmail = memory.idsByEmail.get(user.email)
  invariant(sameEmail === undefined || sameEmail === user.id, `${user.email} belongs to another user`)
  invariant(!old || old.role === user.role, `user ${user.id} cannot change roles`)
  if (isClient(user)) {
    const { balanceCents: held, debtCents: owed = 0 } = old && isClient(old) ? old : NOTHING_HELD
    invariant(user.balanceCents === held, `the balance of ${user.id} may only change by an entry`)
    invariant((user.debtCents ?? 0) === owed, `the debt of ${user.id} may only change by an entry`)
  }
  writes.user(old, user, 'user')
}

const NOTHING_HELD: Pick<Client, 'balanceCents' | 'debtCents'> = { balanceCents: NO_CENTS }

function putSession(memory: Memory, writes: Writes, session: Session): void {
  const old = memory.open.get(session.id)
  if (session.status === 'ended') {
    invariant(old, `session ${session.id} ended without having been open`)
    writes.ended(old, session)
    return
  }
  const same = old?.clientId === session.clientId && old.readerId === session.readerId
  invariant(!old || same, `session ${session.id} cannot change its people`)
  if (!old) mustBeFree(memory, session, session.clientId)
  if (!old) mustBeFree(memory, session, session.readerId)
  writes.open(old, session)
}

function mustBeFree(memory: Memory, session: OpenSession, person: string): void {
  const other = memory.openByPerson.get(person)
  invariant(other === undefined, `[S8] ${person} cannot be in ${session.id}: ${other} is open`)
}

function post(memory: Memory, writes: Writes, entry: Entry): void {
  invariant(sumOf(entry.legs) === 0, `[L1] the legs of ${entry.key} do not sum to zero`)
  let text = `[${quoted(entry.key)}`
  for (const { account, cents: moved } of entry.legs) {
    const after = postLeg(memory, writes, entry.key, account, moved)
    text += `,[${quoted(account)},${moved}${after === undefined ? '' : `,${after}`}]`
  }
  writes.entry(`${text}]`)
  for (const { account } of entry.legs) {
    if (account.startsWith(WALLET)) mustNotOweAndHave(account, clientOf(memory, entry.key, account, WALLET))
  }
}

const WALLET = 'wallet:'
const DEBT = 'debt:'
const EARNINGS = 'earnings:'

function clientOf(memory: Memory, key: string, account: Account, kind: string): Client {
  const user = memory.users.get(account.slice(kind.length))
  invariant(user && isClient(user), `${key} posts to ${account}, who is no client`)
  return user
}

function mustNotOweAndHave(account: Account, { balanceCents, debtCents = NO_CENTS }: Client): void {
  invariant(balanceCents === 0 || debtCents === 0, `[L3] ${account} would hold money beside a debt`)
}

/** Carries out one leg; answers what the account then holds, where we keep that. */
function postLeg(
  memory: Memory,
  writes: Writes,
  key: string,
  account: Account,
  moved: Cents,
): number | undefined {
  invariant(Number.isSafeInteger(moved), `[L2] ${key} moves ${moved} cents`)
  if (account.startsWith(WALLET)) {
    const user = clientOf(memory, key, account, WALLET)
    const after = sumUp(key, account, user.balanceCents, moved)
    writes.user(user, { ...user, balanceCents: after }, 'money')
    return after
  }
  if (account.startsWith(DEBT)) {
    const user = clientOf(memory, key, account, DEBT)
    const debtCents = sumUp(key, account, user.debtCents ?? 0, 0 - moved)
    writes.user(user, { ...user, debtCents }, 'money')
    return 0 - debtCents
  }
  if (account.startsWith(EARNINGS)) {
    const readerId = account.slice(EARNINGS.length)
    invariant(memory.readers.has(readerId), `${key} posts to ${account}, who is no reader`)
    const held = memory.earnings.get(readerId)
    const after = sumUp(key, account, held ?? 0, moved)
    writes.earnings(readerId, held, after)
    return after
  }
  return undefined
}

function sumUp(key: string, account: Account, held: number, moved: number): Cents {
  const after = held + moved
  invariant(after >= 0, `[L3] ${key} would leave ${account} with ${after} cents`)
  return cents(after)
}
