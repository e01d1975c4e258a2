/**
 * Runs the two ceremonies of WebAuthn. A script of its own, which pages load when they need it:
 * most visits use no passkey.
 */
import {
  browserSupportsWebAuthnAutofill,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from '@simplewebauthn/browser'
import type { PasskeyAssertion, PasskeyAttestation } from '../../shared/protocol/passkeys.ts'
import type { Answer, Failure } from '../lib/http.ts'

/** Makes a passkey with the options of `POST /passkeys/begin`. */
export function makePasskey(options: object): Promise<Answer<PasskeyAttestation>> {
  const optionsJSON = options as PublicKeyCredentialCreationOptionsJSON
  return attempt(() => startRegistration({ optionsJSON }))
}

/**
 * Signs with a passkey. With `autofill` the browser offers them at the email field, and asks for
 * nothing until one is chosen there. Ends an earlier ceremony of the page.
 */
export function signWithPasskey(options: object, autofill: boolean): Promise<Answer<PasskeyAssertion>> {
  const optionsJSON = options as PublicKeyCredentialRequestOptionsJSON
  return attempt(() => startAuthentication({ optionsJSON, useBrowserAutofill: autofill }))
}

export const canAutofill = browserSupportsWebAuthnAutofill

/** Ends the ceremony that is under way. */
export const stopCeremony = () => WebAuthnAbortService.cancelCeremony()

async function attempt<T>(ceremony: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await ceremony() }
  } catch (error) {
    return { ok: false, failure: { code: troubleOf(error) } }
  }
}

/** Browsers say the same of a user who declines, a timeout, and a device without a passkey. */
const NOT_DONE = ['NotAllowedError', 'AbortError']

function troubleOf(error: unknown): Failure['code'] {
  const name = error instanceof Error ? error.name : ''
  if (name === 'InvalidStateError') return 'passkey_known'
  return NOT_DONE.includes(name) ? 'passkey_unused' : 'passkey_failed'
}
