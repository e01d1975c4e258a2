/** Tests the state of the session page. */

import { describe, expect, it, vi } from 'vitest'
import type { Call, CallParts } from '../../../browser/call/types.ts'
import { type DeviceLists, NO_DEVICES } from '../../../browser/devices/environment.ts'
import { createDeviceMemory } from '../../../browser/devices/memory.ts'
import type { Api } from '../../../browser/lib/api.ts'
import { OWN_LINES_MAX } from '../../../browser/session/chat/chat-lines.ts'
import { readMeter } from '../../../browser/session/meter.ts'
import { createSessionStore } from '../../../browser/session/store.ts'
import type { SessionView } from '../../../shared/protocol/session.ts'
import type { JoinAck } from '../../../shared/protocol/socket.ts'
import type { BalanceAround, UserView } from '../../../shared/protocol/views.ts'
import { PAGE_SETTINGS } from '../../support/page-settings.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  ana,
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
const live: SessionView = { ...accepted, status: 'live', startedAt: 3_000 }
const ended: SessionView = { ...live, status: 'ended', endedAt: 9_000, endReason: 'client_ended' }

const nextTurn = () => new Promise((resolve) => setTimeout(resolve))

const headset = { id: 'h1', label: 'Headset' }
const builtIn = { id: 'b1', label: 'Built-in' }

interface Given {
  me?: UserView
  answers?: object
  tab?: FakeStorage
  there?: DeviceLists
}

function openStore(session: SessionView, given: Given = {}) {
  const { me = ana, answers = {}, tab = fakeStorage(), there = NO_DEVICES } = given
  const memory = createDeviceMemory(() => tab)
  const server = fakeSocket()
  const calls: (Call & { parts: CallParts })[] = []
  let at = 0
  const store = createSessionStore({
    api: fakeApi(answers),
    socket: server.socket,
    me,
    session,
    settings: PAGE_SETTINGS,
    environment: { list: async () => there, onChange: () => () => {} },
    memory,
    tabStorage: () => tab,
    openCall: (parts) => {
      const sendChat = (text: string) => (text ? { id: 'mine', mine: true, text, at: 0 } : undefined)
      const call = {
        start: vi.fn(),
        stop: vi.fn(),
        setMuted: vi.fn(),
        setCameraOff: vi.fn(),
        setCounting: vi.fn(),
        useDevice: vi.fn(),
        retryDevices: vi.fn(),
        setSharing: vi.fn(),
        sendChat,
        parts,
      }
      calls.push(call)
      return call
    },
    now: () => at,
  })
  const pass = (ms: number) => {
    at += ms
  }
  return { ...server, store, memory, calls, pass, shown: () => readMeter(store.told.value, store.terms, at) }
}

const joined = (clock: Partial<JoinAck['clock']>): JoinAck => ({
  session: live,
  iceServers: [],
  iceTransportPolicy: 'all',
  polite: true,
  heartbeatMs: 3_000,
  graceMs: 60_000,
  peerPresent: true,
  sentMs: 0,
  unbilledMs: 10_000,
  clock: { sessionId: 's', running: true, billedMs: 0, chargedCents: 0, balanceCents: 1_000, ...clock },
})

describe('the session page', () => {
  it('opens the call when the reader accepts, once', () => {
    const { calls, tell } = openStore(requested)
    expect(calls).toHaveLength(0)
    tell('session:updated', { session: accepted })
    tell('session:updated', { session: live })
    expect(calls).toHaveLength(1)
    expect(calls[0]?.start).toHaveBeenCalledOnce()
  })

  it('finds out after a reconnect what it missed', async () => {
    const { store, calls, tell } = openStore(requested, {
      answers: { session: () => good({ session: live }) },
    })
    tell('connect')
    await waitFor(() => expect(store.session.value.status).toBe('live'))
    expect(calls).toHaveLength(1)
  })

  it('finds out as it is opened whether the call still rings', async () => {
    const { store } = openStore(requested, { answers: { session: () => good({ session: accepted }) } })
    await waitFor(() => expect(store.session.value.status).toBe('accepted'))
  })

  it('believes the socket when an earlier response comes after it', async () => {
    const paused: SessionView = { ...live, status: 'paused' }
    const balance = { beforeCents: 1_000, afterCents: 750 }
    let answer = (_session: SessionView) => {}
    const asked: Api['session'] = () =>
      new Promise((resolve) => {
        answer = (session) => resolve({ ok: true, value: { session, balance } })
      })
    const { store, tell } = openStore(paused, { answers: { session: asked } })
    tell('connect')
    tell('session:updated', { session: live })
    answer(paused)
    await waitFor(() => expect(store.balanceAround.value).toEqual(balance))
    expect(store.session.value.status).toBe('live')
    tell('connect')
    tell('session:updated', { session: live })
    answer(ended)
    await waitFor(() => expect(store.session.value.status).toBe('ended'))
  })

  it('never goes back to an earlier stage, and what has ended stays ended', () => {
    const { store, calls, tell } = openStore(live)
    tell('session:updated', { session: accepted })
    expect(store.session.value.status).toBe('live')
    tell('session:ended', { session: ended })
    tell('session:updated', { session: live })
    expect(store.session.value).toEqual(ended)
    expect(calls[0]?.stop).toHaveBeenCalled()
  })

  it('keeps the figures of the end when a charge is heard of after it', () => {
    const { store, tell } = openStore(live)
    const charge = { minute: 1, billedMs: 60_000, cents: 250, at: 63_000 }
    const whole = { ...ended, chargedCents: 625, earnedCents: 625, charges: [charge] }
    tell('session:ended', { session: whole })
    tell('session:charged', {
      sessionId: 's',
      charge,
      chargedCents: 250,
      earnedCents: 250,
      balanceCents: 750,
    })
    expect(store.session.value).toEqual(whole)
  })

  it('keeps the balance of the receipt when an earlier response comes without it', async () => {
    const responses = lateAnswers<{ session: SessionView; balance?: BalanceAround }>()
    const { store, tell } = openStore(live, { answers: { session: responses.ask } })
    tell('connect')
    tell('session:ended', { session: ended })
    const balance = { beforeCents: 1_000, afterCents: 750 }
    responses.come(1, { session: ended, balance })
    await waitFor(() => expect(store.balanceAround.value).toEqual(balance))
    responses.come(0, { session: live })
    await nextTurn()
    expect(store.balanceAround.value).toEqual(balance)
  })

  it('hears nothing of other sessions', () => {
    const { store, tell } = openStore(live)
    tell('session:ended', { session: { ...ended, id: 'other' } })
    tell('session:clock', { sessionId: 'other', running: true, billedMs: 99_000, chargedCents: 9_900 })
    tell('balance:low', { sessionId: 'other', balanceCents: 1, secondsLeft: 1 })
    expect(store.session.value.status).toBe('live')
    expect(store.told.value.billedMs).toBe(0)
    expect(store.lowFunds.value).toBe('none')
  })
})

describe('the figures on the session page', () => {
  it('run from the server’s clock and follow each charge', () => {
    const { calls, tell, pass, shown, store } = openStore(live)
    calls[0]?.parts.onJoined?.(joined({}))
    pass(60_000)
    expect(shown()).toMatchObject({ seconds: 60, chargedCents: 250, balanceCents: 750 })
    const charge = { minute: 1, billedMs: 60_000, cents: 250, at: 63_000 }
    tell('session:charged', {
      sessionId: 's',
      charge,
      chargedCents: 250,
      earnedCents: 250,
      balanceCents: 750,
    })
    expect(shown()).toMatchObject({ seconds: 60, chargedCents: 250, balanceCents: 750 })
    expect(store.session.value).toMatchObject({ chargedCents: 250, earnedCents: 250, charges: [charge] })
  })

  it('show a charge once though it is announced twice', () => {
    const { store, tell } = openStore(live)
    const charge = { minute: 1, billedMs: 60_000, cents: 250, at: 63_000 }
    const told = { sessionId: 's', charge, chargedCents: 250, earnedCents: 250 }
    tell('session:charged', told)
    tell('session:charged', told)
    expect(store.session.value.charges).toEqual([charge])
  })

  it('stop from the moment the socket is lost, until the server’s next message', () => {
    const { calls, tell, pass, shown } = openStore(live)
    calls[0]?.parts.onJoined?.(joined({}))
    pass(10_000)
    tell('disconnect')
    pass(30_000)
    expect(shown()).toMatchObject({ seconds: 10 })
    calls[0]?.parts.onJoined?.(joined({ billedMs: 12_000 }))
    expect(shown()).toMatchObject({ seconds: 12, chargedCents: 50 })
  })

  it('take a top-up in at once', () => {
    const { calls, tell, shown } = openStore(live)
    calls[0]?.parts.onJoined?.(joined({}))
    tell('balance', { balanceCents: 3_000 })
    expect(shown()).toMatchObject({ balanceCents: 3_000, secondsLeft: 720 })
  })

  it('never name a balance to the reader', () => {
    const { calls, shown } = openStore(live, { me: mara })
    const { balanceCents: _, ...clock } = joined({}).clock
    calls[0]?.parts.onJoined?.({ ...joined({}), clock })
    expect(shown()).not.toHaveProperty('balanceCents')
    expect(shown()).not.toHaveProperty('secondsLeft')
  })
})

describe('the low-funds window', () => {
  const low = { sessionId: 's', balanceCents: 200, secondsLeft: 48 }

  it('comes when the server says so, and again after it was put off', () => {
    const { store, tell } = openStore(live)
    tell('balance:low', low)
    expect(store.lowFunds.value).toBe('asked')
    store.lowFunds.value = 'later'
    tell('balance:low', low)
    expect(store.lowFunds.value).toBe('asked')
  })

  it('goes when money comes in from elsewhere, but not when a minute is charged', () => {
    const { store, tell } = openStore(live)
    tell('balance:low', low)
    tell('balance', { balanceCents: 150 })
    expect(store.lowFunds.value).toBe('asked')
    tell('balance', { balanceCents: 2_150 })
    expect(store.lowFunds.value).toBe('none')
  })

  it('does not disturb a payment that is being made', () => {
    const { store, tell } = openStore(live)
    store.lowFunds.value = 'paying'
    tell('balance:low', low)
    tell('balance', { balanceCents: 5_000 })
    expect(store.lowFunds.value).toBe('paying')
  })
})

describe('what a person does on the session page', () => {
  it('ends the session once, however often it is pressed', async () => {
    const end = vi.fn(() => good({ session: ended }))
    const { store } = openStore(live, { answers: { end } })
    await Promise.all([store.end(), store.end()])
    expect(end).toHaveBeenCalledOnce()
    expect(store.session.value.status).toBe('ended')
  })

  it('ends a session that was accepted as the call was cancelled', async () => {
    const cancel = async () => ({ ok: false, failure: { code: 'wrong_state' } })
    const end = vi.fn(() => good({ session: ended }))
    const { store } = openStore(requested, { answers: { cancel, end } })
    await store.cancel()
    expect(end).toHaveBeenCalledExactlyOnceWith('s')
    expect(store.session.value).toEqual(ended)
    expect(store.failure.value).toBeUndefined()
  })

  it('no longer says that cancelling failed once the reader has accepted', async () => {
    const { store, tell } = openStore(requested)
    await store.cancel()
    expect(store.failure.value?.code).toBe('offline')
    tell('session:updated', { session: accepted })
    expect(store.failure.value).toBeUndefined()
  })

  it('shows why ending failed, and what the session really is', async () => {
    const answers = {
      end: async () => ({ ok: false, failure: { code: 'internal' } }),
      session: () => good({ session: { ...live, status: 'paused' } }),
    }
    const { store } = openStore(live, { answers })
    await store.end()
    expect(store.failure.value?.code).toBe('internal')
    await waitFor(() => expect(store.session.value.status).toBe('paused'))
  })

  it('shows a line of one’s own at once, as not there yet until the other page has it', () => {
    const { store, calls } = openStore(live)
    expect(store.call.sendChat('Hello')).toBe(true)
    expect(store.chat.lines.value).toHaveLength(1)
    expect(store.chat.unsent.value.has('mine')).toBe(true)
    calls[0]?.parts.onDelivered?.('mine')
    expect(store.chat.unsent.value.size).toBe(0)
    expect(store.call.sendChat('')).toBe(false)
  })

  it('takes no line after the last that a session may have', () => {
    const tab = fakeStorage()
    tab.setItem('soulseer.chat.s', JSON.stringify({ lines: [], unsent: [], said: OWN_LINES_MAX }))
    const { store } = openStore(live, { tab })
    expect(store.call.sendChat('Hello')).toBe(false)
    expect(store.chat.lines.value).toEqual([])
  })

  it('says that the other page sent more than is shown', () => {
    const { store, calls } = openStore(live)
    expect(store.chat.dropped.value).toBe(false)
    calls[0]?.parts.onChatDropped?.()
    expect(store.chat.dropped.value).toBe(true)
  })

  it('leaves nothing listening behind', () => {
    const { store, calls, listening } = openStore(live)
    store.stop()
    expect(listening()).toBe(0)
    expect(calls[0]?.stop).toHaveBeenCalled()
  })
})

describe('the call on the session page', () => {
  it('learns from every clock of the server if the meter counts, and not from a lost socket', () => {
    const { calls, tell } = openStore(live)
    calls[0]?.parts.onJoined?.(joined({}))
    tell('session:clock', { sessionId: 's', running: false, billedMs: 1_000, chargedCents: 4 })
    tell('disconnect')
    const told = vi.mocked(calls[0]?.setCounting ?? vi.fn()).mock.calls
    expect(told.map(([counting]) => counting)).toEqual([true, false])
  })

  it('learns when the next charge is due and the money ends, and again when there is more of it', () => {
    const { calls, tell, pass } = openStore(live)
    const clock = { sessionId: 's', running: true, billedMs: 70_000, chargedCents: 250, secondsLeft: 109 }
    const lastTold = () => vi.mocked(calls[0]?.setCounting ?? vi.fn()).mock.lastCall
    tell('session:clock', { ...clock, balanceCents: 500 })
    expect(lastTold()).toEqual([true, { dueInMs: 50_000, endsInMs: 110_000 }])
    pass(10_000)
    tell('balance', { balanceCents: 2_500 })
    expect(lastTold()).toEqual([true, { dueInMs: 40_000, endsInMs: 580_000 }])
    tell('session:clock', { sessionId: 's', running: true, billedMs: 120_000, chargedCents: 500 })
    expect(lastTold()).toEqual([true, { dueInMs: 60_000 }])
  })

  it('keeps its chat over a reload, and nothing of it once the session has ended', () => {
    const tab = fakeStorage()
    const first = openStore(live, { tab })
    first.store.call.sendChat('Hello')
    first.calls[0]?.parts.onChat?.({ id: 'hers', mine: false, text: 'Good evening', at: 1 })
    const again = openStore(live, { tab })
    expect(again.store.chat.lines.value.map(({ text }) => text)).toEqual(['Hello', 'Good evening'])
    again.tell('session:ended', { session: ended })
    expect(tab.kept.size).toBe(0)
  })

  it('turns the camera on again after it was turned off automatically, and off for good by hand', () => {
    const { store, calls } = openStore(live)
    store.call.turnCameraOn()
    store.call.toggleCamera()
    expect(vi.mocked(calls[0]?.setCameraOff ?? vi.fn()).mock.calls).toEqual([[false], [true]])
  })

  it('remembers a device that was taken in the call, and not one that failed', async () => {
    const { store, calls, memory } = openStore(live, {
      there: { ...NO_DEVICES, microphone: [headset, builtIn] },
    })
    calls[0]?.parts.onLocalStream?.(undefined)
    await waitFor(() => expect(store.call.lists.value.microphone).toHaveLength(2))
    const using = { microphone: 'on', camera: 'none', screen: false, sending: true } as const
    calls[0]?.parts.onLocalMedia?.({ ...using, microphoneId: 'b1' })
    await store.call.choose('microphone', 'h1')
    expect(memory.devices()).toEqual({})
    calls[0]?.parts.onLocalMedia?.({ ...using, microphoneId: 'h1' })
    await store.call.choose('microphone', 'h1')
    expect(memory.devices()).toEqual({ microphone: headset })
  })
})
