/**
 * Defines the bodies of requests about passkeys: what `@simplewebauthn/browser` returns, without
 * what the server does not read.
 */
import { z } from 'zod'
import { displayName, ownPassword } from './fields.ts'

const base64url = (most: number) =>
  z
    .string()
    .regex(/^[\w-]+$/, 'This is not what a passkey answers.')
    .max(most)

const credentialId = base64url(1_364) // 1,023 bytes, the longest that WebAuthn allows

const credential = { id: credentialId, rawId: credentialId, type: z.literal('public-key') }

const clientDataJSON = base64url(4_096)

/** A passkey that a browser has just made. */
export const PasskeyAttestation = z.object({
  ...credential,
  response: z.object({
    clientDataJSON,
    attestationObject: base64url(16_384),
    transports: z.array(z.string().max(32)).max(10).optional(),
  }),
})
export type PasskeyAttestation = z.infer<typeof PasskeyAttestation>

/** A challenge that a passkey has signed. */
export const PasskeyAssertion = z.object({
  ...credential,
  response: z.object({
    clientDataJSON,
    authenticatorData: base64url(4_096),
    signature: base64url(2_048),
    /** The account's id, as the passkey was given it. */
    userHandle: base64url(86).nullish(),
  }),
})
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>

export const AddPasskeyBody = z.object({
  name: displayName,
  response: PasskeyAttestation,
  password: ownPassword,
})
export type AddPasskeyBody = z.infer<typeof AddPasskeyBody>

export const RemovePasskeyBody = z.object({ password: ownPassword })

export const PasskeyLogInBody = z.object({ response: PasskeyAssertion })

/** With neither, the server says whether an earlier proof still counts. */
export const ProveBody = z.object({ password: ownPassword, response: PasskeyAssertion.optional() })
export type ProveBody = z.infer<typeof ProveBody>
