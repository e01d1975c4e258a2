import { signal } from '@preact/signals'
import type {
  EarningsView,
  SessionKind,
  SessionLasts,
  SessionsPage,
  SessionView,
  UserView,
} from '../shared/protocol.ts'
import type { Answer, Api, ProfileChange } from './api.ts'
import { formatTime, timeZone } from './format.ts'
import { type Loading, load, waiting } from './loading.ts'
import { noteMissed } from './missed.ts'
import type { Ring } from './ring.ts'
import { listen, type PageSocket } from './socket.ts'
import { sayEnd, sayFailure } from './words.ts'

export interface ReaderBoardParts {
  api: Api
  socket: PageSocket
  ring: Ring
  me: UserView
  openSession: SessionView | undefined
  /** Lets the devices start as soon as a request is accepted. */
  headStart: { ask(kind: SessionKind): void; drop(): void }
  /** Goes on into a session that was accepted. */
  enter: (session: SessionView) => void
  /** Whether the page is out of sight. */
  isBehind: () => boolean
}

export type ReaderBoard = ReturnType<typeof createReaderBoard>

/** What a reader's dashboard knows, kept true by the socket. `stop` ends that, and the ringing. */
export function createReaderBoard(parts: ReaderBoardParts) {
  const { api, socket, ring, me, openSession, enter } = parts
  const available = signal(me.available ?? false)
  const user = signal(me)
  const earnings = signal<Loading<EarningsView>>(waiting)
  const sessions = signal<Loading<SessionsPage>>(waiting)
  const invite = signal<SessionView | undefined>(undefined)
  /** How long the one who rings can pay for; not known of a request that was found again. */
  const lasts = signal<SessionLasts | undefined>(undefined)
  const open = signal<SessionView | undefined>(undefined)
  const notice = signal('')
  /** Whether a request would be heard: browsers are silent until the page has been tapped. */
  const soundOn = signal(false)
  const sending = signal(false)
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
  const loadPast = () =>
    Promise.all([load(sessions, api.sessions), load(earnings, () => api.earnings(timeZone()))])
  const refreshPast = () => void loadPast()
  const catchUp = async () => {
    refreshPast()
    const [heardBefore, changedBefore] = [heard, changed]
    const answer = await api.me()
    if (!answer.ok) return
    if (changed === changedBefore) {
      available.value = answer.value.user.available ?? false
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
    refreshPast()
  }

  const unlisten = listen(socket, {
    connect: () => void catchUp(),
    'session:invite': onInvite,
    'session:updated': onSession,
    'session:ended': onSession,
  })
  const ready = loadPast()
  takeIn(openSession)

  /** From a tap, so that the page may ring from now on. */
  const allowSound = async () => {
    soundOn.value = await ring.unlock()
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
    available,
    user,
    earnings,
    sessions,
    invite,
    lasts,
    open,
    notice,
    soundOn,
    sending,
    refreshPast,
    /** Resolves when everything has been asked for once: drawn before, the page would jump as it comes. */
    ready,

    async accept() {
      if (invite.value && !sending.value) parts.headStart.ask(invite.value.kind)
      const accepted = await answerInvite(api.accept)
      if (accepted) enter(accepted)
      else parts.headStart.drop()
    },

    async decline() {
      const declined = await answerInvite(api.decline)
      if (declined) refreshPast()
    },

    allowSound,

    /** As {@link allowSound}, with one ring to prove it. */
    async turnSoundOn() {
      await allowSound()
      ring.sample()
    },

    async setAvailable(wanted: boolean) {
      changed += 1
      const answer = await api.setAvailable(wanted)
      changed += 1
      if (answer.ok) available.value = answer.value.available
      notice.value = answer.ok ? '' : sayFailure(answer.failure)
    },

    /** Resolves with what to tell the reader. */
    async change(profile: ProfileChange) {
      changed += 1
      const answer = await api.changeMe(profile)
      changed += 1
      if (answer.ok) user.value = answer.value.user
      return answer
    },

    stop() {
      stopRinging()
      unlisten()
    },
  }
}
