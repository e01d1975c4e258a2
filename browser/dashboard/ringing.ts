/** Keeps the request that rings, and sends the reader's reply to it. */
import { computed, type Signal, signal } from '@preact/signals'
import type { SessionKind, SessionLasts, SessionView } from '../../shared/protocol/session.ts'
import type { Api } from '../lib/api.ts'
import type { Answer, Failure } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import type { Ring } from './ring.ts'

/** Creates the request that rings, and the session that is open. */
export function createRinging(ring: Pick<Ring, 'start'>) {
  const invite = signal<SessionView | undefined>(undefined)
  const open = signal<SessionView | undefined>(undefined)
  let silence: (() => void) | undefined

  const stop = () => {
    silence?.()
    silence = undefined
    invite.value = undefined
  }
  return {
    invite,
    open,
    /** The time that the caller can pay for; unknown for a request that was found again. */
    lasts: signal<SessionLasts | undefined>(undefined),
    /** Instant at which the caller registered; unknown for a request that was found again. */
    clientSince: signal<number | undefined>(undefined),
    stop,

    takeIn(session: SessionView | undefined) {
      if (session?.status !== 'requested') {
        stop()
        open.value = session
      } else if (invite.value?.id !== session.id) {
        stop()
        invite.value = session
        silence = ring.start()
      }
    },
  }
}

/** Holds what a reply to a request leads to. */
export interface ReplyParts {
  api: Pick<Api, 'accept' | 'decline'>
  /** Starts the devices as soon as a request is accepted. */
  mediaPrewarm: { ask(kind: SessionKind): void; drop(): void }
  /** Opens a session that was accepted. */
  enter: (session: SessionView) => void
}

interface AnswersParts extends ReplyParts {
  ringing: ReturnType<typeof createRinging>
  notice: Signal<string>
}

/** The failures after which a request still rings. */
const RINGS_ON: readonly Failure['code'][] = [
  'offline',
  'internal',
  'busy',
  'rate_limited',
  'storage_full',
  'stopping',
]

/**
 * Creates the replies to a request that rings: accept or decline, one at a time. By the time of the
 * server's response the request may be over, and the next one ring.
 */
export function createAnswers({ api, mediaPrewarm, enter, ringing, notice }: AnswersParts) {
  const { invite } = ringing
  /** The request whose reply is on its way. */
  const answering = signal<string | undefined>(undefined)
  const failed = signal<{ id: string; words: string } | undefined>(undefined)
  /** The request that was accepted here: its session is opened by whatever reports it first. */
  let wanted: string | undefined

  const open = (session: SessionView) => {
    if (session.id !== wanted) return
    wanted = undefined
    enter(session)
  }
  const takeFailure = (id: string, failure: Failure) => {
    const words = sayFailure(failure)
    if (invite.value && invite.value.id !== id) return
    if (invite.value && RINGS_ON.includes(failure.code)) {
      failed.value = { id, words }
      return
    }
    ringing.stop()
    notice.value = words
  }
  const send = async (id: string, ask: (id: string) => Promise<Answer<{ session: SessionView }>>) => {
    answering.value = id
    failed.value = undefined
    const answer = await ask(id)
    if (answering.value === id) answering.value = undefined
    if (!answer.ok) takeFailure(id, answer.failure)
    else if (invite.value?.id === id) ringing.stop()
    return answer
  }
  const sending = computed(() => answering.value !== undefined && answering.value === invite.value?.id)
  return {
    sending,
    /** Why the last reply to the request that rings did not get through; empty if it did. */
    problem: computed(() => (failed.value?.id === invite.value?.id ? (failed.value?.words ?? '') : '')),

    async accept() {
      if (!invite.value || sending.value) return
      const { id, kind } = invite.value
      wanted = id
      mediaPrewarm.ask(kind)
      const answer = await send(id, api.accept)
      if (answer.ok && !invite.value) open(answer.value.session)
      else if (wanted === id) mediaPrewarm.drop()
    },

    async decline() {
      if (!invite.value || sending.value) return
      wanted = undefined
      await send(invite.value.id, api.decline)
    },

    /** Takes the session that the server reports as open. */
    hear(session: SessionView | undefined) {
      if (session && session.status !== 'requested') open(session)
    },
  }
}
