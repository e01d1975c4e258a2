/** Rejects what no honest request looks like, before a route reads it. */
import type { RequestHandler } from 'express'
import { Refusal } from '../domain/errors.ts'

const DEEPEST = 5
const MOST_KEYS = 50
const LONGEST_ADDRESS = 2_048
/** Names by which a careless merge reaches what all objects share. */
const POISON = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Rejects a value from outside that no page sends. Throws the refusal `invalid_input` when it is
 * nested too deeply, has too many parts, names what all objects share, or holds text that is no
 * text; the schemas, which pass over unknown fields, look at none of these.
 */
export function assertPlainJson(value: unknown): void {
  const path: string[] = []
  let left = MOST_KEYS
  const walk = (part: unknown): void => {
    if (typeof part === 'string' && !isText(part)) throw unreadable('Use ordinary characters.', path)
    if (typeof part !== 'object' || part === null) return
    if (ArrayBuffer.isView(part) || path.length >= DEEPEST) throw unreadable('nested too deeply')
    for (const [name, inner] of Object.entries(part)) {
      left -= 1
      if (left < 0) throw unreadable('too many parts')
      if (POISON.has(name) || !isText(name)) throw unreadable('a name that is not allowed')
      path.push(name)
      walk(inner)
      path.pop()
    }
  }
  walk(value)
}

const isText = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

function unreadable(message: string, path: readonly string[] = []): Refusal {
  return new Refusal('invalid_input', 'Some fields are invalid.', {
    errors: [{ path: path.join('.'), message }],
  })
}

/** Rejects bodies that no page sends. */
export const onlyPlainBodies: RequestHandler = (req, _res, next) => {
  assertPlainJson(req.body)
  next()
}

/**
 * Rejects addresses that are too long, and parameters that are given twice or pretend to be lists.
 */
export const onlyPlainAddresses: RequestHandler = (req, _res, next) => {
  if (req.originalUrl.length > LONGEST_ADDRESS)
    throw new Refusal('address_too_long', 'This address is too long.')
  for (const [name, value] of Object.entries(req.query)) {
    if (typeof value !== 'string' || name.includes('['))
      throw unreadable(`${name.slice(0, 40)} must be given once`)
  }
  assertPlainJson(req.query)
  next()
}
