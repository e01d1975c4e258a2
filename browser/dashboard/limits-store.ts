/** Keeps what a client has spent today, and the client's own limits. */
import { signal } from '@preact/signals'
import type { LimitsView, UserView } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'
import { type Loading, load, put, waiting } from '../lib/loading.ts'
import { keepSessionLimit, keptSessionLimit, limitStorage } from '../session/limit.ts'

export type LimitsStore = ReturnType<typeof createLimitsStore>

/** Creates the store. */
export function createLimitsStore({ api, me }: { api: Api; me: UserView }) {
  const day = signal<Loading<LimitsView>>(waiting)
  const storage = limitStorage()
  const sessionCents = signal(keptSessionLimit(me.id, storage))
  /** Reads the limit again: another tab may have changed it. */
  const forNextSession = () => {
    sessionCents.value = keptSessionLimit(me.id, storage)
    return sessionCents.value
  }

  return {
    day,
    /** The limit for sessions from the next one on; undefined for none. */
    sessionCents,

    forNextSession,

    refresh() {
      forNextSession()
      return load(day, api.limits)
    },

    limitSessions(limitCents: number | undefined) {
      sessionCents.value = limitCents
      keepSessionLimit(me.id, limitCents, storage)
    },

    /**
     * Sets the most that may be spent in a day; `null` for no limit. Resolves with the server's
     * response.
     */
    async limitDay(limitCents: number | null) {
      const answer = await api.limitDay(limitCents)
      if (answer.ok) put(day, answer.value)
      return answer
    },
  }
}
