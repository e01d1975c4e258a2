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
  let left = MOST_KEYS
  const waiting: { value: unknown; depth: number }[] = [{ value, depth: 0 }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, depth } = next
    if (typeof value === 'string') mustBeText(value)
    if (typeof value !== 'object' || value === null) continue
    if (ArrayBuffer.isView(value) || depth >= DEEPEST) throw unreadable('nested too deeply')
    for (const [key, part] of Object.entries(value)) {
      left -= 1
      if (left < 0) throw unreadable('too many parts')
      if (POISON.has(key)) throw unreadable('a name that is not allowed')
      mustBeText(key)
      waiting.push({ value: part, depth: depth + 1 })
    }
  }
}

function mustBeText(text: string): void {
  if (!text.isWellFormed() || text.includes('\0')) throw unreadable('text that is not readable')
}

function unreadable(message: string): Refusal {
  return new Refusal('invalid_input', 'Something in the request is not as it should be.', {
    errors: [{ path: '', message }],
  })
}

/** Refuses bodies that no page sends. */
export const onlyPlainBodies: RequestHandler = (req, _res, next) => {
  mustBePlain(req.body)
  next()
}

/** Refuses addresses that are too long, and parameters that are given twice or pretend to be lists. */
export const onlyPlainAddresses: RequestHandler = (req, _res, next) => {
  if (req.originalUrl.length > LONGEST_ADDRESS) throw new Refusal('address_too_long', 'This address is too long.')
  for (const [name, value] of Object.entries(req.query)) {
    if (typeof value !== 'string' || name.includes('[')) throw unreadable(`${name.slice(0, 40)} must be given once`)
  }
  mustBePlain(req.query)
  next()
}
