/**
 * What changed in a value, field by field: absolute values, so that a patch means the same whatever stood there
 * before. `null` takes a field away; `name@12` replaces an array's elements from index 12 on.
 */
import { countOf } from '../domain/drafts.ts'
import { invariant } from '../domain/errors.ts'
import { fieldName, listText, quoted, textOf } from './json-text.ts'

export type Patch = Readonly<Record<string, unknown>>

/**
 * The patch that makes `after` of `before`, as JSON; '' when nothing differs. `skip` names fields recorded elsewhere.
 * Throws a BrokenInvariant for what would not read back equal.
 */
export function patchText(before: object | undefined, after: object, skip: readonly string[]): string {
  const old = asFields(before ?? {})
  const now = asFields(after)
  let text = ''
  let kept = 0
  for (const name in now) {
    const value = now[name]
    const was = old[name]
    if (was !== undefined) kept++
    if ((value === was && value !== undefined) || skip.includes(name)) continue
    text += `${text === '' ? '{' : ','}${fieldText(name, was, value)}`
  }
  if (before && kept < countOf(old)) {
    for (const name in old) {
      if (now[name] === undefined) text += `${text === '' ? '{' : ','}${fieldName(name)}null`
    }
  }
  return text === '' ? '' : `${text}}`
}

function fieldText(name: string, before: unknown, after: unknown): string {
  if (Array.isArray(after)) {
    const from = sharedLength(before, after)
    if (from > 0) return `${quoted(`${name}@${from}`)}:${listText(after, from)}`
  }
  return fieldName(name) + textOf(after)
}

/** Returns how many elements both begin with, so that a change at the end costs the same however long the list is. */
function sharedLength(before: unknown, after: readonly unknown[]): number {
  if (!Array.isArray(before)) return 0
  let at = 0
  while (at < before.length && at < after.length && before[at] === after[at]) at++
  return at
}

/** A new value: `before` with the patch applied. */
export function applyPatch(before: object, patch: Patch): Record<string, unknown> {
  const after: Record<string, unknown> = { ...before }
  for (const [field, value] of Object.entries(patch)) {
    const mark = field.indexOf('@')
    if (mark > 0) replaceFrom(after, field.slice(0, mark), Number(field.slice(mark + 1)), value)
    else if (value === null) delete after[field]
    else after[field] = value
  }
  return after
}

function asFields(value: object): Readonly<Record<string, unknown>> {
  return value as Readonly<Record<string, unknown>>
}

function replaceFrom(fields: Record<string, unknown>, name: string, from: number, tail: unknown): void {
  const before = fields[name]
  invariant(
    Array.isArray(before) && before.length >= from && Array.isArray(tail),
    `nothing to extend: ${name}@${from}`,
  )
  fields[name] = [...before.slice(0, from), ...tail]
}
