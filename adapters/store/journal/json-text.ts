/** Makes JSON of what we keep, and refuses in the same pass what would not read back equal. */
import { BrokenInvariant, invariant } from '../../../domain/errors.ts'

// far deeper than anything we keep; a cycle would otherwise overflow only thousands of levels down
const DEEPEST = 16
const TOO_DEEP = `a value nested more than ${DEEPEST} deep cannot be stored`

/**
 * Returns `value` as JSON. Throws a BrokenInvariant when it would not read back from it as it is.
 */
export function textOf(value: unknown, depth = 0): string {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new BrokenInvariant(`${value} cannot be stored`)
    return `${value}`
  }
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value !== 'object' || value === null)
    throw new BrokenInvariant(`${String(value)} cannot be stored`)
  invariant(depth < DEEPEST, TOO_DEEP)
  if (Array.isArray(value)) return listText(value, 0, depth)
  invariant(isPlain(value), 'only plain objects can be stored')
  return objectText(value, depth)
}

/** Returns the elements from index `from` on, as a JSON array. */
export function listText(list: readonly unknown[], from: number, depth = 0): string {
  let text = '['
  for (let at = from; at < list.length; at++) {
    if (at > from) text += ','
    text += textOf(list[at], depth + 1)
  }
  return `${text}]`
}

function objectText(value: Readonly<Record<string, unknown>>, depth: number): string {
  let text = '{'
  for (const name in value) {
    if (text.length > 1) text += ','
    text += fieldName(name) + textOf(value[name], depth + 1)
  }
  return `${text}}`
}

const MOST_NAMES = 512 // our own fields are fewer; names that users chose must not fill the memory
const names = new Map<string, string>()

/**
 * Returns the name of a field with its colon. The same few names come at every commit, so they are
 * made once.
 */
export function fieldName(name: string): string {
  const known = names.get(name)
  if (known !== undefined) return known
  const text = `${quoted(name)}:`
  if (names.size < MOST_NAMES) names.set(name, text)
  return text
}

const LOOKED_THROUGH = 64 // beyond it JSON.stringify is the quicker one
const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const LAST_PLAIN = 0x7e

/** Returns `text` as a JSON string. */
export function quoted(text: string): string {
  if (text.length > LOOKED_THROUGH) return JSON.stringify(text)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < SPACE || code > LAST_PLAIN || code === QUOTE || code === BACKSLASH) return JSON.stringify(text)
  }
  return `"${text}"`
}

/** Returns true for an object as JSON gives it back. */
export function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  return Object.getPrototypeOf(value) === Object.prototype && !('toJSON' in value)
}
