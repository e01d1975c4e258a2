/** Keeps the passkeys that the account page shows. */
import { signal } from '@preact/signals'
import type { PasskeyView } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'
import { type Loading, load, put, waiting } from '../lib/loading.ts'
import { addPasskey } from '../passkeys/passkeys.ts'

export type PasskeysStore = ReturnType<typeof createPasskeysStore>

/** Creates the store. */
export function createPasskeysStore(api: Api) {
  const passkeys = signal<Loading<PasskeyView[]>>(waiting)
  const now = () => (passkeys.value.state === 'ready' ? passkeys.value.value : [])

  const loadPasskeys = () =>
    load(passkeys, async () => {
      const answer = await api.passkeys()
      return answer.ok ? { ok: true, value: answer.value.passkeys } : answer
    })

  return {
    passkeys,
    hasAny: () => now().length > 0,

    load: loadPasskeys,

    async add(name: string) {
      const answer = await addPasskey(api, name)
      if (answer.ok) put(passkeys, [...now(), answer.value.passkey])
      return answer
    },

    async remove(id: string) {
      const answer = await api.removePasskey(id)
      const others = now().filter((passkey) => passkey.id !== id)
      if (answer.ok) put(passkeys, others)
      else await loadPasskeys() // only the response may have been lost
      return answer
    },
  }
}
