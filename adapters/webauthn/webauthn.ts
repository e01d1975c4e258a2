/** Speaks WebAuthn: makes the options that browsers need, and checks their responses. */
import type { Passkey } from '../../domain/passkey.ts'
import type { Ceremony, Log, WebAuthn } from '../../engine/ports.ts'
import type { PasskeyAttestation } from '../../shared/protocol/passkeys.ts'
import { CHALLENGE_MS, createChallenges } from './challenges.ts'

const SITE_NAME = 'SoulSeer'
const ALGORITHMS = [-8, -7, -257] // Ed25519, ES256, RS256: what every authenticator has one of

// A passkey takes the place of the password, so the device alone must not be enough: it asks for a
// finger, a face or a PIN.
const VERIFIED = 'required'

/** Creates it. `now` is the clock by which challenges lapse. */
export function createWebAuthn({ now, log }: { now: () => number; log: Log }): WebAuthn {
  const challenges = createChallenges(now)

  /** Runs `check`, which throws for every response that does not fit. */
  const attempt = async <T>(check: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await check()
    } catch (error) {
      const why = error instanceof Error ? error.message.slice(0, 300) : ''
      log.info({ security: 'passkey_refused', why }, 'a response of a passkey does not fit')
      return undefined
    }
  }

  /** Returns what a response must have: our site, and an open challenge, which is noted. */
  const expectedOf = ({ site, purpose }: Ceremony) => {
    const seen = { challenge: '' }
    return {
      seen,
      expected: {
        expectedOrigin: [...site.origins],
        expectedRPID: site.host,
        requireUserVerification: true,
        expectedChallenge: (challenge: string) => {
          seen.challenge = challenge
          return challenges.isOpen(purpose, challenge)
        },
      },
    }
  }

  return {
    async creationOptions({ site, purpose }, { id, email, name, passkeys = [] }) {
      const { generateRegistrationOptions } = await library()
      return generateRegistrationOptions({
        rpName: SITE_NAME,
        rpID: site.host,
        userID: new Uint8Array(Buffer.from(id)),
        userName: email,
        userDisplayName: name,
        challenge: bytesOf(challenges.make(purpose)),
        timeout: CHALLENGE_MS,
        attestationType: 'none',
        excludeCredentials: passkeys.map(described),
        authenticatorSelection: { residentKey: 'required', userVerification: VERIFIED },
        supportedAlgorithmIDs: ALGORITHMS,
      })
    },

    async created(ceremony, attestation) {
      const { verifyRegistrationResponse } = await library()
      const { expected, seen } = expectedOf(ceremony)
      const { transports = [], ...response } = attestation.response
      const made = await attempt(async () => {
        await mustHaveNoCertificates(attestation)
        return verifyRegistrationResponse({
          ...expected,
          supportedAlgorithmIDs: ALGORITHMS,
          response: { ...attestation, response, clientExtensionResults: {} },
        })
      })
      if (!made?.verified || !challenges.use(seen.challenge)) return undefined
      const { credential, credentialBackedUp: backedUp } = made.registrationInfo
      const { id, counter } = credential
      const publicKey = Buffer.from(credential.publicKey).toString('base64url')
      return { id, publicKey, counter, backedUp, transports: transports.filter(isTransport) }
    },

    async requestOptions({ site, purpose }, allowed) {
      const { generateAuthenticationOptions } = await library()
      return generateAuthenticationOptions({
        rpID: site.host,
        challenge: bytesOf(challenges.make(purpose)),
        timeout: CHALLENGE_MS,
        userVerification: VERIFIED,
        ...(allowed ? { allowCredentials: allowed.map(described) } : {}),
      })
    },

    async signed(ceremony, assertion, { id, publicKey }) {
      const { verifyAuthenticationResponse } = await library()
      const { expected, seen } = expectedOf(ceremony)
      const { userHandle, ...rest } = assertion.response
      const response = { ...rest, ...(userHandle ? { userHandle } : {}) }
      const done = await attempt(() =>
        verifyAuthenticationResponse({
          ...expected,
          response: { ...assertion, response, clientExtensionResults: {} },
          // The count is compared in the commit that records it (domain/passkey.ts).
          credential: { id, publicKey: bytesOf(publicKey), counter: 0 },
        }),
      )
      if (!done?.verified || !challenges.use(seen.challenge)) return undefined
      const { newCounter: counter, credentialBackedUp: backedUp } = done.authenticationInfo
      return { counter, backedUp }
    },
  }
}

/** Loads the library at the first use: most starts of the server never need it. */
const library = () => import('@simplewebauthn/server')

/**
 * Throws for an attestation with certificates. We ask for none and trust none; checking them would
 * fetch addresses that their maker chose (the revocation lists).
 */
async function mustHaveNoCertificates({ response }: PasskeyAttestation): Promise<void> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  const attestation = decodeAttestationObject(bytesOf(response.attestationObject))
  const format = attestation.get('fmt')
  const isSelfSigned = format === 'packed' && attestation.get('attStmt').get('x5c') === undefined
  if (format !== 'none' && !isSelfSigned) throw new Error('the attestation has certificates')
}

const bytesOf = (base64url: string) => new Uint8Array(Buffer.from(base64url, 'base64url'))

const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const

const isTransport = (name: string): name is (typeof TRANSPORTS)[number] =>
  TRANSPORTS.some((known) => known === name)

function described({ id, transports }: Passkey) {
  return { id, transports: transports.filter(isTransport) }
}
