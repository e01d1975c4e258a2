/** Says in the journal what is personal under the person's own key, and reads it back. */

import type { EndedSession, OpenSession, Session } from '../../../domain/session.ts'
import type { AnyTable } from '../../../domain/table.ts'
import { DELETED_NAME, isErased, PERSONAL_USER_FIELDS, type User } from '../../../domain/user.ts'
import { quoted, textOf } from '../journal/json-text.ts'
import { applyPatch, type PatchText, patchText } from '../journal/patch.ts'
import { isObject, type Patch, SEALED, SEALED_FORMAT } from '../journal/record.ts'
import { fieldOf } from '../rows.ts'
import type { PersonKeys, Unsealer } from './person-keys.ts'

type SealedPatch = Pick<PatchText, 'text' | 'format'>

// ---------------------------------------------------------------- users

/** Returns the patch of a user; `recorded` names fields that the record has elsewhere. */
export function userPatch(
  people: PersonKeys,
  old: User | undefined,
  now: User,
  recorded: readonly string[],
): SealedPatch {
  if (isErased(now))
    return patchText(old && (isErased(old) ? old : blankPerson(old)), now, { skip: recorded })
  const patch = patchText(old, now, { skip: recorded, apart: PERSONAL_USER_FIELDS })
  return withSealed(patch, () => people.seal(now.id, contextOf('users', now.id), patch.apart))
}

/**
 * Returns the user with other values in the personal fields, so that a patch has a value for each of
 * them: a reader without the key does not know the ones before.
 */
function blankPerson(user: User): object {
  const personal = PERSONAL_USER_FIELDS.filter((field) => field in user).map((field) => [field, BLANK])
  return { ...user, ...Object.fromEntries(personal) }
}

const BLANK = false

/** Returns a user with the change of a record. */
export function patchedUser(people: Unsealer, old: User | undefined, id: string, patch: Patch): User {
  return readable(id, patched(people, old ?? {}, contextOf('users', id), patch)) as unknown as User
}

/** Completes a user whose key is gone: the record that takes the rest away follows. */
function readable(id: string, user: Record<string, unknown>): Record<string, unknown> {
  if (user.email !== undefined) return user
  return { name: DELETED_NAME, email: unreadableEmail(id), passwordHash: '*', logins: [], ...user }
}

const unreadableEmail = (id: string): string => `unreadable-${id}`

/** Returns true for a user of whom nothing personal could be read. */
export function isUnreadable({ id, email }: User): boolean {
  return email === unreadableEmail(id)
}

// ---------------------------------------------------------------- tables

/** Returns the patch of a table's record, which is sealed for its owner. */
export function rowPatch(
  people: PersonKeys,
  table: AnyTable,
  id: string,
  rows: { old: object | undefined; now: object },
): SealedPatch {
  const patch = patchText(rows.old, rows.now, { apart: table.personal })
  return withSealed(patch, () =>
    people.seal(ownerOf(table, rows.now), contextOf(table.name, id), patch.apart),
  )
}

function ownerOf({ owner }: AnyTable, row: object): string {
  const id = owner === undefined ? undefined : fieldOf(row, owner)
  return typeof id === 'string' ? id : ''
}

/** Returns a table's record with the change of a journal record. */
export function patchedRow(
  people: Unsealer,
  table: AnyTable,
  id: string,
  old: object | undefined,
  patch: Patch,
) {
  return patched(people, old ?? {}, contextOf(table.name, id), patch)
}

// ---------------------------------------------------------------- sessions

const NAMES = ['clientName', 'readerName'] as const

/** Returns the patch of an open session, with both names sealed, each for its person. */
export function sessionPatch(
  people: PersonKeys,
  old: OpenSession | undefined,
  now: OpenSession,
): SealedPatch {
  const isNamed = old?.clientName === now.clientName && old.readerName === now.readerName
  if (isNamed) return patchText(old, now)
  return { ...patchText(old && withoutNames(old), sealNames(people, now)), format: SEALED_FORMAT }
}

/** Returns sessions as JSON with all names sealed. */
export function sealedSessions(people: PersonKeys, sessions: readonly EndedSession[]): string {
  return textOf(sessions.map((session) => sealNames(people, session)))
}

function sealNames(people: PersonKeys, session: Session): object {
  const { id, clientId, clientName, readerId, readerName } = session
  return {
    ...session,
    clientName: { [SEALED]: people.seal(clientId, contextOf('clientName', id), clientName) },
    readerName: { [SEALED]: people.seal(readerId, contextOf('readerName', id), readerName) },
  }
}

/** Returns a session as it was written, with its names in clear; those that are gone have another. */
export function unsealedSession<S extends object>(people: Unsealer, id: string, session: S): S {
  let clear = session
  for (const field of NAMES) {
    const name = fieldOf(session, field)
    if (!isObject(name)) continue
    const text = people.unseal(contextOf(field, id), String(name[SEALED]))
    clear = { ...clear, [field]: text ?? DELETED_NAME }
  }
  return clear
}

/** Returns a session without its names, which `npm run books` cannot read. */
export function withoutNames(session: object): object {
  return { ...session, clientName: '', readerName: '' }
}

// ---------------------------------------------------------------- both

const contextOf = (of: string, id: string): string => `${of} ${id}`

function withSealed({ text, apart, format }: PatchText, seal: () => string): SealedPatch {
  if (apart === '') return { text, format }
  const field = `${quoted(SEALED)}:${quoted(seal())}`
  return { text: text === '' ? `{${field}}` : `${text.slice(0, -1)},${field}}`, format: SEALED_FORMAT }
}

function patched(people: Unsealer, before: object, context: string, patch: Patch): Record<string, unknown> {
  if (!isObject(patch) || !(SEALED in patch)) return applyPatch(before, patch)
  const { [SEALED]: sealed, ...clear } = patch
  const after = applyPatch(before, clear)
  const text = people.unseal(context, String(sealed))
  return text === undefined ? after : applyPatch(after, JSON.parse(text))
}
