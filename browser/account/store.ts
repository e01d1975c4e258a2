/** Keeps what the account page knows, and does what it can do. */
import { signal } from '@preact/signals'
import type { LoginView, UserView } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'
import type { Answer } from '../lib/http.ts'
import { type Loading, load, put, waiting } from '../lib/loading.ts'
import type { BrowserSocket } from '../lib/socket.ts'
import { createEmailStore } from './email-store.ts'
import { leave } from './log-out.ts'
import { createPasskeysStore } from './passkeys-store.ts'

export type AccountStore = ReturnType<typeof createAccountStore>

interface AccountParts {
  api: Api
  me: UserView
  /** The page's own, which the server ends with the account. */
  socket: Pick<BrowserSocket, 'connect' | 'disconnect'>
  go: (path: string) => void
  /** Asks for fresh proof, whether or not an earlier one still counts. */
  askForProof: () => Promise<boolean>
}

/** Creates the store. */
export function createAccountStore(parts: AccountParts) {
  const { api } = parts
  const user = signal(parts.me)
  const logins = signal<Loading<LoginView[]>>(waiting)
  const passkeys = createPasskeysStore(api)
  /**
   * Holds what would be lost with the account, in cents: a client's balance, a reader's earnings;
   * undefined until it is known.
   */
  const leftCents = signal(parts.me.balanceCents)

  const loadLogins = () =>
    load(logins, async () => {
      const answer = await api.logins()
      return answer.ok ? { ok: true, value: answer.value.logins } : answer
    })
  const loadEarnings = async () => {
    const answer = await api.earnings('UTC')
    if (answer.ok) leftCents.value = answer.value.totalCents
  }
  const ready = Promise.all([
    loadLogins(),
    passkeys.load(),
    parts.me.role === 'reader' ? loadEarnings() : undefined,
  ])

  return {
    user,
    logins,
    leftCents,
    passkeys,
    email: createEmailStore(api, user),
    loadLogins,
    ready,

    async rename(name: string) {
      const answer = await api.changeMe({ name })
      if (answer.ok) user.value = answer.value.user
      return answer
    },

    async setSessionReceipts(sessionReceipts: boolean) {
      const answer = await api.changeMe({ sessionReceipts })
      if (answer.ok) user.value = answer.value.user
      return answer
    },

    /** Changes the password. That ends every other login, so the list is loaded again. */
    async changePassword(password: string, newPassword: string) {
      const answer = await api.changePassword({ ...(password ? { password } : {}), newPassword })
      if (answer.ok) await loadLogins()
      return answer
    },

    /** Ends one login, or all but this one. */
    async endLogins(id?: string) {
      const answer = await api.endLogins(id)
      if (answer.ok) put(logins, answer.value.logins)
      else await loadLogins() // only the response may have been lost
      return answer
    },

    /** Names the browser of this page, as the list of logins does. */
    deviceHere(): string {
      const known = logins.value.state === 'ready' ? logins.value.value : []
      return known.find(({ current }) => current)?.device ?? ''
    },

    deleteAccount: (password: string, giveUp: boolean) =>
      deleteAccount(parts, { password, ...(giveUp ? { giveUpCents: leftCents.value } : {}) }),

    /** Loads what is left, which may have changed since the page was drawn. */
    async refresh() {
      const answer = await api.me()
      if (!answer.ok) return
      user.value = answer.value.user
      if (user.value.role === 'reader') await loadEarnings()
      else leftCents.value = user.value.balanceCents
    },
  }
}

interface Deletion {
  password: string
  /** The money that may be lost. */
  giveUpCents?: number | undefined
}

/**
 * Deletes the account and leads home. Without a password it asks for fresh proof first, because an
 * earlier one meant something else.
 */
async function deleteAccount(
  parts: AccountParts,
  { password, giveUpCents }: Deletion,
): Promise<Answer<undefined>> {
  const { api, socket, go, askForProof } = parts
  if (password === '' && !(await askForProof())) return { ok: false, failure: { code: 'proof_needed' } }
  // Its end would lead home a second time.
  socket.disconnect()
  const answer = await api.deleteAccount({
    ...(password ? { password } : {}),
    ...(giveUpCents === undefined ? {} : { giveUpCents }),
  })
  if (!answer.ok) {
    socket.connect()
    return answer
  }
  leave(go)
  return answer
}
