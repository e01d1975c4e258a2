/** Changes the address of the account. */
import type { Signal } from '@preact/signals'
import type { UserView } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'

export function createEmailStore(api: Api, user: Signal<UserView>) {
  return {
    /** Returns the address that can still be confirmed in place of the one in force. */
    pending(): string | undefined {
      const { pendingEmail } = user.value
      return pendingEmail && api.serverNow() < pendingEmail.expiresAt ? pendingEmail.email : undefined
    },

    /** Asks for another address; without a password, fresh proof is asked for. */
    async change(email: string, password: string) {
      const answer = await api.changeEmail({ email, ...(password ? { password } : {}) })
      if (answer.ok) user.value = answer.value.user
      return answer
    },

    /** Gives up an address that has not been confirmed. */
    async cancel() {
      const answer = await api.cancelEmail()
      if (answer.ok) user.value = answer.value.user
      return answer
    },
  }
}
