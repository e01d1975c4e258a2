import { signal } from '@preact/signals'
import type { SessionKind, SessionLasts, SessionView } from '../../shared/protocol/session.ts'
import type { UserView } from '../../shared/protocol/views.ts'
import type { Answer, Api, ProfileChange } from '../lib/api.ts'
import { formatTime } from '../lib/format.ts'
import { sayEnd, sayFailure } from '../lib/messages.ts'
import { listen, type PageSocket } from '../lib/socket.ts'
import { type AvailabilityMemory, createAvailability } from './availability.ts'
import { noteMissed } from './missed.ts'
import type { Ring } from './ring.ts'

export interface ReaderPresenceParts {
  api: Api
  socket: PageSocket
  ring: Ring
  memory: AvailabilityMemory
  me: UserView
  openSession: SessionView | undefined
  /** Lets the devices start as soon as a request is accepted. */
  headStart: { ask(kind: SessionKind): void; drop(): void }
  /** Goes on into a session that was accepted. */
  enter: (session: SessionView) => void
  /** Whether the page is out of sight. */
  isBehind: () => boolean
}

export type ReaderPresence = ReturnType<typeof createReaderPresence>

/**
 * A reader who can be rung, on whichever page: the availability and the incoming request, kept true by the socket. `stop`
 * ends that, and the ringing.
 */
export function createReaderPresence(parts: ReaderPresenceParts) {
  const { api, socket, ring, me, openSession, enter } = parts
  const availability = createAvailability(parts.memory, me.available ?? false)
  const user = signal(me)
  const invite = signal<SessionView | undefined>(undefined)
  /** How long the one who rings can pay for; not known of a request that was found again. */
  const lasts = signal<SessionLasts | undefined>(undefined)
  const open = signal<SessionView | undefined>(undefined)
  const notice = signal('')
  /** Whether a request would be heard: browsers are silent until the page has been tapped. */
  const soundOn = signal(false)
  const sending = signal(false)
  /** Whether the server can be reached: without it nobody can ring. */
  const online = signal(true)
  let silence: (() => void) | undefined
  // How often the socket has told of a session, and the reader has changed something: an answer asked for before is older.
  let heard = 0
  let changed = 0

  const whyNotHeard = () => {
    if (!soundOn.value) return 'silent'
    return parts.isBehind() ? 'behind' : 'rang'
  }
  const stopRinging = () => {
    silence?.()
    silence = undefined
    invite.value = undefined
  }
  const takeIn = (session: SessionView | undefined) => {
    if (session?.status === 'requested') {
      if (invite.value?.id === session.id) return
      stopRinging()
      invite.value = session
      silence = ring.start()
    } else {
      stopRinging()
      open.value = session
    }
  }
  const catchUp = async () => {
    const [heardBefore, changedBefore] = [heard, changed]
    const answer = await api.me()
    if (!answer.ok) return
    if (changed === changedBefore) {
      availability.learn(answer.value.user.available ?? false)
      user.value = answer.value.user
    }
    if (heard === heardBefore) takeIn(answer.value.openSession)
  }
  const onInvite = ({ session, lasts: told }: { session: SessionView; lasts?: SessionLasts }) => {
    heard += 1
    notice.value = ''
    lasts.value = told
    takeIn(session)
  }
  const onSession = ({ session }: { session: SessionView }) => {
    heard += 1
    if (session.status !== 'ended') return takeIn(session)
    if (invite.value?.id === session.id && !sending.value) {
      notice.value = `${formatTime(session.requestedAt)}: ${sayEnd(session, true)}`
      if (session.endReason === 'missed') noteMissed(session.id, whyNotHeard())
    }
    takeIn(undefined)
  }

  const unlisten = listen(socket, {
    connect: () => {
      online.value = true
      void catchUp()
    },
    disconnect: () => {
      online.value = false
    },
    'session:invite': onInvite,
    'session:updated': onSession,
    'session:ended': onSession,
  })
  ring.watch((audible) => {
    soundOn.value = audible
  })
  takeIn(openSession)

  /** From a tap, so that the page may ring from now on. */
  const allowSound = async () => {
    soundOn.value = await ring.unlock()
  }
  /** As {@link allowSound}, with one ring to prove it. */
  const turnSoundOn = async () => {
    await allowSound()
    ring.sample()
  }
  const change = async <T>(ask: () => Promise<Answer<T>>) => {
    changed += 1
    const answer = await ask()
    changed += 1
    return answer
  }
  const setAvailable = async (wanted: boolean) => {
    const answer = await change(() => api.setAvailable(wanted))
    notice.value = answer.ok ? '' : sayFailure(answer.failure)
    if (answer.ok) availability.choose(answer.value.available)
  }
  const answerInvite = async (ask: (id: string) => Promise<Answer<{ session: SessionView }>>) => {
    const asked = invite.value
    if (!asked || sending.value) return undefined
    sending.value = true
    const answer = await ask(asked.id)
    sending.value = false
    stopRinging()
    notice.value = answer.ok ? '' : sayFailure(answer.failure)
    return answer.ok ? answer.value.session : undefined
  }

  return {
    available: availability.available,
    lapsed: availability.lapsed,
    user,
    invite,
    lasts,
    open,
    notice,
    soundOn,
    sending,
    online,
    allowSound,
    turnSoundOn,
    setAvailable,
    catchUp,

    async accept() {
      if (invite.value && !sending.value) parts.headStart.ask(invite.value.kind)
      const accepted = await answerInvite(api.accept)
      if (accepted) enter(accepted)
      else parts.headStart.drop()
    },

    async decline() {
      await answerInvite(api.decline)
    },

    /** From a tap: the page may ring from now on, and proves it. */
    async goAvailable() {
      void turnSoundOn()
      await setAvailable(true)
    },

    /** The reader has read that the availability lapsed, and leaves it so. */
    stayOffline: () => availability.choose(false),

    /** Resolves with what to tell the reader. */
    async change(profile: ProfileChange) {
      const answer = await change(() => api.changeMe(profile))
      if (answer.ok) user.value = answer.value.user
      return answer
    },

    stop() {
      stopRinging()
      unlisten()
    },
  }
}
