/**
 * Runs one decision over memory: it changes memory at once, keeps the way back, and gathers what the journal has to
 * record. The rules that no caller may break are checked here.
 */
import { invariant } from '../domain/errors.ts'
import { type Account, type Entry, sumOf } from '../domain/ledger.ts'
import type { EndedSession, OpenSession, Session } from '../domain/session.ts'
import { isClient, type User } from '../domain/user.ts'
import type { Tx, View } from '../engine/ports.ts'
import { type Cents, cents } from '../shared/money.ts'
import { earningsOf, type Memory, setEarnings, setOpen, setUser } from './memory.ts'
import type { PastSessions } from './past.ts'
import { checked, patchOf } from './patch.ts'
import type { MoneyLeg } from './record.ts'

/** What one decision did: the fields of its journal record (empty when it wrote nothing), and the way back. */
export interface Outcome<T> {
  readonly answer: T
  readonly fields: string
  readonly undo: () => void
}

interface Draft {
  now: number
  readonly undo: (() => void)[]
  readonly users: Map<string, User | undefined>
  readonly open: Map<string, OpenSession | undefined>
  readonly ended: EndedSession[]
  readonly money: [key: string, ...legs: MoneyLeg[]][]
}

export interface Decisions {
  /** Runs `decide`; when it throws, memory is as before. */
  run<T>(now: number, decide: (tx: Tx) => T): Outcome<T>
  look<T>(now: number, look: (view: View) => T): T
}

export function createDecisions(memory: Memory, past: PastSessions): Decisions {
  let draft: Draft | undefined
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
    openSessionOf: (userId) => memory.openByPerson.get(userId),
    openSessions: () => memory.open.values(),
    earningsOf: (readerId) => earningsOf(memory, readerId),
  }
  const current = (): Draft => {
    invariant(draft, 'the store was changed outside a commit')
    return draft
  }
  const tx: Tx = Object.defineProperties(
    {
      putUser: (user: User) => putUser(memory, current(), user),
      putSession: (session: Session) => putSession(memory, past, current(), session),
      post: (entry: Entry) => post(memory, current(), entry),
    },
    Object.getOwnPropertyDescriptors(view),
  ) as Tx

  return {
    run: (instant, decide) => {
      invariant(now === undefined, 'a commit was started inside another')
      const made = newDraft(instant)
      draft = made
      now = instant
      try {
        const answer = decide(tx)
        return { answer, fields: fieldsOf(memory, made), undo: () => undo(made) }
      } catch (error) {
        undo(made)
        throw error
      } finally {
        draft = undefined
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

function newDraft(now: number): Draft {
  return { now, undo: [], users: new Map(), open: new Map(), ended: [], money: [] }
}

function undo(draft: Draft): void {
  for (let index = draft.undo.length - 1; index >= 0; index--) draft.undo[index]?.()
}

// ---------------------------------------------------------------- the three ways to write

function putUser(memory: Memory, draft: Draft, user: User): void {
  const old = memory.users.get(user.id)
  const sameEmail = memory.idsByEmail.get(user.email)
  invariant(sameEmail === undefined || sameEmail === user.id, `${user.email} belongs to another user`)
  invariant(!old || old.role === user.role, `user ${user.id} cannot change roles`)
  if (isClient(user)) {
    const held = old && isClient(old) ? old.balanceCents : 0
    invariant(user.balanceCents === held, `the balance of ${user.id} may only change by an entry`)
  }
  writeUser(memory, draft, user)
}

function writeUser(memory: Memory, draft: Draft, user: User): void {
  const old = memory.users.get(user.id)
  if (!draft.users.has(user.id)) draft.users.set(user.id, old)
  draft.undo.push(() => setUser(memory, user.id, old))
  setUser(memory, user.id, user)
}

function putSession(memory: Memory, past: PastSessions, draft: Draft, session: Session): void {
  const old = memory.open.get(session.id)
  if (!draft.open.has(session.id)) draft.open.set(session.id, old)
  if (session.status === 'ended') {
    invariant(old, `session ${session.id} ended without having been open`)
    draft.ended.push(session)
    draft.undo.push(() => setOpen(memory, session.id, old))
    setOpen(memory, session.id, undefined)
    draft.undo.push(past.add(session))
    return
  }
  for (const person of [session.clientId, session.readerId]) {
    const other = memory.openByPerson.get(person)
    invariant(!other || other.id === session.id, `[S8] ${person} already has the open session ${other?.id}`)
  }
  draft.undo.push(() => setOpen(memory, session.id, old))
  setOpen(memory, session.id, session)
}

function post(memory: Memory, draft: Draft, entry: Entry): void {
  invariant(sumOf(entry.legs) === 0, `[L1] the legs of ${entry.key} do not sum to zero`)
  const legs = entry.legs.map((leg) => postLeg(memory, draft, entry.key, leg.account, leg.cents))
  draft.money.push([entry.key, ...legs])
}

function postLeg(memory: Memory, draft: Draft, key: string, account: Account, moved: Cents): MoneyLeg {
  invariant(Number.isSafeInteger(moved), `[L2] ${key} moves ${moved} cents`)
  if (account.startsWith('wallet:')) {
    const user = memory.users.get(account.slice('wallet:'.length))
    invariant(user && isClient(user), `${key} posts to ${account}, who is no client`)
    const after = sumUp(key, account, user.balanceCents, moved)
    writeUser(memory, draft, { ...user, balanceCents: after })
    return [account, moved, after]
  }
  if (account.startsWith('earnings:')) {
    const readerId = account.slice('earnings:'.length)
    invariant(memory.readers.has(readerId), `${key} posts to ${account}, who is no reader`)
    const old = memory.earnings.get(readerId)
    const after = sumUp(key, account, old ?? 0, moved)
    draft.undo.push(() => setEarnings(memory, readerId, old))
    setEarnings(memory, readerId, after)
    return [account, moved, after]
  }
  return [account, moved]
}

function sumUp(key: string, account: Account, held: number, moved: number): Cents {
  const after = held + moved
  invariant(after >= 0, `[L3] ${key} would leave ${account} with ${after} cents`)
  return cents(after)
}

// ---------------------------------------------------------------- the journal record

/** The record's fields as JSON with a leading comma; '' when nothing changed. */
function fieldsOf(memory: Memory, draft: Draft): string {
  const money = draft.money.length > 0 ? `,"money":${JSON.stringify(draft.money)}` : ''
  const users = patches(draft.users, memory.users, 'balanceCents')
  const open = patches(draft.open, memory.open)
  const ended = draft.ended.length > 0 ? `,"ended":${JSON.stringify(checked(draft.ended))}` : ''
  return money + (users && `,"users":{${users}}`) + (open && `,"open":{${open}}`) + ended
}

/** `skip` is left out of the patches of what existed before: the entries record it. */
function patches(
  before: ReadonlyMap<string, object | undefined>,
  after: ReadonlyMap<string, object>,
  skip?: string,
): string {
  let text = ''
  for (const [id, old] of before) {
    const now = after.get(id)
    const patch = now && patchOf(old, now, old && skip)
    if (patch) text += `${text && ','}${JSON.stringify(id)}:${JSON.stringify(patch)}`
  }
  return text
}
