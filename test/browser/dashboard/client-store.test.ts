/** Tests the state of a client's dashboard. */
import { describe, expect, it, vi } from 'vitest'
import { createClientStore } from '../../../browser/dashboard/client-store.ts'
import { keepSessionLimit } from '../../../browser/session/limit.ts'
import type { SessionKind, SessionView } from '../../../shared/protocol/session.ts'
import type { ReaderView } from '../../../shared/protocol/views.ts'
import { waitFor } from '../../support/wait-for.ts'
import { ana, fakeApi, fakeSocket, fakeStorage, good, requested } from '../page-fakes.ts'

const mara: ReaderView = { id: 'r', name: 'Mara', rateCents: 250, status: 'available' }
const theo: ReaderView = { id: 't', name: 'Theo', rateCents: 300, status: 'offline' }

interface Given {
  answers?: object
  openSession?: SessionView
  mayRing?: (kind: SessionKind) => Promise<boolean>
  openedMs?: number
}

function openStore({ answers = {}, openSession, mayRing = async () => true, openedMs = 0 }: Given = {}) {
  const server = fakeSocket()
  const enter = vi.fn()
  const api = fakeApi({ readers: () => good({ readers: [theo, mara] }), ...answers })
  const store = createClientStore({
    api,
    socket: server.socket,
    me: ana,
    openSession,
    enter,
    mayRing,
    openedMs: () => openedMs,
  })
  const shown = () => (store.readers.value.state === 'ready' ? store.readers.value.value : undefined)
  return { ...server, store, enter, shown }
}

describe('the client’s dashboard', () => {
  it('lists the readers, available ones first, and keeps their places as they change', async () => {
    const { shown, tell } = openStore()
    await waitFor(() => expect(shown()).toEqual([mara, theo]))
    tell('reader:status', { readerId: 'r', status: 'busy' })
    tell('reader:status', { readerId: 't', status: 'available' })
    expect(shown()).toEqual([
      { ...mara, status: 'busy' },
      { ...theo, status: 'available' },
    ])
  })

  it('asks for the list again when it hears of a reader it does not know', async () => {
    const lists = [[mara], [mara, theo]]
    const readers = vi.fn(() => good({ readers: lists.shift() ?? [] }))
    const { shown, tell } = openStore({ answers: { readers } })
    await waitFor(() => expect(shown()).toEqual([mara]))
    tell('reader:status', { readerId: 't', status: 'offline' })
    await waitFor(() => expect(shown()).toEqual([mara, theo]))
  })

  it('shows the balance that the server sends', () => {
    const { store, tell } = openStore()
    expect(store.balanceCents.value).toBe(1_000)
    tell('balance', { balanceCents: 3_000 })
    expect(store.balanceCents.value).toBe(3_000)
  })

  it.each([
    ['the server has reported a newer one', true, 5_000],
    ['the server cannot be heard', false, 3_000],
  ])('shows the balance of a payment unless %s', async (_, connected, cents) => {
    const { store, tell, socket } = openStore()
    socket.connected = connected
    if (connected) tell('balance', { balanceCents: 5_000 })
    store.funds.noteAdded({ amountCents: 2_000, balanceCents: 3_000, receipt: '/payments/pi' })
    expect(store.balanceCents.value).toBe(cents)
  })

  it('believes the socket when earlier responses come after it', async () => {
    const waiting: (() => void)[] = []
    const late = <T>(value: T) =>
      new Promise((resolve) => {
        waiting.push(() => resolve({ ok: true, value }))
      })
    const answer = () => {
      for (const one of waiting.splice(0)) one()
    }
    const readers = () => late({ readers: [mara] })
    const me = () => late({ user: { ...ana, balanceCents: 1_000 } })
    const { store, tell, shown } = openStore({ answers: { readers, me } })
    answer()
    await waitFor(() => expect(shown()).toHaveLength(1))
    tell('connect')
    tell('connect')
    tell('balance', { balanceCents: 3_000 })
    tell('session:updated', { session: requested })
    tell('reader:status', { readerId: 'r', status: 'busy' })
    const before = shown()
    answer()
    await waitFor(() => expect(shown()).not.toBe(before))
    expect(shown()?.[0]?.status).toBe('busy')
    expect(store.balanceCents.value).toBe(3_000)
    expect(store.open.value?.id).toBe('s')
  })

  it('asks for its lists once where it connects soon after it was opened, and again after every loss', async () => {
    const readers = vi.fn(() => good({ readers: [mara] }))
    const { shown, tell } = openStore({ answers: { readers } })
    await waitFor(() => expect(shown()).toEqual([mara]))
    tell('connect')
    expect(readers).toHaveBeenCalledTimes(1)
    tell('connect')
    expect(readers).toHaveBeenCalledTimes(2)
    const late = vi.fn(() => good({ readers: [mara] }))
    openStore({ answers: { readers: late }, openedMs: 25_000 }).tell('connect')
    expect(late).toHaveBeenCalledTimes(2)
  })

  it('asks who it is never again: the server says so at each connection', () => {
    const me = vi.fn(() => good({ user: ana }))
    const { store, tell } = openStore({ answers: { me } })
    tell('connect')
    tell('me', { user: { ...ana, balanceCents: 3_000, hold: 'review' }, openSession: requested })
    tell('connect')
    expect(me).not.toHaveBeenCalled()
    expect(store.balanceCents.value).toBe(3_000)
    expect(store.hold.value).toBe('review')
    expect(store.open.value?.id).toBe('s')
    tell('me', { user: ana })
    expect(store.hold.value).toBeUndefined()
    expect(store.open.value).toBeUndefined()
  })

  it('leads to the session that rings', async () => {
    const start = vi.fn(() => good({ session: requested }))
    const { store, enter } = openStore({ answers: { start } })
    await Promise.all([store.call(mara, 'voice'), store.call(mara, 'video')])
    expect(start).toHaveBeenCalledExactlyOnceWith({ readerId: 'r', kind: 'voice' })
    expect(enter).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 's' }))
  })

  it.each([
    ['was accepted', { ...requested, status: 'accepted', acceptedAt: 2_000 } as const],
    ['was declined', { ...requested, status: 'ended', endReason: 'declined', endedAt: 2_000 } as const],
  ])('leads to the session as it is by now where the response comes after it %s', async (_, now) => {
    let answer = () => {}
    const start = () =>
      new Promise((resolve) => {
        answer = () => resolve({ ok: true, value: { session: requested } })
      })
    const { store, tell, enter } = openStore({ answers: { start } })
    const called = store.call(mara, 'video')
    tell('session:updated', { session: requested })
    tell('session:updated', { session: now })
    answer()
    await called
    expect(enter).toHaveBeenCalledExactlyOnceWith(now)
  })

  it.each(['offline', 'already_in_session'])(
    'leads to the session that rings though the response was lost (%s)',
    async (code) => {
      const start = async () => ({ ok: false, failure: { code } })
      const me = () => good({ user: ana, openSession: requested })
      const { store, enter } = openStore({ answers: { start, me } })
      await store.call(theo, 'video')
      expect(enter, 'it is with someone else').not.toHaveBeenCalled()
      expect(store.failure.value?.code).toBe(code)
      await store.call(mara, 'video')
      expect(enter).toHaveBeenCalledExactlyOnceWith(requested)
    },
  )

  it('calls at once where the devices may be used, and lets them be looked at first where not', async () => {
    const start = vi.fn(() => good({ session: requested }))
    const mayRing = vi.fn(async () => false)
    const { store } = openStore({ answers: { start }, mayRing })
    await store.wish(mara, 'video')
    expect(store.checking.value).toEqual({ kind: 'video', reader: mara })
    expect(start).not.toHaveBeenCalled()
    mayRing.mockResolvedValue(true)
    await store.wish(mara, 'video')
    expect(start).toHaveBeenCalledExactlyOnceWith({ readerId: 'r', kind: 'video' })
  })

  it('takes the limit along that was set in another tab meanwhile', async () => {
    const browser = fakeStorage()
    vi.stubGlobal('localStorage', browser)
    const start = vi.fn(() => good({ session: requested }))
    const { store } = openStore({ answers: { start } })
    keepSessionLimit(ana.id, 2_000)
    await store.call(mara, 'chat')
    expect(start).toHaveBeenCalledExactlyOnceWith({ readerId: 'r', kind: 'chat', limitCents: 2_000 })
  })

  it('takes the client’s own limit along, from the moment it is set', async () => {
    const start = vi.fn(() => good({ session: requested }))
    const { store } = openStore({ answers: { start } })
    store.limits.limitSessions(3_000)
    await store.call(mara, 'chat')
    expect(start).toHaveBeenCalledExactlyOnceWith({ readerId: 'r', kind: 'chat', limitCents: 3_000 })
  })

  it('moves the readers only when asked to', async () => {
    const { store, shown, tell } = openStore()
    await waitFor(() => expect(shown()).toEqual([mara, theo]))
    tell('reader:status', { readerId: 'r', status: 'offline' })
    tell('reader:status', { readerId: 't', status: 'available' })
    expect(shown()?.map(({ name }) => name)).toEqual(['Mara', 'Theo'])
    store.putInOrder()
    expect(shown()?.map(({ name }) => name)).toEqual(['Theo', 'Mara'])
  })

  it('shows a limit as the server took it', async () => {
    const limitDay = vi.fn(async () => good({ spentTodayCents: 0, dailyLimitCents: 2_000 }))
    const { store } = openStore({ answers: { limitDay } })
    await store.limits.limitDay(2_000)
    expect(store.limits.day.value).toEqual({
      state: 'ready',
      value: { spentTodayCents: 0, dailyLimitCents: 2_000 },
    })
  })

  it('says why a call was refused and can be tried again', async () => {
    const start = async () => ({ ok: false, failure: { code: 'reader_unavailable' } })
    const { store, enter } = openStore({ answers: { start } })
    await store.call(mara, 'video')
    expect(store.failure.value?.code).toBe('reader_unavailable')
    expect(store.calling.value).toBe(false)
    expect(enter).not.toHaveBeenCalled()
  })

  it('offers the way back to an open session until it has ended', () => {
    const { store, tell } = openStore({ openSession: requested })
    expect(store.open.value?.id).toBe('s')
    tell('session:updated', { session: { ...requested, status: 'ended', endReason: 'missed', endedAt: 2 } })
    expect(store.open.value).toBeUndefined()
  })

  it('says when the readers could not be loaded', async () => {
    const { store } = openStore({
      answers: { readers: async () => ({ ok: false, failure: { code: 'offline' } }) },
    })
    await waitFor(() =>
      expect(store.readers.value).toEqual({ state: 'failed', failure: { code: 'offline' } }),
    )
  })

  it('leaves nothing listening behind', () => {
    const { store, listening } = openStore()
    store.stop()
    expect(listening()).toBe(0)
  })
})
