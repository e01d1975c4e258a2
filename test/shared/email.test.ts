/** Tests the addresses that may register. */
import { describe, expect, it } from 'vitest'
import { erasedEmail } from '../../domain/user.ts'
import { RegisterBody } from '../../shared/protocol/http.ts'

const registers = (email: string): boolean =>
  RegisterBody.safeParse({ role: 'client', name: 'Ana', email, password: 'correct horse', acceptTerms: true })
    .success

describe('an address that a person registers', () => {
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

const inOneSpelling = (email: string) =>
  RegisterBody.parse({ role: 'client', name: 'Ana', email, password: 'correct horse', acceptTerms: true })
    .email

describe('addresses of the world', () => {
  it.each([
    'user@xn--e1afmkfd.xn--p1ai',
    'user@example.xn--fiqs8s',
    'eva@müller.example',
    'first=last@example.com',
    'a&b@example.com',
    'dept/team@example.com',
    "o'hara+soul@sub.example.co.uk",
    'x@1.example',
  ])('%s is one', (email) => {
    expect(registers(email)).toBe(true)
  })

  it.each([
    'two@@example.com',
    'no-domain@',
    '@example.com',
    'dot..dot@example.com',
    '.dot@example.com',
    'dot.@example.com',
    'user@-bad.example',
    'user@bad-.example',
    'user@example',
    'user@example..com',
    'user@exa mple.com',
    'user@example.com/path',
    'user@example.com:25',
    'user@example.com?x',
    'ünï@example.com',
    'a b@example.com',
    `${'a'.repeat(250)}@example.com`,
    'no address at all',
  ])('%s is none', (email) => {
    expect(registers(email)).toBe(false)
  })

  it('have one spelling each, whichever browser sends it', () => {
    for (const email of ['user@xn--bcher-kva.example', 'user@bücher.example', ' User@BÜCHER.example ']) {
      expect(inOneSpelling(email)).toBe('user@xn--bcher-kva.example')
    }
  })
})
