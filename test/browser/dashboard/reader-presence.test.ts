/** Tests a reader's availability and ringing on a page. */
import { describe, expect, it, vi } from 'vitest'
import { createAvailabilityMemory } from '../../../browser/dashboard/availability.ts'
import { whyMissed } from '../../../browser/dashboard/missed.ts'
import { createReaderPresence } from '../../../browser/dashboard/reader-presence.ts'
import { createReaderStore } from '../../../browser/dashboard/reader-store.ts'
import { sayClientFor } from '../../../browser/lib/messages.ts'
import type { SessionView } from '../../../shared/protocol/session.ts'
import type { UserView } from '../../../shared/protocol/views.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  type FakeStorage,
  fakeApi,
  fakeSocket,
  fakeStorage,
  good,
  lateAnswers,
  mara,
  requested,
} from '../page-fakes.ts'

const accepted: SessionView = { ...requested, status: 'accepted', acceptedAt: 2_000 }
const missed: SessionView = { ...requested, status: 'ended', endedAt: 46_000, endReason: 'missed' }

const hasNothingToSend = async () => false

interface Given {
  answers?: object
  openSession?: SessionView
  behind?: boolean
  me?: UserView
  /** The storage that the browser keeps for all of its pages. */
  browser?: FakeStorage
  now?: () => number
}

function openPage({
  answers = {},
  openSession,
  behind = false,
  me = mara,
  browser,
  now = () => 0,
}: Given = {}) {
  const server = fakeSocket()
  const kept = browser ?? fakeStorage()
  let ringing = 0
  let hearSound = (_audible: boolean) => {}
  const ring = {
    unlock: vi.fn(async () => true),
    sample: vi.fn(),
    start: () => {
      ringing += 1
      return () => {
        ringing -= 1
      }
    },
    watch: (hear: (audible: boolean) => void) => {
      hearSound = hear
    },
  }
  const enter = vi.fn()
  const mediaPrewarm = { ask: vi.fn(), drop: vi.fn() }
  const api = fakeApi(answers)
  const presence = createReaderPresence({
    api,
    socket: server.socket,
    ring,
    memory: createAvailabilityMemory(me.id, () => kept),
    me,
    openSession,
    enter,
    mediaPrewarm,
    isBehind: () => behind,
    now,
  })
  const sound = (audible: boolean) => hearSound(audible)
  /** Connects the page as the server does: it then says who the reader is. */
  const connect = async () => {
    server.tell('connect')
    const answer = await api.me()
    if (answer.ok) server.tell('me', answer.value)
  }
  return { ...server, connect, api, kept, presence, ring, enter, mediaPrewarm, sound, ringing: () => ringing }
}

describe('a reader whose connection was lost', () => {
  const MINUTE_MS = 60_000

  it.each([
    ['comes back with the page within five minutes', 4.9 * MINUTE_MS, true],
    ['stays offline after a longer time, and is told', 5.1 * MINUTE_MS, false],
  ])('%s', async (_, awayMs, comesBack) => {
    const time = { now: 1_000 }
    const me = () => good({ user: { ...mara, available: false } })
    const setAvailable = vi.fn((available: boolean) => good({ available }))
    const { presence, tell, connect } = openPage({
      answers: { me, setAvailable },
      me: { ...mara, available: true },
      now: () => time.now,
    })
    await presence.setAvailable(true)
    setAvailable.mockClear()
    tell('disconnect')
    time.now += awayMs
    void connect()
    await waitFor(() => expect(comesBack ? setAvailable.mock.calls : presence.lapsed.value).toBeTruthy())
    await waitFor(() => expect(presence.available.value).toBe(comesBack))
    expect(presence.lapsed.value).toBe(!comesBack)
    expect(setAvailable.mock.calls).toEqual(comesBack ? [[true]] : [])
    expect(presence.notice.value).toBe(
      comesBack ? 'Your connection is back, and you are available again.' : '',
    )
  })

  it('stays offline where it was chosen', async () => {
    const me = () => good({ user: { ...mara, available: false } })
    const setAvailable = vi.fn((available: boolean) => good({ available }))
    const { presence, tell, connect } = openPage({ answers: { me, setAvailable } })
    tell('disconnect')
    void connect()
    await presence.catchUp()
    expect(setAvailable).not.toHaveBeenCalled()
  })
})

describe('an incoming request', () => {
  it('rings until it is accepted, and then leads into the session', async () => {
    const { presence, tell, enter, mediaPrewarm, ringing } = openPage({
      answers: { accept: () => good({ session: accepted }) },
    })
    tell('session:invite', { session: requested })
    expect(ringing()).toBe(1)
    await presence.accept()
    expect(ringing()).toBe(0)
    expect(mediaPrewarm.ask).toHaveBeenCalledExactlyOnceWith(requested.kind)
    expect(mediaPrewarm.drop).not.toHaveBeenCalled()
    expect(enter).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 's' }))
  })

  it('goes on ringing when an older response does not contain it', async () => {
    let answer = () => {}
    const me = () =>
      new Promise((resolve) => {
        answer = () => resolve({ ok: true, value: { user: { ...mara, name: 'Mara Lind' } } })
      })
    const { presence, tell, ringing } = openPage({ answers: { me } })
    void presence.catchUp()
    tell('session:invite', { session: requested })
    answer()
    await waitFor(() => expect(presence.user.value.name).toBe('Mara Lind'))
    expect(presence.invite.value?.id).toBe('s')
    expect(ringing()).toBe(1)
  })

  it('is found again by a page that was just opened', () => {
    const { presence, ringing } = openPage({ openSession: requested })
    expect(presence.invite.value?.id).toBe('s')
    expect(ringing()).toBe(1)
  })

  it('received twice rings once', () => {
    const { tell, ringing } = openPage({ openSession: requested })
    tell('session:invite', { session: requested })
    expect(ringing()).toBe(1)
  })

  it('that was missed goes silent and says so', () => {
    const { presence, tell, ringing } = openPage({ openSession: requested })
    tell('session:ended', { session: missed })
    expect(ringing()).toBe(0)
    expect(presence.invite.value).toBeUndefined()
    expect(presence.notice.value).toMatch(/you did not answer Ana in time/)
  })

  it('that must have ended while the server cannot be heard goes silent, and says so', () => {
    const { presence, tell, ringing } = openPage({ openSession: requested })
    tell('disconnect')
    presence.giveUp(requested)
    expect(ringing()).toBe(0)
    expect(presence.notice.value).toMatch(/you did not answer Ana in time/)
  })

  it.each([
    ['could not be heard', { sound: false, behind: true }, 'silent'],
    ['rang behind another window', { sound: true, behind: true }, 'behind'],
    ['rang in plain view', { sound: true, behind: false }, 'rang'],
  ])(
    'that was missed although it %s is noted as that, for the list of missed requests',
    async (_, given, why) => {
      vi.stubGlobal('localStorage', fakeStorage())
      const { presence, tell } = openPage({ openSession: requested, behind: given.behind })
      if (given.sound) await presence.allowSound()
      expect(whyMissed('s')).toBeUndefined()
      tell('session:ended', { session: missed })
      expect(whyMissed('s')).toBe(why)
      vi.unstubAllGlobals()
    },
  )

  it('accepted in another tab goes silent here and offers the way in', () => {
    const { presence, tell, enter, ringing } = openPage({ openSession: requested })
    tell('session:updated', { session: accepted })
    expect(ringing()).toBe(0)
    expect(presence.open.value).toEqual(accepted)
    expect(enter).not.toHaveBeenCalled()
  })

  it('that is gone by the time it is accepted says why and stays here', async () => {
    const accept = async () => ({ ok: false, failure: { code: 'wrong_state' } })
    const { presence, enter, mediaPrewarm } = openPage({ answers: { accept }, openSession: requested })
    await presence.accept()
    expect(enter).not.toHaveBeenCalled()
    expect(mediaPrewarm.drop).toHaveBeenCalled()
    expect(presence.notice.value).toMatch(/has changed/)
  })
})

describe('a request whose answer is late or lost', () => {
  const next: SessionView = { ...requested, id: 's2', clientName: 'Bea' }
  const cancelled: SessionView = { ...requested, status: 'ended', endReason: 'cancelled', endedAt: 3_000 }

  it.each([
    ['declined', 'decline'],
    ['accepted as it was hung up', 'accept'],
  ] as const)('leaves the next one ringing that comes before the response to one %s', async (_, how) => {
    const response = lateAnswers<{ session: SessionView }>()
    const { presence, tell, enter, ringing } = openPage({
      answers: { [how]: response.ask },
      openSession: requested,
    })
    const answered = presence[how]()
    expect(presence.sending.value).toBe(true)
    tell('session:ended', { session: cancelled })
    tell('session:invite', { session: next })
    tell('session:updated', { session: cancelled })
    expect(presence.sending.value, 'the next one can be answered').toBe(false)
    response.fail(0, 'wrong_state')
    await answered
    expect(presence.invite.value?.id).toBe('s2')
    expect(ringing()).toBe(1)
    expect(presence.notice.value, 'nothing is said of another call').toBe('')
    expect(enter).not.toHaveBeenCalled()
  })

  it('rings on with the reason while it did not get through, and can be answered again', async () => {
    const replies = [{ ok: false, failure: { code: 'offline' } }, await good({ session: accepted })]
    const { presence, enter, ringing } = openPage({
      answers: { accept: async () => replies.shift() },
      openSession: requested,
    })
    await presence.accept()
    expect(presence.invite.value?.id).toBe('s')
    expect(ringing()).toBe(1)
    expect(presence.problem.value).toMatch(/offline/)
    await presence.accept()
    expect(presence.problem.value).toBe('')
    expect(enter).toHaveBeenCalledExactlyOnceWith(accepted)
  })

  it('is found again while its reader is still being made available again', async () => {
    const setAvailable = vi.fn(() => new Promise(() => undefined))
    const { presence, tell, kept } = openPage({ answers: { setAvailable }, me: mara })
    kept.setItem('soulseer.available', mara.id)
    tell('disconnect')
    tell('me', { user: { ...mara, available: false }, openSession: requested })
    await waitFor(() => expect(setAvailable).toHaveBeenCalled())
    expect(presence.invite.value?.id).toBe('s')
  })

  it('says nothing of an earlier one', async () => {
    const { presence, tell } = openPage({ openSession: requested })
    await presence.accept()
    tell('session:ended', { session: cancelled })
    tell('session:invite', { session: next })
    expect(presence.problem.value).toBe('')
  })

  it('opens its session when the socket says that it was accepted here, once', async () => {
    const response = lateAnswers<{ session: SessionView }>()
    const { presence, tell, enter } = openPage({ answers: { accept: response.ask }, openSession: requested })
    const answered = presence.accept()
    tell('session:updated', { session: accepted })
    expect(enter).toHaveBeenCalledExactlyOnceWith(accepted)
    response.come(0, { session: accepted })
    await answered
    expect(enter).toHaveBeenCalledOnce()
  })

  it('opens its session when the connection is back, where only the response was lost', async () => {
    const { presence, tell, enter } = openPage({ openSession: requested })
    await presence.accept()
    tell('me', { user: mara, openSession: accepted })
    await waitFor(() => expect(enter).toHaveBeenCalledExactlyOnceWith(accepted))
  })
})

describe('being available', () => {
  it('stays as it was set when an earlier response comes later', async () => {
    let answer = () => {}
    const me = () =>
      new Promise((resolve) => {
        answer = () =>
          resolve({ ok: true, value: { user: { ...mara, available: false }, openSession: requested } })
      })
    const setAvailable = (available: boolean) => good({ available })
    const { presence } = openPage({ answers: { me, setAvailable } })
    void presence.catchUp()
    await presence.setAvailable(true)
    answer()
    await waitFor(() => expect(presence.invite.value?.id).toBe('s'))
    expect(presence.available.value).toBe(true)
  })

  it('is shown as the server confirmed it', async () => {
    const { presence } = openPage({ answers: { setAvailable: (available: boolean) => good({ available }) } })
    await presence.setAvailable(false)
    expect(presence.available.value).toBe(false)
  })

  it.each([true, false])('is shown as it is where only the response was lost: %s', async (wanted) => {
    const { presence } = openPage({
      answers: { me: () => good({ user: { ...mara, available: wanted } }) },
      me: { ...mara, available: !wanted },
    })
    await presence.setAvailable(wanted)
    expect(presence.available.value).toBe(wanted)
    expect(presence.lapsed.value, 'it was chosen').toBe(false)
    expect(presence.notice.value).toBe('')
  })

  it('stays as it was when the server cannot be reached, with the reason', async () => {
    const { presence } = openPage()
    await presence.setAvailable(false)
    expect(presence.available.value).toBe(true)
    expect(presence.notice.value).toMatch(/offline/)
  })

  it('proves the sound with one ring', async () => {
    const { presence, ring } = openPage()
    await presence.turnSoundOn()
    expect(ring.sample).toHaveBeenCalledOnce()
    expect(presence.soundOn.value).toBe(true)
  })

  it('is out of reach while the socket is', () => {
    const { presence, tell, connect } = openPage()
    tell('disconnect')
    expect(presence.online.value).toBe(false)
    void connect()
    expect(presence.online.value).toBe(true)
  })

  it('is out of reach where the first connection does not come, until it does', () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const { presence, connect } = openPage()
    vi.advanceTimersByTime(4_999)
    expect(presence.online.value).toBe(true)
    vi.advanceTimersByTime(1)
    expect(presence.online.value).toBe(false)
    void connect()
    expect(presence.online.value).toBe(true)
    vi.useRealTimers()
  })

  it('has no sound any more when the browser took it away, until it gives it back', async () => {
    const { presence, sound } = openPage()
    await presence.turnSoundOn()
    sound(false)
    expect(presence.soundOn.value).toBe(false)
    sound(true)
    expect(presence.soundOn.value).toBe(true)
  })

  it('leaves nothing ringing or listening behind', () => {
    const { presence, ringing, listening } = openPage({ openSession: requested })
    presence.stop()
    expect(ringing()).toBe(0)
    expect(listening()).toBe(0)
  })
})

describe('a switch that was pressed', () => {
  it.each([
    ['on', true],
    ['off', false],
  ] as const)('shows at once that it goes %s, before the server has answered', async (to, wanted) => {
    const answers = { setAvailable: (available: boolean) => good({ available }) }
    const { presence } = openPage({ answers, me: { ...mara, available: !wanted } })
    const asked = presence.setAvailable(wanted)
    expect(presence.turning.value).toBe(to)
    expect(presence.available.value, 'and claims nothing').toBe(!wanted)
    await asked
    expect(presence.turning.value).toBe(undefined)
    expect(presence.available.value).toBe(wanted)
  })

  it('no longer shows it when the server refuses', async () => {
    const setAvailable = async () => ({ ok: false, failure: { code: 'offline' } })
    const { presence } = openPage({ answers: { setAvailable } })
    await presence.setAvailable(true)
    expect(presence.turning.value).toBe(undefined)
  })
})

describe('availability that lapsed', () => {
  const offline = { ...mara, available: false }
  const answering = (...users: UserView[]) => ({
    me: () => good({ user: users.shift() ?? offline }),
    setAvailable: (available: boolean) => good({ available }),
  })

  it('while the page had no connection is announced when it is back, and returns at a press', async () => {
    const { presence, connect, ring } = openPage({ answers: answering(mara, offline) })
    void connect()
    await waitFor(() => expect(presence.user.value).toEqual(mara))
    expect(presence.lapsed.value).toBe(false)
    void connect()
    await waitFor(() => expect(presence.lapsed.value).toBe(true))
    expect(presence.available.value).toBe(false)
    await presence.goAvailable()
    expect(presence.lapsed.value).toBe(false)
    expect(presence.available.value).toBe(true)
    expect(ring.unlock).toHaveBeenCalled()
  })

  it('while no page was open is announced by the next one, whichever it is', async () => {
    const before = openPage({ answers: answering() })
    await before.presence.setAvailable(true)
    const { presence } = openPage({ me: offline, browser: before.kept })
    expect(presence.lapsed.value).toBe(true)
  })

  it('is no lapse when the reader went offline, here or in another tab', async () => {
    const { presence, connect, kept } = openPage({ answers: answering() })
    await presence.setAvailable(true)
    const other = openPage({ answers: answering(), browser: kept })
    await other.presence.setAvailable(false)
    expect(other.presence.lapsed.value).toBe(false)
    void connect()
    await waitFor(() => expect(presence.available.value).toBe(false))
    expect(presence.lapsed.value).toBe(false)
  })

  it('is not announced again once the reader has chosen to stay offline', async () => {
    const before = openPage({ answers: answering() })
    await before.presence.setAvailable(true)
    const { presence, kept } = openPage({ me: offline, browser: before.kept })
    presence.stayOffline()
    expect(presence.lapsed.value).toBe(false)
    expect(openPage({ me: offline, browser: kept }).presence.lapsed.value).toBe(false)
  })

  it('is not announced to another reader who uses the same browser', async () => {
    const before = openPage({ answers: answering() })
    await before.presence.setAvailable(true)
    const { presence } = openPage({ me: { ...offline, id: 'another' }, browser: before.kept })
    expect(presence.lapsed.value).toBe(false)
  })

  it('is announced on the page that saw it where the browser keeps nothing', async () => {
    const refusing = fakeStorage()
    refusing.getItem = refusing.setItem = () => {
      throw new Error('no storage')
    }
    const { presence, connect } = openPage({ answers: answering(), browser: refusing })
    await presence.setAvailable(true)
    void connect()
    await waitFor(() => expect(presence.lapsed.value).toBe(true))
  })
})

describe('how long a caller has been a client', () => {
  it.each([
    [0, 'A new client: joined today.'],
    [1, 'A client for 1 day.'],
    [29, 'A client for 29 days.'],
    [65, 'A client for 2 months.'],
    [364, 'A client for 12 months.'],
    [800, 'A client for 2 years.'],
  ])('is said of %d days', (days, words) => {
    expect(sayClientFor(days * 24 * 60 * 60 * 1000)).toBe(words)
  })

  it('comes with the ring', () => {
    const { presence, tell } = openPage()
    tell('session:invite', { session: requested, clientSince: 5 })
    expect(presence.clientSince.value).toBe(5)
  })
})

describe('a reader’s dashboard', () => {
  it('asks for sessions and earnings once, and again after each loss and each session', async () => {
    const sessions = vi.fn(() => good({ sessions: [] }))
    const { api, socket, presence, tell } = openPage({ answers: { sessions } })
    const store = createReaderStore({ api, socket, presence, hasNothingToSend, openedMs: () => 0 })
    await store.ready
    expect(sessions).toHaveBeenCalledTimes(1)
    tell('connect')
    expect(sessions).toHaveBeenCalledTimes(1)
    tell('connect')
    tell('session:ended', { session: missed })
    expect(sessions).toHaveBeenCalledTimes(3)
  })

  it('leaves nothing listening behind', () => {
    const { api, socket, presence, listening } = openPage()
    createReaderStore({ api, socket, presence, hasNothingToSend }).stop()
    presence.stop()
    expect(listening()).toBe(0)
  })
})
