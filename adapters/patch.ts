/**
 * What changed in a value, field by field: absolute values, so that a patch means the same whatever stood there
 * before. `null` takes a field away; `name@12` puts elements from index 12 on at the end of an array.
 */
import { invariant } from '../domain/errors.ts'

export type Patch = Readonly<Record<string, unknown>>

const DEEPEST = 16 // far deeper than anything we keep; JSON.stringify would only overflow thousands of levels down

/**
 * The patch that makes `after` of `before`, as JSON; '' when nothing differs. `skip` names fields recorded elsewhere.
 * Throws a BrokenInvariant for what would not read back equal.
 */
export function patchText(before: object | undefined, after: object, skip: readonly string[]): string {
  const old = asFields(before ?? {})
  const now = asFields(after)
  let text = ''
  for (const name in now) {
    const value = now[name]
    if ((value === old[name] && value !== undefined) || skip.includes(name)) continue
    text += `${text === '' ? '{' : ','}${fieldText(name, old[name], value)}`
  }
  for (const name in old) {
    if (now[name] === undefined) text += `${text === '' ? '{' : ','}${JSON.stringify(name)}:null`
  }
  return text === '' ? '' : `${text}}`
}

function fieldText(name: string, before: unknown, after: unknown): string {
  const tail = newTail(before, after)
  if (tail) return `${JSON.stringify(`${name}@${tail.from}`)}:${JSON.stringify(checked(tail.elements))}`
  return `${JSON.stringify(name)}:${JSON.stringify(checked(after))}`
}

/** A new value: `before` with the patch applied. */
export function applyPatch(before: object, patch: Patch): Record<string, unknown> {
  const after: Record<string, unknown> = { ...before }
  for (const [field, value] of Object.entries(patch)) {
    const mark = field.indexOf('@')
    if (mark > 0) extend(after, field.slice(0, mark), Number(field.slice(mark + 1)), value)
    else if (value === null) delete after[field]
    else after[field] = value
  }
  return after
}

/** Throws a BrokenInvariant when `value` would not read back from JSON as it is. */
export function checked(value: unknown, depth = 0): unknown {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    invariant(Number.isFinite(value), `${value} cannot be stored`)
    return value
  }
  invariant(typeof value === 'object' && value !== null, `${String(value)} cannot be stored`)
  invariant(depth < DEEPEST, `a value nested more than ${DEEPEST} deep cannot be stored`)
  invariant(Array.isArray(value) || isPlain(value), 'only plain objects can be stored')
  for (const inner of Object.values(value)) checked(inner, depth + 1)
  return value
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype && !('toJSON' in value)
}

function asFields(value: object): Readonly<Record<string, unknown>> {
  return value as Readonly<Record<string, unknown>>
}

/** What `after` adds to the whole of `before`, when both are arrays and `after` begins with it. */
function newTail(before: unknown, after: unknown): { from: number; elements: unknown[] } | undefined {
  if (!Array.isArray(before) || !Array.isArray(after)) return undefined
  if (before.length === 0 || before.length > after.length) return undefined
  const same = before.every((element, index) => element === after[index])
  return same ? { from: before.length, elements: after.slice(before.length) } : undefined
}

function extend(fields: Record<string, unknown>, name: string, from: number, tail: unknown): void {
  const before = fields[name]
  invariant(
    Array.isArray(before) && before.length >= from && Array.isArray(tail),
    `nothing to extend: ${name}@${from}`,
  )
  fields[name] = [...before.slice(0, from), ...tail]
}
