/** Rejects passwords that others would try first. */
import { Refusal } from '../../domain/errors.ts'
import type { Passwords } from '../ports.ts'

const OUR_NAMES = ['soulseer', 'soulseer.app']

/**
 * Refuses `invalid_input` at the field `path` for a common password, for ours, and for the person's
 * own name or address.
 */
export function mustBeHardToGuess(
  passwords: Passwords,
  { path, password }: { path: string; password: string },
  person: { email: string; name: string },
): void {
  const plain = password.toLowerCase()
  const [beforeAt] = person.email.split('@')
  const own = [person.email, beforeAt, person.name.toLowerCase(), ...OUR_NAMES]
  if (!own.includes(plain) && !passwords.isCommon(password)) return
  const message = 'That password is too common. Choose a different one.'
  throw new Refusal('invalid_input', message, { errors: [{ path, message }] })
}
