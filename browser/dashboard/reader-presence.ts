/** Keeps a reader reachable on every page: availability, incoming requests and the ring. */
import { type Signal, signal } from '@preact/signals'
import type { InviteView, SessionView } from '../../shared/protocol/session.ts'
import type { MeView, UserView } from '../../shared/protocol/views.ts'
import type { Api, ProfileChange } from '../lib/api.ts'
import { formatTime } from '../lib/format.ts'
import type { Answer } from '../lib/http.ts'
import { sayEnd, sayFailure } from '../lib/messages.ts'
import { type BrowserSocket, listen, whenLate } from '../lib/socket.ts'
import { type AvailabilityMemory, createAvailability } from './availability.ts'
import { noteMissed, type WhyMissed } from './missed.ts'
import type { Ring } from './ring.ts'
import { createAnswers, createRinging, type ReplyParts } from './ringing.ts'

export interface ReaderPresenceParts extends ReplyParts {
  api: Api
  socket: BrowserSocket
  ring: Ring
  memory: AvailabilityMemory
  me: UserView
  openSession: SessionView | undefined
  /** Says whether the page is hidden. */
  isBehind: () => boolean
  /** Returns the wall clock in milliseconds, which goes on while a machine sleeps. */
  now: () => number
}

/** A reader whose connection was lost for no longer is available again as soon as it is back. */
const COMES_BACK_MS = 5 * 60_000

export type ReaderPresence = ReturnType<typeof createReaderPresence>

/** Creates the presence, which the socket keeps current; `stop` ends that, and the ringing. */
export function createReaderPresence(parts: ReaderPresenceParts) {
  const { api, socket, ring, me, openSession } = parts
  const ringing = createRinging(ring)
  const { invite } = ringing
  const notice = signal('')
  const profile = createProfile({ api, me, notice, memory: parts.memory })
  const answers = createAnswers({ ...parts, ringing, notice })
  const sound = createSound(ring)
  const reach = createReach(socket)
  // Counts the sessions reported by the socket: a response to an earlier request is older.
  let heard = 0

  const comeback = createComeback({ profile, notice, now: parts.now })
  const takeIn = (session: SessionView | undefined) => {
    ringing.takeIn(session)
    answers.hear(session)
  }
  const catchUp = async () => {
    const heardBefore = heard
    const answer = await profile.refresh()
    if (!answer.ok) return
    if (heard === heardBefore) takeIn(answer.value.openSession)
    await comeback.back()
  }
  const onMe = async (me: MeView) => {
    heard += 1
    profile.hear(me.user)
    takeIn(me.openSession)
    await comeback.back()
  }
  const onInvite = ({ session, lasts: told, clientSince }: InviteView) => {
    heard += 1
    notice.value = ''
    ringing.lasts.value = told
    ringing.clientSince.value = clientSince
    takeIn(session)
  }
  const onSession = ({ session }: { session: SessionView }) => {
    heard += 1
    if (session.status !== 'ended') return takeIn(session)
    if (invite.value && invite.value.id !== session.id) return
    if (invite.value && !answers.sending.value) {
      notice.value = noteEnd(session, whyNotHeard(sound.on.value, parts.isBehind()))
    }
    takeIn(undefined)
  }

  const unlisten = listen(socket, {
    me: (me) => void onMe(me),
    disconnect: comeback.lost,
    'session:invite': onInvite,
    'session:updated': onSession,
    'session:ended': onSession,
  })
  takeIn(openSession)

  return {
    available: profile.available,
    lapsed: profile.lapsed,
    turning: profile.turning,
    user: profile.user,
    invite,
    lasts: ringing.lasts,
    clientSince: ringing.clientSince,
    open: ringing.open,
    notice,
    soundOn: sound.on,
    ...answers,
    online: reach.online,
    allowSound: sound.allow,
    turnSoundOn: sound.turnOn,
    catchUp,
    setAvailable: profile.setAvailable,
    stayOffline: profile.stayOffline,
    change: profile.change,

    /** Ends the ring of a request whose time is over, where the server cannot say so. */
    giveUp(session: SessionView) {
      if (invite.value?.id === session.id)
        onSession({ session: { ...session, status: 'ended', endReason: 'missed' } })
    },

    /**
     * Makes the reader available. Must be called from a tap, so that the page may ring; one ring
     * proves it.
     */
    async goAvailable() {
      if (profile.turning.value) return
      void sound.turnOn()
      await profile.setAvailable(true)
    },

    stop() {
      ringing.stop()
      unlisten()
      reach.stop()
    },
  }
}

/** Watches whether the server can be reached; without it no client can call. */
function createReach(socket: BrowserSocket) {
  const online = signal(true)
  const turn = (next: boolean) => () => {
    online.value = next
  }
  const stopWaiting = whenLate(socket, turn(false))
  const unlisten = listen(socket, { connect: turn(true), disconnect: turn(false) })
  return {
    online,
    stop() {
      stopWaiting()
      unlisten()
    },
  }
}

/** Returns what became of a request; remembers why it was missed. */
function noteEnd(session: SessionView, why: WhyMissed): string {
  if (session.endReason === 'missed') noteMissed(session.id, why)
  return `${formatTime(session.requestedAt)}: ${sayEnd(session, true)}`
}

function whyNotHeard(soundOn: boolean, isBehind: boolean): WhyMissed {
  if (!soundOn) return 'silent'
  return isBehind ? 'behind' : 'rang'
}

interface ComebackParts extends Pick<ReaderPresenceParts, 'now'> {
  profile: ReturnType<typeof createProfile>
  notice: Signal<string>
}

/** Makes a reader available again whom only a lost connection has taken offline. */
function createComeback({ profile, notice, now }: ComebackParts) {
  let lostAt: number | undefined
  return {
    lost() {
      if (profile.available.value) lostAt ??= now()
    },

    async back() {
      const isShort = lostAt !== undefined && now() - lostAt <= COMES_BACK_MS
      lostAt = undefined
      if (!isShort || profile.available.value || !profile.lapsed.value) return
      await profile.setAvailable(true)
      if (profile.available.value) notice.value = 'Your connection is back, and you are available again.'
    },
  }
}

interface ProfileParts extends Pick<ReaderPresenceParts, 'api' | 'me' | 'memory'> {
  notice: Signal<string>
}

/** Creates what the reader decides: the availability, and what clients read. */
function createProfile({ api, me, memory, notice }: ProfileParts) {
  const availability = createAvailability(memory, me.available ?? false)
  const user = signal(me)
  /** Set while the server is being asked: the switch shows at once that it was pressed. */
  const turning = signal<'on' | 'off' | undefined>(undefined)
  // Counts the reader's own changes: a response to an earlier request is older.
  let changed = 0

  const changing = async <T>(ask: () => Promise<Answer<T>>) => {
    changed += 1
    const answer = await ask()
    changed += 1
    return answer
  }
  const learn = (told: UserView) => {
    availability.learn(told.available ?? false)
    user.value = told
  }
  /** Asks what the server knows, after a change of which only the response may have been lost. */
  const findOut = async () => {
    const answer = await api.me()
    return answer.ok ? (answer.value.user.available ?? false) : undefined
  }
  return {
    user,
    available: availability.available,
    lapsed: availability.lapsed,
    turning,

    async refresh() {
      const changedBefore = changed
      const answer = await api.me()
      if (answer.ok && changed === changedBefore) learn(answer.value.user)
      return answer
    },

    /** Takes what the server sends at each connection, unless a change of one's own is under way. */
    hear(told: UserView) {
      if (changed % 2 === 0) learn(told)
    },

    async setAvailable(wanted: boolean) {
      turning.value = wanted ? 'on' : 'off'
      const answer = await changing(() => api.setAvailable(wanted))
      const now = answer.ok ? answer.value.available : await findOut()
      turning.value = undefined
      const isDone = answer.ok || now === wanted
      notice.value = isDone ? '' : sayFailure(answer.failure)
      if (now !== undefined && isDone) availability.choose(now)
    },

    /** Leaves the reader offline after the notice that the availability lapsed. */
    stayOffline: () => availability.choose(false),

    /** Saves the profile; resolves with what to show the reader. */
    async change(profile: ProfileChange) {
      const answer = await changing(() => api.changeMe(profile))
      if (answer.ok) user.value = answer.value.user
      return answer
    },
  }
}

/** Keeps whether a request would be heard: browsers are silent until the page has been tapped. */
function createSound(ring: Ring) {
  const on = signal(false)
  ring.watch((audible) => {
    on.value = audible
  })
  /** Allows sound from now on. Must be called from a tap. */
  const allow = async () => {
    on.value = await ring.unlock()
  }
  return {
    on,
    allow,

    /** Allows sound as {@link allow} does, with one ring to prove it. */
    async turnOn() {
      await allow()
      ring.sample()
    },
  }
}
