/** What no honest request looks like, refused before any door reads it. */
import type { RequestHandler } from 'express'
import { Refusal } from '../domain/errors.ts'

const DEEPEST = 5
const MOST_KEYS = 50
const LONGEST_ADDRESS = 2_048
/** Names by which a careless merge reaches what all objects share. */
const POISON = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Walks through a value from outside without recursion. Throws the refusal `invalid_input` when it is nested too deeply, has too
 * many parts, names what all objects share, or holds text that is no text.
 */
export function mustBePlain(value: unknown): void {
  if (typeof value === 'string' && !isText(value)) throw unreadable('Use ordinary characters.')
  let left = MOST_KEYS
  const waiting: Whole[] = isWhole(value) ? [{ value, depth: 0, name: '', within: undefined }] : []
  for (let whole = waiting.pop(); whole; whole = waiting.pop()) {
    if (ArrayBuffer.isView(whole.value) || whole.depth >= DEEPEST) throw unreadable('nested too deeply')
    for (const name of Object.keys(whole.value)) {
      left -= 1
      if (left < 0) throw unreadable('too many parts')
      if (POISON.has(name) || !isText(name)) throw unreadable('a name that is not allowed')
      const part = whole.value[name]
      if (isWhole(part)) waiting.push({ value: part, depth: whole.depth + 1, name, within: whole })
      else if (typeof part === 'string' && !isText(part)) {
        throw unreadable('Use ordinary characters.', [...pathOf(whole), name])
      }
    }
  }
}

/** Something with parts, and where in the whole it was found. */
interface Whole {
  readonly value: Readonly<Record<string, unknown>>
  readonly depth: number
  readonly name: string
  readonly within: Whole | undefined
}

const isWhole = (value: unknown): value is Whole['value'] => typeof value === 'object' && value !== null

const pathOf = ({ name, within }: Whole): string[] => (within ? [...pathOf(within), name] : [])

const isText = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

function unreadable(message: string, path: readonly string[] = []): Refusal {
  return new Refusal('invalid_input', 'Something in the request is not as it should be.', {
    errors: [{ path: path.join('.'), message }],
  })
}

/** Refuses bodies that no page sends. */
export const onlyPlainBodies: RequestHandler = (req, _res, next) => {
  mustBePlain(req.body)
  next()
}

/** Refuses addresses that are too long, and parameters that are given twice or pretend to be lists. */
export const onlyPlainAddresses: RequestHandler = (req, _res, next) => {
  if (req.originalUrl.length > LONGEST_ADDRESS)
    throw new Refusal('address_too_long', 'This address is too long.')
  for (const [name, value] of Object.entries(req.query)) {
    if (typeof value !== 'string' || name.includes('['))
      throw unreadable(`${name.slice(0, 40)} must be given once`)
  }
  mustBePlain(req.query)
  next()
}
