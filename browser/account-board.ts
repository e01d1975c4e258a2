import { signal } from '@preact/signals'
import type { LoginView, UserView } from '../shared/protocol.ts'
import type { Api } from './api.ts'
import { remember } from './known.ts'
import { type Loading, load, waiting } from './loading.ts'

export type AccountBoard = ReturnType<typeof createAccountBoard>

/** What the account page knows and can do. */
export function createAccountBoard(parts: { api: Api; me: UserView; go: (path: string) => void }) {
  const { api, go } = parts
  const user = signal(parts.me)
  const logins = signal<Loading<LoginView[]>>(waiting)

  const loadLogins = () =>
    load(logins, async () => {
      const answer = await api.logins()
      return answer.ok ? { ok: true, value: answer.value.logins } : answer
    })
  const ready = loadLogins()

  return {
    user,
    logins,
    loadLogins,
    ready,

    async rename(name: string) {
      const answer = await api.changeMe({ name })
      if (answer.ok) user.value = answer.value.user
      return answer
    },

    /** Every other login ends by it, so the list is asked for anew. */
    async changePassword(password: string, newPassword: string) {
      const answer = await api.changePassword({ password, newPassword })
      if (answer.ok) await loadLogins()
      return answer
    },

    /** One login, or all but this one. */
    async endLogins(password: string, id?: string) {
      const answer = await api.endLogins(password, id)
      if (answer.ok) logins.value = { state: 'ready', value: answer.value.logins }
      return answer
    },

    /** `giveUp`: whether the balance that is left may be lost. */
    async deleteAccount(password: string, giveUp: boolean) {
      const { balanceCents } = user.value
      const answer = await api.deleteAccount({
        password,
        ...(giveUp && balanceCents !== undefined ? { giveUpCents: balanceCents } : {}),
      })
      if (!answer.ok) return answer
      remember('logged-out')
      go('/')
      return answer
    },

    /** What is left may have changed since the page was drawn. */
    async refresh() {
      const answer = await api.me()
      if (answer.ok) user.value = answer.value.user
    },
  }
}
