/**
 * What changed in a value, field by field: absolute values, so that a patch means the same whatever stood there
 * before. `null` takes a field away; `name@12` puts elements from index 12 on at the end of an array.
 */
import { invariant } from '../domain/errors.ts'

export type Patch = Readonly<Record<string, unknown>>

const DEEPEST = 16 // far deeper than anything we keep; JSON.stringify would only overflow thousands of levels down

/**
 * The patch that makes `after` of `before`; `skip` names a field recorded elsewhere. Undefined when nothing differs.
 * Throws a BrokenInvariant for what would not read back equal.
 */
export function patchOf(before: object | undefined, after: object, skip?: string): Patch | undefined {
  const old = asFields(before ?? {})
  const patch: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(after)) {
    if ((value === old[name] && value !== undefined) || name === skip) continue
    const tail = newTail(old[name], value)
    if (tail) patch[`${name}@${tail.from}`] = checked(tail.elements)
    else patch[name] = checked(value)
  }
  for (const name in old) if (!(name in after)) patch[name] = null
  for (const _ in patch) return patch
  return undefined
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
