/** Asks readers once in each browser to add a passkey: their earnings hang on the account. */
import { useSignal } from '@preact/signals'
import type { UserView } from '../../shared/protocol/views.ts'
import { storageOrMemory } from '../lib/page-storage.ts'
import { canHavePasskeys } from './passkeys.ts'

const KEY = 'soulseer.passkey-asked'
const storage = storageOrMemory(() => localStorage)

/** Draws the suggestion, until it is taken up or put away. */
export function PasskeySuggestion({ user }: { user: UserView }) {
  const isOver = useSignal(storage.getItem(KEY) === user.id || Boolean(user.hasPasskey) || !canHavePasskeys())
  if (isOver.value) return null
  const putAway = () => {
    storage.setItem(KEY, user.id)
    isOver.value = true
  }
  const toPasskeys = () => {
    putAway()
    location.assign('/account#passkeys')
  }
  return (
    <section class="suggestion card" aria-labelledby="suggestion-title">
      <h2 id="suggestion-title">Protect your earnings with a passkey</h2>
      <p>
        Log in with your fingerprint, your face or the PIN of this device. A passkey cannot be guessed, or
        typed into a false page, and gets you in when you forget your password.
      </p>
      <div class="row">
        <button type="button" class="button primary" onClick={toPasskeys}>
          Add a passkey
        </button>
        <button type="button" class="button quiet" onClick={putAway}>
          Not now
        </button>
      </div>
    </section>
  )
}
