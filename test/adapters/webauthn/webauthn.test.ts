/** Tests the responses of browsers byte by byte, and the challenges that they are for. */
import { describe, expect, it } from 'vitest'
import { createChallenges } from '../../../adapters/webauthn/challenges.ts'
import { createWebAuthn } from '../../../adapters/webauthn/webauthn.ts'
import type { Passkey } from '../../../domain/passkey.ts'
import { createAuthenticator, SITE } from '../../support/authenticator.ts'
import fc from '../../support/properties.ts'
import { sampleSize } from '../../support/sample.ts'
import { silentLog } from '../../support/world.ts'

const USER = { id: 'u1', email: 'mara@example.com', name: 'Mara' }
const ceremony = { site: SITE, purpose: 'a test' }
const numRuns = sampleSize(300, 10_000)

/** Returns base64url text with some of its bytes changed. */
function changed(text: string, changes: readonly { at: number; to: number }[]): string {
  const bytes = Buffer.from(text, 'base64url')
  for (const { at, to } of changes) bytes[at % bytes.length] = to
  return bytes.toString('base64url')
}

/**
 * Returns what a response's field means: the two bytes that say how long a signature is may be
 * anything, as its two numbers each have their own length.
 */
const signedPart = (field: string, text: string): string =>
  Buffer.from(text, 'base64url')
    .subarray(field === 'signature' ? 2 : 0)
    .toString('hex')

const changes = fc.array(fc.record({ at: fc.nat(2_000), to: fc.nat(255) }), { minLength: 1, maxLength: 4 })

describe('a response with changed bytes', () => {
  it('never counts as a signature', async () => {
    const webAuthn = createWebAuthn({ now: () => 0, log: silentLog })
    const phone = createAuthenticator()
    const made = await webAuthn.created(
      ceremony,
      phone.create(await webAuthn.creationOptions(ceremony, USER)),
    )
    const passkey: Passkey = {
      name: 'Phone',
      createdAt: 0,
      id: '',
      publicKey: '',
      counter: 0,
      transports: [],
      ...made,
    }
    const part = fc.constantFrom('clientDataJSON', 'authenticatorData', 'signature')
    await fc.assert(
      fc.asyncProperty(part, changes, async (field, changes) => {
        const assertion = phone.answer(await webAuthn.requestOptions(ceremony))
        const { [field]: before } = assertion.response
        const after = changed(String(before), changes)
        fc.pre(signedPart(field, after) !== signedPart(field, String(before)))
        const response = { ...assertion.response, [field]: after }
        expect(await webAuthn.signed(ceremony, { ...assertion, response }, passkey)).toBeUndefined()
      }),
      { numRuns },
    )
    const whole = phone.answer(await webAuthn.requestOptions(ceremony))
    expect(await webAuthn.signed(ceremony, whole, passkey)).toBeDefined()
  })

  it('makes a passkey or none, and nothing breaks', async () => {
    const webAuthn = createWebAuthn({ now: () => 0, log: silentLog })
    const part = fc.constantFrom('clientDataJSON', 'attestationObject')
    await fc.assert(
      fc.asyncProperty(part, changes, async (field, changes) => {
        const attestation = createAuthenticator().create(await webAuthn.creationOptions(ceremony, USER))
        const response = { ...attestation.response, [field]: changed(attestation.response[field], changes) }
        const made = await webAuthn.created(ceremony, { ...attestation, response })
        if (made) expect(made.publicKey).toMatch(/^[\w-]+$/)
      }),
      { numRuns },
    )
  })
})

describe('a challenge', () => {
  it('is open for its purpose alone, for five minutes, until it is used', () => {
    let now = 1_000
    const challenges = createChallenges(() => now)
    const challenge = challenges.make('one thing')
    expect(challenges.isOpen('another thing', challenge)).toBe(false)
    expect(createChallenges(() => now).isOpen('one thing', challenge)).toBe(false)
    now += 5 * 60_000 - 1
    expect(challenges.isOpen('one thing', challenge)).toBe(true)
    expect([challenges.use(challenge), challenges.use(challenge)]).toEqual([true, false])
    expect(challenges.isOpen('one thing', challenge)).toBe(false)
    const late = challenges.make('one thing')
    now += 5 * 60_000
    expect(challenges.isOpen('one thing', late)).toBe(false)
  })

  it('leaves nothing behind until it is used; of those in use there are 100,000 at the most', () => {
    let now = 0
    const challenges = createChallenges(() => now)
    const challengeOf = (each: number) => Buffer.from(`used ${each}`).toString('base64url')
    let used = 0
    while (used < 100_000 && challenges.use(challengeOf(used))) used += 1
    expect(used).toBe(100_000)
    expect(() => challenges.use(challengeOf(100_000))).toThrow(expect.objectContaining({ code: 'busy' }))
    now += 5 * 60_000
    expect(challenges.use(challengeOf(100_000))).toBe(true)
  })

  it('counts once in every spelling', () => {
    const challenges = createChallenges(() => 0)
    const challenge = challenges.make('one thing')
    expect(challenges.use(challenge)).toBe(true)
    for (const other of [
      `${challenge}=`,
      `${challenge}==`,
      Buffer.from(challenge, 'base64url').toString('base64'),
    ]) {
      expect(challenges.isOpen('one thing', other)).toBe(false)
      expect(challenges.use(other)).toBe(false)
    }
  })
})
