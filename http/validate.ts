/** Turns what comes from outside into typed values, or refuses it. */
import type { RequestHandler } from 'express'
import type { z } from 'zod'
import { Refusal } from '../domain/errors.ts'

/**
 * Returns `value` as the schema's output. Throws the refusal `invalid_input` naming every field
 * that does not fit.
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
  throw new Refusal('invalid_input', 'Some fields are invalid.', { errors })
}

export const BODY_LIMIT_BYTES = 64 * 1024

/**
 * Rejects a body that is not JSON, or is announced as larger than it may be. Throws `not_json`,
 * `too_large`.
 */
export const onlyJson: RequestHandler = (req, res, next) => {
  const announced = Number(req.headers['content-length'] ?? 0)
  if (announced > BODY_LIMIT_BYTES) {
    // The rest of it is not read.
    res.set('Connection', 'close')
    throw new Refusal('too_large', 'The request is too large.')
  }
  const hasBody = req.headers['transfer-encoding'] !== undefined || announced > 0
  if (hasBody && !req.is('application/json'))
    throw new Refusal('not_json', 'Send the body as application/json.')
  next()
}
