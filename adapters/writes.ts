/**
 * What one decision has written so far. Memory is changed at once and what stood there before is kept, both to take
 * the change back and to tell the journal what is new.
 */
import type { EndedSession, OpenSession } from '../domain/session.ts'
import type { User } from '../domain/user.ts'
import type { Cents } from '../shared/money.ts'
import { type Memory, replaceOpen, replaceUser, setEarnings, setOpen, setUser } from './memory.ts'
import type { PastSessions } from './past.ts'
import { checked, patchText } from './patch.ts'
import type { MoneyLeg } from './record.ts'

/** `money` is a user of whom nothing changed but what entries record. */
type Write =
  | { readonly kind: 'user' | 'money'; readonly id: string; readonly old: User | undefined }
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
  /** Notes an entry, whose legs have been carried out. */
  entry(key: string, legs: readonly MoneyLeg[]): void
  /** The way to put memory back as it was; good for ever. */
  wayBack(): () => void
  /** The fields of the journal record as JSON with a leading comma; '' when nothing changed. */
  fields(): string
}

/** What entries record of a user. */
const MONEY_FIELDS = ['balanceCents', 'debtCents']

export function createWrites(memory: Memory, past: PastSessions): Writes {
  let writes: Write[] = []
  let money: [key: string, ...legs: MoneyLeg[]][] = []
  let ended: EndedSession[] = []

  return {
    begin: () => {
      writes = []
      if (money.length > 0) money = []
      if (ended.length > 0) ended = []
    },
    user: (old, user, kind) => {
      writes.push({ kind, id: user.id, old })
      replaceUser(memory, old, user)
    },
    open: (old, session) => {
      writes.push({ kind: 'open', id: session.id, old })
      replaceOpen(memory, old, session)
    },
    ended: (old, session) => {
      writes.push({ kind: 'open', id: session.id, old })
      setOpen(memory, session.id, undefined)
      writes.push({ kind: 'past', id: session.id, old: past.add(session) })
      ended.push(session)
    },
    earnings: (readerId, old, total) => {
      writes.push({ kind: 'earnings', id: readerId, old })
      setEarnings(memory, readerId, total)
    },
    entry: (key, legs) => money.push([key, ...legs]),
    wayBack: () => {
      const made = writes
      return () => {
        for (let at = made.length - 1; at >= 0; at--) takeBack(memory, made[at])
      }
    },
    fields: () => {
      let text = money.length > 0 ? `,"money":${JSON.stringify(money)}` : ''
      const users = patches(writes, 'user', memory.users)
      if (users !== '') text += `,"users":{${users}}`
      const open = patches(writes, 'open', memory.open)
      if (open !== '') text += `,"open":{${open}}`
      return ended.length > 0 ? `${text},"ended":${JSON.stringify(checked(ended))}` : text
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

/** The patches from what stood there before the first write to what stands there now. */
function patches(
  writes: readonly Write[],
  kind: 'user' | 'open',
  current: ReadonlyMap<string, object>,
): string {
  let text = ''
  for (const [id, old] of before(writes, kind)) {
    const now = current.get(id)
    const patch = now ? patchText(old, now, old && kind === 'user' ? MONEY_FIELDS : NO_FIELDS) : ''
    if (patch !== '') text += `${text && ','}${JSON.stringify(id)}:${patch}`
  }
  return text
}

const NO_FIELDS: readonly string[] = []
const NOTHING: ReadonlyMap<string, object | undefined> = new Map()

/** Of everything that was written as `kind`, what stood there before the first write of it. */
function before(writes: readonly Write[], kind: 'user' | 'open'): typeof NOTHING {
  if (!writes.some((write) => write.kind === kind)) return NOTHING
  const wanted = new Set<string>()
  for (const write of writes) if (write.kind === kind) wanted.add(write.id)
  const first = new Map<string, object | undefined>()
  for (const write of writes) {
    if (wanted.has(write.id) && !first.has(write.id) && isOf(kind, write)) first.set(write.id, write.old)
  }
  return first
}

/** `money` is a change of a user too. */
function isOf(kind: 'user' | 'open', write: Write): write is Write & { old: object | undefined } {
  return kind === 'open' ? write.kind === 'open' : write.kind === 'user' || write.kind === 'money'
}
