import { describe, expect, it } from 'vitest'
import { erasedEmail } from '../../domain/user.ts'
import { RegisterBody } from '../../shared/protocol.ts'

const registers = (email: string): boolean =>
  RegisterBody.safeParse({ role: 'client', name: 'Ana', email, password: 'correct horse' }).success

describe('an address that somebody registers', () => {
  it('is never one that a deleted account gets, nor any other of the domain that no mail reaches', () => {
    const reserved = [
      erasedEmail('sdvdx80ff1cw1wgp'),
      erasedEmail('a', 2),
      'ana@other.invalid',
      ' A@B.INVALID ',
    ]
    for (const email of reserved) expect(registers(email), email).toBe(false)
  })

  it('may have the word anywhere else', () => {
    for (const email of ['ana.invalid@example.com', 'ana@invalid.com']) {
      expect(registers(email), email).toBe(true)
    }
  })
})
