import { describe, expect, it, vi } from 'vitest'
import type { Call, CallParts } from '../../browser/call.ts'
import { readMeter } from '../../browser/meter.ts'
import { createSessionBoard } from '../../browser/session-board.ts'
import type { JoinAck, SessionView, UserView } from '../../shared/protocol.ts'
import { ana, fakeApi, fakeSocket, good, mara, requested } from './page-fakes.ts'

const accepted: SessionView = { ...requested, status: 'accepted', acceptedAt: 2_000 }
const live: SessionView = { ...accepted, status: 'live', startedAt: 3_000 }
const ended: SessionView = { ...live, status: 'ended', endedAt: 9_000, endReason: 'client_ended' }

function openBoard(
  session: SessionView,
  { me = ana, answers = {} }: { me?: UserView; answers?: object } = {},
) {
  const server = fakeSocket()
  const calls: (Call & { parts: CallParts })[] = []
  let at = 0
  const board = createSessionBoard({
    api: fakeApi(answers),
    socket: server.socket,
    me,
    session,
    settings: {
      billingIntervalMs: 60_000,
      ringTimeoutMs: 45_000,
      reconnectGraceMs: 60_000,
      lowFundsCents: 200,
      partialMinute: 'prorated',
      supportEmail: 'help@example.com',
      stripe: 'standin',
      stripePublishableKey: '',
    },
    openCall: (parts) => {
      const sendChat = (text: string) => (text ? { id: 'mine', mine: true, text, at: 0 } : undefined)
      const call = {
        start: vi.fn(),
        stop: vi.fn(),
        setMuted: vi.fn(),
        setCameraOff: vi.fn(),
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
  return { ...server, board, calls, pass, shown: () => readMeter(board.told.value, board.terms, at) }
}

const joined = (clock: Partial<JoinAck['clock']>): JoinAck => ({
  session: live,
  iceServers: [],
  iceTransportPolicy: 'all',
  polite: true,
  heartbeatMs: 3_000,
  peerPresent: true,
  clock: { sessionId: 's', running: true, billedMs: 0, chargedCents: 0, balanceCents: 1_000, ...clock },
})

describe('the session page', () => {
  it('opens the call when the reader accepts, once', () => {
    const { calls, tell } = openBoard(requested)
    expect(calls).toHaveLength(0)
    tell('session:updated', { session: accepted })
    tell('session:updated', { session: live })
    expect(calls).toHaveLength(1)
    expect(calls[0]?.start).toHaveBeenCalledOnce()
  })

  it('finds out after a reconnect what it missed', async () => {
    const { board, calls, tell } = openBoard(requested, {
      answers: { session: () => good({ session: live }) },
    })
    tell('connect')
    await vi.waitFor(() => expect(board.session.value.status).toBe('live'))
    expect(calls).toHaveLength(1)
  })

  it('never goes back to an earlier stage, and what has ended stays ended', () => {
    const { board, calls, tell } = openBoard(live)
    tell('session:updated', { session: accepted })
    expect(board.session.value.status).toBe('live')
    tell('session:ended', { session: ended })
    tell('session:updated', { session: live })
    expect(board.session.value).toEqual(ended)
    expect(calls[0]?.stop).toHaveBeenCalled()
  })

  it('hears nothing of other sessions', () => {
    const { board, tell } = openBoard(live)
    tell('session:ended', { session: { ...ended, id: 'other' } })
    tell('session:clock', { sessionId: 'other', running: true, billedMs: 99_000, chargedCents: 9_900 })
    tell('balance:low', { sessionId: 'other', balanceCents: 1, secondsLeft: 1 })
    expect(board.session.value.status).toBe('live')
    expect(board.told.value.billedMs).toBe(0)
    expect(board.lowFunds.value).toBe('none')
  })
})

describe('the figures on the session page', () => {
  it('run from the server’s clock and follow each charge', () => {
    const { calls, tell, pass, shown, board } = openBoard(live)
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
    expect(board.session.value).toMatchObject({ chargedCents: 250, earnedCents: 250, charges: [charge] })
  })

  it('show a charge once though it is told twice', () => {
    const { board, tell } = openBoard(live)
    const charge = { minute: 1, billedMs: 60_000, cents: 250, at: 63_000 }
    const told = { sessionId: 's', charge, chargedCents: 250, earnedCents: 250 }
    tell('session:charged', told)
    tell('session:charged', told)
    expect(board.session.value.charges).toEqual([charge])
  })

  it('stand still from the moment the socket is lost, until the server tells again', () => {
    const { calls, tell, pass, shown } = openBoard(live)
    calls[0]?.parts.onJoined?.(joined({}))
    pass(10_000)
    tell('disconnect')
    pass(30_000)
    expect(shown()).toMatchObject({ seconds: 10 })
    calls[0]?.parts.onJoined?.(joined({ billedMs: 12_000 }))
    expect(shown()).toMatchObject({ seconds: 12, chargedCents: 50 })
  })

  it('take a top-up in at once', () => {
    const { calls, tell, shown } = openBoard(live)
    calls[0]?.parts.onJoined?.(joined({}))
    tell('balance', { balanceCents: 3_000 })
    expect(shown()).toMatchObject({ balanceCents: 3_000, secondsLeft: 720 })
  })

  it('never name a balance to the reader', () => {
    const { calls, shown } = openBoard(live, { me: mara })
    const { balanceCents: _, ...clock } = joined({}).clock
    calls[0]?.parts.onJoined?.({ ...joined({}), clock })
    expect(shown()).not.toHaveProperty('balanceCents')
    expect(shown()).not.toHaveProperty('secondsLeft')
  })
})

describe('the low-funds window', () => {
  const low = { sessionId: 's', balanceCents: 200, secondsLeft: 48 }

  it('comes when the server says so, and again after it was put off', () => {
    const { board, tell } = openBoard(live)
    tell('balance:low', low)
    expect(board.lowFunds.value).toBe('asked')
    board.lowFunds.value = 'later'
    tell('balance:low', low)
    expect(board.lowFunds.value).toBe('asked')
  })

  it('goes when money comes in from elsewhere, but not when a minute is charged', () => {
    const { board, tell } = openBoard(live)
    tell('balance:low', low)
    tell('balance', { balanceCents: 150 })
    expect(board.lowFunds.value).toBe('asked')
    tell('balance', { balanceCents: 2_150 })
    expect(board.lowFunds.value).toBe('none')
  })

  it('does not disturb a payment that is being made', () => {
    const { board, tell } = openBoard(live)
    board.lowFunds.value = 'paying'
    tell('balance:low', low)
    tell('balance', { balanceCents: 5_000 })
    expect(board.lowFunds.value).toBe('paying')
  })
})

describe('what a person does on the session page', () => {
  it('ends the session once, however often it is pressed', async () => {
    const end = vi.fn(() => good({ session: ended }))
    const { board } = openBoard(live, { answers: { end } })
    await Promise.all([board.end(), board.end()])
    expect(end).toHaveBeenCalledOnce()
    expect(board.session.value.status).toBe('ended')
  })

  it('shows why ending failed, and what the session really is', async () => {
    const answers = {
      end: async () => ({ ok: false, failure: { code: 'internal' } }),
      session: () => good({ session: { ...live, status: 'paused' } }),
    }
    const { board } = openBoard(live, { answers })
    await board.end()
    expect(board.failure.value?.code).toBe('internal')
    await vi.waitFor(() => expect(board.session.value.status).toBe('paused'))
  })

  it('shows a line of one’s own at once, as not there yet until the other page has it', () => {
    const { board, calls } = openBoard(live)
    expect(board.sendChat('Hello')).toBe(true)
    expect(board.lines.value).toHaveLength(1)
    expect(board.unsent.value.has('mine')).toBe(true)
    calls[0]?.parts.onDelivered?.('mine')
    expect(board.unsent.value.size).toBe(0)
    expect(board.sendChat('')).toBe(false)
  })

  it('leaves nothing listening behind', () => {
    const { board, calls, listening } = openBoard(live)
    board.stop()
    expect(listening()).toBe(0)
    expect(calls[0]?.stop).toHaveBeenCalled()
  })
})
