import { describe, expect, it, vi } from 'vitest'
import { whyMissed } from '../../browser/missed.ts'
import { createReaderBoard } from '../../browser/reader-board.ts'
import type { SessionView } from '../../shared/protocol.ts'
import { fakeApi, fakeSocket, fakeStorage, good, mara, requested } from './page-fakes.ts'

const accepted: SessionView = { ...requested, status: 'accepted', acceptedAt: 2_000 }
const missed: SessionView = { ...requested, status: 'ended', endedAt: 46_000, endReason: 'missed' }

interface Given {
  answers?: object
  openSession?: SessionView
  behind?: boolean
}

function openBoard({ answers = {}, openSession, behind = false }: Given = {}) {
  const server = fakeSocket()
  let ringing = 0
  const ring = {
    unlock: vi.fn(async () => true),
    sample: vi.fn(),
    start: () => {
      ringing += 1
      return () => {
        ringing -= 1
      }
    },
  }
  const enter = vi.fn()
  const headStart = { ask: vi.fn(), drop: vi.fn() }
  const board = createReaderBoard({
    api: fakeApi(answers),
    socket: server.socket,
    ring,
    me: mara,
    openSession,
    enter,
    headStart,
    isBehind: () => behind,
  })
  return { ...server, board, ring, enter, headStart, ringing: () => ringing }
}

describe('an incoming request', () => {
  it('rings until it is accepted, and then leads into the session', async () => {
    const { board, tell, enter, headStart, ringing } = openBoard({
      answers: { accept: () => good({ session: accepted }) },
    })
    tell('session:invite', { session: requested })
    expect(ringing()).toBe(1)
    await board.accept()
    expect(ringing()).toBe(0)
    expect(headStart.ask).toHaveBeenCalledExactlyOnceWith(requested.kind)
    expect(headStart.drop).not.toHaveBeenCalled()
    expect(enter).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 's' }))
  })

  it('goes on ringing when an older answer knows nothing of it', async () => {
    let answer = () => {}
    const me = () =>
      new Promise((resolve) => {
        answer = () => resolve({ ok: true, value: { user: { ...mara, name: 'Mara Lind' } } })
      })
    const { board, tell, ringing } = openBoard({ answers: { me } })
    tell('connect')
    tell('session:invite', { session: requested })
    answer()
    await vi.waitFor(() => expect(board.user.value.name).toBe('Mara Lind'))
    expect(board.invite.value?.id).toBe('s')
    expect(ringing()).toBe(1)
  })

  it('is found again by a page that was just opened', () => {
    const { board, ringing } = openBoard({ openSession: requested })
    expect(board.invite.value?.id).toBe('s')
    expect(ringing()).toBe(1)
  })

  it('told twice rings once', () => {
    const { tell, ringing } = openBoard({ openSession: requested })
    tell('session:invite', { session: requested })
    expect(ringing()).toBe(1)
  })

  it('that was missed goes silent and says so', () => {
    const { board, tell, ringing } = openBoard({ openSession: requested })
    tell('session:ended', { session: missed })
    expect(ringing()).toBe(0)
    expect(board.invite.value).toBeUndefined()
    expect(board.notice.value).toMatch(/Ana rang and you did not answer in time/)
  })

  it.each([
    ['could not be heard', { sound: false, behind: true }, 'silent'],
    ['rang behind another window', { sound: true, behind: true }, 'behind'],
    ['rang in plain view', { sound: true, behind: false }, 'rang'],
  ])(
    'that was missed although it %s is noted as that, for the list of missed requests',
    async (_, given, why) => {
      vi.stubGlobal('localStorage', fakeStorage())
      const { board, tell } = openBoard({ openSession: requested, behind: given.behind })
      if (given.sound) await board.allowSound()
      expect(whyMissed('s')).toBeUndefined()
      tell('session:ended', { session: missed })
      expect(whyMissed('s')).toBe(why)
      vi.unstubAllGlobals()
    },
  )

  it('accepted in another tab goes silent here and offers the way in', () => {
    const { board, tell, enter, ringing } = openBoard({ openSession: requested })
    tell('session:updated', { session: accepted })
    expect(ringing()).toBe(0)
    expect(board.open.value).toEqual(accepted)
    expect(enter).not.toHaveBeenCalled()
  })

  it('that is gone by the time it is accepted says why and stays here', async () => {
    const accept = async () => ({ ok: false, failure: { code: 'wrong_state' } })
    const { board, enter, headStart } = openBoard({ answers: { accept }, openSession: requested })
    await board.accept()
    expect(enter).not.toHaveBeenCalled()
    expect(headStart.drop).toHaveBeenCalled()
    expect(board.notice.value).toMatch(/moved on/)
  })
})

describe('being available', () => {
  it('stays as it was set when an answer asked for before comes later', async () => {
    let answer = () => {}
    const me = () =>
      new Promise((resolve) => {
        answer = () =>
          resolve({ ok: true, value: { user: { ...mara, available: false }, openSession: requested } })
      })
    const setAvailable = (available: boolean) => good({ available })
    const { board, tell } = openBoard({ answers: { me, setAvailable } })
    tell('connect')
    await board.setAvailable(true)
    answer()
    await vi.waitFor(() => expect(board.invite.value?.id).toBe('s'))
    expect(board.available.value).toBe(true)
  })

  it('is shown as the server confirmed it', async () => {
    const { board } = openBoard({ answers: { setAvailable: (available: boolean) => good({ available }) } })
    await board.setAvailable(false)
    expect(board.available.value).toBe(false)
  })

  it('stays as it was when the server cannot be reached, with the reason', async () => {
    const { board } = openBoard()
    await board.setAvailable(false)
    expect(board.available.value).toBe(true)
    expect(board.notice.value).toMatch(/offline/)
  })

  it('proves the sound with one ring', async () => {
    const { board, ring } = openBoard()
    await board.turnSoundOn()
    expect(ring.sample).toHaveBeenCalledOnce()
    expect(board.soundOn.value).toBe(true)
  })

  it('leaves nothing ringing or listening behind', () => {
    const { board, ringing, listening } = openBoard({ openSession: requested })
    board.stop()
    expect(ringing()).toBe(0)
    expect(listening()).toBe(0)
  })
})
