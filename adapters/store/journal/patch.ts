/**
 * Makes and applies patches: what changed in a value, field by field, as absolute values. `null`
 * removes a field. Of a list, `name@12` with a list replaces the elements from index 12 on; with a
 * patch, it changes the element at 12 alone.
 */
import { countOf } from '../../../domain/drafts.ts'
import { BrokenInvariant } from '../../../domain/errors.ts'
import { fieldName, isPlain, listText, quoted, textOf } from './json-text.ts'
import { ELEMENTS_FORMAT, FORMAT, isObject, type Patch, SEALED } from './record.ts'

/** A patch as JSON, '' when nothing differs, and the format of the record that holds it. */
export interface PatchText {
  readonly text: string
  /** The patch of the fields that are kept apart; '' when none of them has a new value. */
  readonly apart: string
  readonly format: number
}

type FieldText = Pick<PatchText, 'text' | 'format'>

const MARK = '@'
const NO_FIELDS: readonly string[] = []

/**
 * Up to here a list is rewritten from its first change on, so that older builds read the record.
 */
const SHORT_CHARS = 1_000

/**
 * Returns the patch that makes `after` of `before`. `skip` names fields recorded elsewhere,
 * `apart` those whose new values go into a patch of their own. Throws a BrokenInvariant for what would not read back equal.
 */
export function patchText(
  before: object | undefined,
  after: object,
  { skip = NO_FIELDS, apart = NO_FIELDS }: { skip?: readonly string[]; apart?: readonly string[] } = {},
): PatchText {
  return fieldsPatch(before ?? {}, after, 0, skip, apart)
}

/** Returns the patch of the fields; `depth` is how deep their values are in what is stored. */
function fieldsPatch(
  before: object,
  after: object,
  depth: number,
  skip: readonly string[] = NO_FIELDS,
  apart: readonly string[] = NO_FIELDS,
): PatchText {
  const old = asFields(before)
  const now = asFields(after)
  let text = ''
  let apartText = ''
  let format = FORMAT
  let kept = 0
  for (const name in now) {
    const value = now[name]
    const was = old[name]
    if (was !== undefined) kept++
    if ((value === was && value !== undefined) || skip.includes(name)) continue
    const change = fieldPatch(name, was, value, depth)
    if (change.text === '') continue
    if (apart.includes(name)) apartText += `${apartText === '' ? '{' : ','}${change.text}`
    else text += `${text === '' ? '{' : ','}${change.text}`
    if (change.format > format) format = change.format
  }
  if (kept < countOf(old)) {
    for (const name in old) {
      if (now[name] === undefined) text += `${text === '' ? '{' : ','}${fieldName(name)}null`
    }
  }
  return { text: text && `${text}}`, apart: apartText && `${apartText}}`, format }
}

function fieldPatch(name: string, before: unknown, after: unknown, depth: number): FieldText {
  if (name.includes(MARK) || name === SEALED)
    throw new BrokenInvariant(`a field called ${name} cannot be stored`)
  if (Array.isArray(before) && Array.isArray(after)) return listPatch(name, before, after, depth)
  return { text: fieldName(name) + textOf(after, depth), format: FORMAT }
}

/**
 * Returns the changes of a list: each element that changed, and what was added or cut off at the
 * end, so that a change costs the same however long the list is. Rewrites the list from the first
 * change on where that is short, or no longer.
 */
function listPatch(
  name: string,
  before: readonly unknown[],
  after: readonly unknown[],
  depth: number,
): FieldText {
  const { first, elements } = changesOf(name, before, after, depth)
  const both = Math.min(before.length, after.length)
  if (first === both && before.length === after.length) return { text: '', format: FORMAT }
  if (first === both || !elements) {
    return { text: tailField(name, first, listText(after, first, depth)), format: FORMAT }
  }
  if (before.length !== after.length) elements.push(tailField(name, both, listText(after, both, depth)))
  const text = elements.join(',')
  const rewritten = listTextWithin(Math.max(SHORT_CHARS, text.length), after, first, depth)
  if (rewritten === undefined) return { text, format: ELEMENTS_FORMAT }
  return { text: tailField(name, first, rewritten), format: FORMAT }
}

/**
 * Returns the index of the first element that differs, which is the shorter length when none does,
 * and a patch for each that does; no patches where one that is not a record differs.
 */
function changesOf(
  name: string,
  before: readonly unknown[],
  after: readonly unknown[],
  depth: number,
): { first: number; elements?: string[] } {
  const elements: string[] = []
  const both = Math.min(before.length, after.length)
  let first = both
  for (let at = 0; at < both; at++) {
    const was = before[at]
    const now = after[at]
    if (now === was) continue
    if (!isPatchable(was) || !isPatchable(now)) return { first: Math.min(first, at) }
    const { text } = fieldsPatch(was, now, depth + 2)
    if (text === '') continue
    first = Math.min(first, at)
    elements.push(`${quoted(`${name}${MARK}${at}`)}:${text}`)
  }
  return { first, elements }
}

/** Returns true for a record none of whose fields would be taken for a change of a list. */
function isPatchable(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isObject(value) || !isPlain(value)) return false
  for (const name in value) if (name.includes(MARK)) return false
  return true
}

function tailField(name: string, from: number, list: string): string {
  return `${from === 0 ? fieldName(name) : `${quoted(`${name}${MARK}${from}`)}:`}${list}`
}

/**
 * Returns the elements from index `from` on as a JSON array, or undefined where that takes more
 * than `most` characters.
 */
function listTextWithin(
  most: number,
  list: readonly unknown[],
  from: number,
  depth: number,
): string | undefined {
  let text = '['
  for (let at = from; at < list.length && text.length < most; at++) {
    text += `${at > from ? ',' : ''}${textOf(list[at], depth + 1)}`
  }
  return text.length < most ? `${text}]` : undefined
}

/**
 * Returns a new value: `before` with the patch applied. Throws a BrokenInvariant for a patch that
 * does not fit it.
 */
export function applyPatch(before: object, patch: Patch): Record<string, unknown> {
  if (!isObject(patch)) throw new BrokenInvariant('a patch is no object')
  const after: Record<string, unknown> = { ...before }
  for (const [field, value] of Object.entries(patch)) {
    const mark = field.indexOf(MARK)
    if (mark > 0) changeList(after, field.slice(0, mark), field.slice(mark + 1), value)
    else if (value === null) delete after[field]
    else after[field] = value
  }
  return after
}

function changeList(fields: Record<string, unknown>, name: string, place: string, change: unknown): void {
  const list = fields[name]
  const at = Number(place)
  if (!Array.isArray(list) || !Number.isSafeInteger(at) || at < 0 || String(at) !== place)
    throw unfit(name, place)
  if (Array.isArray(change)) {
    if (at > list.length) throw unfit(name, place)
    fields[name] = [...list.slice(0, at), ...change]
    return
  }
  const element: unknown = list[at]
  if (!isObject(element) || !isObject(change)) throw unfit(name, place)
  fields[name] = [...list.slice(0, at), applyPatch(element, change), ...list.slice(at + 1)]
}

function unfit(name: string, place: string): BrokenInvariant {
  return new BrokenInvariant(`the change ${name}${MARK}${place} does not fit what was there`)
}

function asFields(value: object): Readonly<Record<string, unknown>> {
  return value as Readonly<Record<string, unknown>>
}
