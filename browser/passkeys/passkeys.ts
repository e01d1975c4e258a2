/** Adds passkeys, logs in by them and gives proof with them: the server's part and the browser's. */
import type { PasskeyView } from '../../shared/protocol/views.ts'
import type { Api, Entered } from '../lib/api.ts'
import type { Answer, Failure } from '../lib/http.ts'

const SCRIPT = '/passkeys.js'
type WebAuthn = typeof import('./webauthn.ts')

let loading: Promise<WebAuthn> | undefined

/** Loads the script for passkeys; where that failed, a later call tries again. */
function load(): Promise<WebAuthn> {
  loading ??= import(SCRIPT) as Promise<WebAuthn>
  loading.catch(() => (loading = undefined))
  return loading
}

/** Loads the script early, because some browsers allow a ceremony only soon after a tap. */
export function preparePasskeys(): void {
  if (knowsPasskeys()) load().catch(() => undefined)
}

export const knowsPasskeys = (): boolean => typeof PublicKeyCredential === 'function'

/** Passkeys belong to a name: at a bare address, as in development, there are none. */
export const canHavePasskeys = (): boolean => knowsPasskeys() && !/^[\d.]+$|:/.test(location.hostname)

/**
 * Makes a passkey and adds it to the account. Proof comes first, so that none is made in vain.
 */
export async function addPasskey(api: Api, name: string): Promise<Answer<{ passkey: PasskeyView }>> {
  const proven = await api.prove({})
  if (!proven.ok) return proven
  return withOptions(api.beginPasskey(), async ({ makePasskey }, options) => {
    const made = await makePasskey(options)
    return made.ok ? api.addPasskey(name, made.value) : made
  })
}

export function proveByPasskey(api: Api): Promise<Answer<undefined>> {
  return withOptions(api.beginProof(), async ({ signWithPasskey }, options) => {
    const signed = await signWithPasskey(options, false)
    return signed.ok ? refusedAs('forbidden', await api.prove({ response: signed.value })) : signed
  })
}

function logIn(api: Api, autofill: boolean): Promise<Answer<Entered>> {
  return withOptions(api.beginPasskeyLogIn(), async ({ signWithPasskey }, options) => {
    const signed = await signWithPasskey(options, autofill)
    return signed.ok ? refusedAs('bad_credentials', await api.logInByPasskey(signed.value)) : signed
  })
}

/** Gives the refusal of a passkey its own code: the words for `code` are about something else. */
function refusedAs<T>(code: Failure['code'], answer: Answer<T>): Answer<T> {
  if (answer.ok || answer.failure.code !== code) return answer
  return { ok: false, failure: { code: 'passkey_refused' } }
}

async function withOptions<T>(
  asked: Promise<Answer<object>>,
  run: (webAuthn: WebAuthn, options: object) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  const [webAuthn, options] = await Promise.all([load().catch(() => undefined), asked])
  if (!options.ok) return options
  if (!webAuthn) return { ok: false, failure: { code: 'offline' } }
  return run(webAuthn, options.value)
}

const RENEWED_MS = 4 * 60 * 1000 // a challenge counts for five minutes

export interface PasskeyLogInOffer {
  /** Asks the user for a passkey at once; the offer waits meanwhile. */
  logIn(): Promise<Answer<Entered>>
  end(): void
}

/**
 * Has the browser offer passkeys at the email field, where it can, and reports how the log-in with
 * one went.
 */
export function offerPasskeys(api: Api, onDone: (answer: Answer<Entered>) => void): PasskeyLogInOffer {
  let isWaiting = !knowsPasskeys()
  const offer = async () => {
    const webAuthn = await load().catch(() => undefined)
    if (isWaiting || !(await webAuthn?.canAutofill())) return
    const answer = await logIn(api, true)
    // The browser reports an offer that was replaced or declined as a failure.
    if (answer.ok || answer.failure.code === 'passkey_refused') onDone(answer)
  }
  const renew = () => {
    if (!isWaiting) void offer()
  }
  renew()
  const renewing = setInterval(renew, RENEWED_MS)
  return {
    async logIn() {
      isWaiting = true
      const answer = await logIn(api, false) // which ends the offer
      isWaiting = false
      if (!answer.ok) renew()
      return answer
    },
    end() {
      isWaiting = true
      clearInterval(renewing)
      void loading?.then(({ stopCeremony }) => stopCeremony())
    },
  }
}
