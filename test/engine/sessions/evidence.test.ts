/** Tests what the pages of a session have proven, by the seat book. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { LiveSession } from '../../../domain/session.ts'
import { createEvidence, type Evidence } from '../../../engine/sessions/evidence.ts'
import { createHearing } from '../../../engine/sessions/hearing.ts'
import {
  type Call,
  createSeatBook,
  isHeld,
  newCall,
  ROLES,
  recordOf,
  type SeatBook,
  seatHeard,
  seatLeft,
  seatTaken,
} from '../../../engine/sessions/seats.ts'
import type { RtcState } from '../../../shared/protocol/socket.ts'
import type { Role } from '../../../shared/protocol/views.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'

const heartbeatTimeoutMs = 10_000
const LIVE = { id: 'session', status: 'live', settledAt: 0 } as LiveSession

let clock: FakeClock
let seats: SeatBook
let call: Call
let evidence: Evidence

beforeEach(() => {
  clock = fakeClock(1_000_000)
  seats = createSeatBook()
  call = newCall(() => undefined)
  seats.calls.set('session', call)
  const hearing = createHearing({ seats, clock, heartbeatTimeoutMs, graceMs: 60_000 })
  evidence = createEvidence({ seats, clock, hearing, heartbeatTimeoutMs })
})

const sit = (role: Role, holder: string = role) => {
  call.seats[role] = seatTaken(call.seats[role], holder, `page of ${role}`, clock.now())
}

const beat = (role: Role, state: RtcState = 'connected', isProof = false) => {
  const seat = call.seats[role]
  if (!isHeld(seat)) throw new Error(`nobody has the seat of the ${role}`)
  const { account, sentMs, waitedMs } = seat
  call.seats[role] = seatHeard(seat, { state, beatAt: clock.now(), account, sentMs, waitedMs, isProof })
}

const leave = (role: Role) => {
  const seat = call.seats[role]
  if (isHeld(seat)) call.seats[role] = seatLeft(seat, 'closed')
}

describe('two pages that prove nothing', () => {
  beforeEach(() => {
    for (const role of ROLES) sit(role)
  })

  it('are confirmed to be connected until the last beat of the quieter one', async () => {
    beat('client')
    const heardAt = clock.now()
    await clock.advance(2_000)
    beat('reader')
    expect(evidence.lastConfirmedAt('session')).toBe(heardAt)
    expect(evidence.provenUntil(LIVE)).toBe(Infinity)
  })

  it.each([
    ['one says that it is interrupted', () => beat('reader', 'interrupted')],
    ['one has gone', () => leave('reader')],
    ['one has not been heard for the time-out', () => clock.advance(heartbeatTimeoutMs)],
  ])('are not where %s', async (_, happen) => {
    for (const role of ROLES) beat(role)
    expect(evidence.lastConfirmedAt('session')).toBe(clock.now())
    await happen()
    expect(evidence.lastConfirmedAt('session')).toBeUndefined()
  })

  it('are silent since the last beat, once it is older than the time-out', async () => {
    for (const role of ROLES) beat(role)
    const heardAt = clock.now()
    await clock.advance(5_000)
    beat('reader')
    await clock.advance(4_999)
    expect(evidence.silence('session')).toBeUndefined()
    await clock.advance(1)
    expect(evidence.silence('session')).toEqual({
      heardAt,
      noticedAt: heardAt + heartbeatTimeoutMs,
      cause: 'client_connection',
    })
  })
})

describe('a page that has left', () => {
  beforeEach(() => {
    for (const role of ROLES) {
      sit(role)
      beat(role, 'connected', true)
    }
  })

  it('is still one that proves, and its seat is nobody’s', () => {
    leave('client')
    leave('reader')
    expect(evidence.provenUntil(LIVE)).toBe(LIVE.settledAt)
    expect(evidence.isAnyoneThere('session')).toBe(false)
  })

  it('goes on with what it has proven where the same page comes back, and a new one begins again', async () => {
    const { account } = recordOf(call.seats.client)
    leave('client')
    await clock.advance(1_000)
    sit('client', 'another socket')
    expect(call.seats.client).toMatchObject({ kind: 'proving', holder: 'another socket', account })
    call.seats.client = seatTaken(call.seats.client, 'a tab', 'another page', clock.now())
    expect(call.seats.client).toMatchObject({ kind: 'plain', state: 'unknown', beatAt: clock.now() })
  })
})
