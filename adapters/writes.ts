/**
 * What one decision has written so far. Memory is changed at once and what stood there before is kept, both to take
 * the change back and to tell the journal what is new.
 */
import type { EndedSession, OpenSession } from '../domain/session.ts'
import type { User } from '../domain/user.ts'
import type { Cents } from '../shared/money.ts'
import { quoted, textOf } from './json-text.ts'
import { type Memory, replaceOpen, replaceUser, setEarnings, setOpen, setUser } from './memory.ts'
import type { PastSessions } from './past.ts'
import { patchText } from './patch.ts'

type Write =
  | { readonly kind: 'user'; readonly id: string; readonly old: User | undefined }
  | { readonly kind: 'open'; readonly id: string; readonly old: OpenSession | undefined }
  | { readonly kind: 'earnings'; readonly id: string; readonly old: Cents | undefined }
  | { readonly kind: 'past'; readonly id: string; readonly old: () => void }

export interface Writes {
  /** Begins anew, for the next decision. */
  begin(): void
  /** Puts `user` in place of `old`; `kind` is `money` for a change of {@link MONEY_FIELDS} alone. */
  user(old: User | undefined, user: User, kind: 'user' | 'money'): void
  open(old: OpenSession | undefined, session: OpenSession): void
  ended(old: OpenSession, session: EndedSession): void
  earnings(readerId: string, old: Cents | undefined, total: Cents): void
  /** Notes an entry, whose legs have been carried out, as it goes into the journal: `["key",[leg],…]`. */
  entry(text: string): void
  /** The way to put memory back as it was; good for ever. */
  wayBack(): () => void
  /** The fields of the journal record as JSON with a leading comma; '' when nothing changed. */
  fields(): string
}

/** What entries record of a user. */
const MONEY_FIELDS = ['balanceCents', 'debtCents']

export function createWrites(memory: Memory, past: PastSessions): Writes {
  const users = createFirsts<User>()
  const open = createFirsts<OpenSession>()
  let writes: Write[] = []
  let money = ''
  let ended: EndedSession[] = []

  return {
    begin: () => {
      writes = []
      users.clear()
      open.clear()
      money = ''
      if (ended.length > 0) ended = []
    },
    user: (old, user, kind) => {
      writes.push({ kind: 'user', id: user.id, old })
      users.note(user.id, old, kind === 'user')
      replaceUser(memory, old, user)
    },
    open: (old, session) => {
      writes.push({ kind: 'open', id: session.id, old })
      open.note(session.id, old, true)
      replaceOpen(memory, old, session)
    },
    ended: (old, session) => {
      writes.push({ kind: 'open', id: session.id, old })
      open.note(session.id, old, true)
      setOpen(memory, session.id, undefined)
      writes.push({ kind: 'past', id: session.id, old: past.add(session) })
      ended.push(session)
    },
    earnings: (readerId, old, total) => {
      writes.push({ kind: 'earnings', id: readerId, old })
      setEarnings(memory, readerId, total)
    },
    entry: (text) => {
      money = money === '' ? text : `${money},${text}`
    },
    wayBack: () => {
      const made = writes
      return () => {
        for (let at = made.length - 1; at >= 0; at--) takeBack(memory, made[at])
      }
    },
    fields: () => {
      let text = money === '' ? '' : `,"money":[${money}]`
      const ofUsers = patches(users.all, memory.users, MONEY_FIELDS)
      if (ofUsers !== '') text += `,"users":{${ofUsers}}`
      const ofOpen = patches(open.all, memory.open, NO_FIELDS)
      if (ofOpen !== '') text += `,"open":{${ofOpen}}`
      return ended.length > 0 ? `${text},"ended":${textOf(ended)}` : text
    },
  }
}

function takeBack(memory: Memory, write: Write | undefined): void {
  if (!write) return
  if (write.kind === 'past') write.old()
  else if (write.kind === 'open') setOpen(memory, write.id, write.old)
  else if (write.kind === 'earnings') setEarnings(memory, write.id, write.old)
  else setUser(memory, write.id, write.old)
}

const NO_FIELDS: readonly string[] = []

/** The patches from what stood there before the first write to what stands there now; of what was there, not of `recorded`. */
function patches(
  firsts: readonly First<object>[],
  current: ReadonlyMap<string, object>,
  recorded: readonly string[],
): string {
  let text = ''
  for (const { id, old, isPatched } of firsts) {
    const now = isPatched ? current.get(id) : undefined
    const patch = now ? patchText(old, now, old ? recorded : NO_FIELDS) : ''
    if (patch !== '') text += `${text && ','}${quoted(id)}:${patch}`
  }
  return text
}

/** What stood under an id before its first write; a patch is due unless entries alone have changed it. */
interface First<T> {
  readonly id: string
  readonly old: T | undefined
  isPatched: boolean
}

const FEW = 8 // up to here looking through them is quicker than a map

function createFirsts<T>() {
  let all: First<T>[] = []
  let byId: Map<string, First<T>> | undefined

  const find = (id: string): First<T> | undefined => {
    if (all.length <= FEW) return all.find((first) => first.id === id)
    byId ??= new Map(all.map((first) => [first.id, first]))
    return byId.get(id)
  }

  return {
    get all(): readonly First<T>[] {
      return all
    },
    clear: () => {
      if (all.length > 0) all = []
      byId = undefined
    },
    note: (id: string, old: T | undefined, isPatched: boolean) => {
      const known = find(id)
      if (known) {
        known.isPatched ||= isPatched
        return
      }
      const first = { id, old, isPatched }
      all.push(first)
      byId?.set(id, first)
    },
  }
}
