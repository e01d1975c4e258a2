/** Tests sessions from the ring to the end. */
import { describe, expect, it } from 'vitest'
import type { EndedSession } from '../../../domain/session.ts'
import type { Leaving } from '../../../engine/sessions/seats.ts'
import { createWorld, GRACE, HEARTBEAT_TIMEOUT, MINUTE, type World } from '../../support/world.ts'

const setUp = async (options: Parameters<typeof createWorld>[0] & { rate?: number; money?: number } = {}) => {
  const world = await createWorld(options)
  const client = await world.client('Ana', options.money ?? 1_000)
  const reader = await world.reader('Mara', options.rate ?? 250)
  return { world, client, reader, sessions: world.engine.sessions }
}

const refused = (code: string) => expect.objectContaining({ code })

const ended = async (
  world: World,
  id: string,
  who: Parameters<World['balance']>[0],
): Promise<EndedSession> => {
  const session = await world.engine.sessions.find(who, id)
  if (session.status !== 'ended') throw new Error(`still ${session.status}`)
  return session
}

describe('ringing', () => {
  it('a request rings the reader, freezes the rate and takes both places at once', async () => {
    const { world, client, reader, sessions } = await setUp()
    const requested = await sessions.request(client, { readerId: reader.id, kind: 'video' })
    expect(requested).toMatchObject({
      status: 'requested',
      rateCents: 250,
      clientName: 'Ana',
      readerName: 'Mara',
    })
    expect(world.announced('invited').map(({ session }) => session.id)).toEqual([requested.id])
    expect(world.announced('reader-status').at(-1)).toMatchObject({ readerId: reader.id, status: 'busy' })
    const other = await world.client('Bo', 1_000)
    await expect(sessions.request(other, { readerId: reader.id, kind: 'chat' })).rejects.toEqual(
      refused('reader_unavailable'),
    )
    const free = await world.reader('Nell', 100)
    await expect(sessions.request(client, { readerId: free.id, kind: 'chat' })).rejects.toEqual(
      refused('already_in_session'),
    )
  })

  it('of many clients who ring one reader in the same instant, one gets through', async () => {
    const { world, reader, sessions } = await setUp()
    const clients = await Promise.all(
      ['Bo', 'Cy', 'Di', 'Ed', 'Flo'].map((name) => world.client(name, 1_000)),
    )
    const tries = await Promise.allSettled(
      clients.map((client) => sessions.request(client, { readerId: reader.id, kind: 'voice' })),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('[B12] is refused when the balance does not cover one minute, and names the amounts', async () => {
    const { world, reader, sessions } = await setUp({ money: 0 })
    const poor = await world.client('Bo', 249)
    const ring = sessions.request(poor, { readerId: reader.id, kind: 'chat' })
    await expect(ring).rejects.toEqual(refused('insufficient_funds'))
    await expect(ring).rejects.toThrow('The first minute with Mara costs $2.50. You have $2.49.')
  })

  it('a reader who is not available, or does not exist, cannot be rung', async () => {
    const { world, client, reader, sessions } = await setUp()
    await world.engine.presence.setAvailable(reader, false)
    await expect(sessions.request(client, { readerId: reader.id, kind: 'chat' })).rejects.toEqual(
      refused('reader_unavailable'),
    )
    await expect(sessions.request(client, { readerId: 'nobody', kind: 'chat' })).rejects.toEqual(
      refused('not_found'),
    )
    await expect(sessions.request(client, { readerId: client.id, kind: 'chat' })).rejects.toEqual(
      refused('not_found'),
    )
  })

  it.each([
    ['decline', 'declined'],
    ['cancel', 'cancelled'],
  ] as const)('%s ends it as %s, costs nothing, and may be said twice', async (verb, reason) => {
    const { world, client, reader, sessions } = await setUp()
    const { id } = await sessions.request(client, { readerId: reader.id, kind: 'video' })
    const [who, other] = verb === 'decline' ? [reader, client] : [client, reader]
    await expect(sessions[verb](other, id)).rejects.toEqual(refused('forbidden'))
    expect(await sessions[verb](who, id)).toMatchObject({
      status: 'ended',
      endReason: reason,
      chargedCents: 0,
    })
    expect(await sessions[verb](who, id)).toMatchObject({ endReason: reason })
    await expect(sessions.accept(reader, id)).rejects.toEqual(refused('wrong_state'))
    expect(world.announced('reader-status').at(-1)).toMatchObject({ status: 'available' })
    expect(await world.balance(client)).toBe(1_000)
  })

  it('without a response it ends as missed, at the end of the ringing time and not before', async () => {
    const { world, client, reader, sessions } = await setUp()
    const { id } = await sessions.request(client, { readerId: reader.id, kind: 'video' })
    await world.clock.advance(44_999)
    expect(await sessions.find(client, id)).toMatchObject({ status: 'requested' })
    await world.clock.advance(1)
    expect(await ended(world, id, client)).toMatchObject({ endReason: 'missed', chargedCents: 0 })
  })

  it('accepted, but the two never connect: it ends as never_connected', async () => {
    const { world, client, reader, sessions } = await setUp()
    const { id } = await sessions.request(client, { readerId: reader.id, kind: 'video' })
    await sessions.accept(reader, id)
    await world.clock.advance(60_000)
    expect(await ended(world, id, client)).toMatchObject({ endReason: 'never_connected', chargedCents: 0 })
  })

  it('a third person sees nothing and can do nothing', async () => {
    const { world, client, reader, sessions } = await setUp()
    const { id } = await sessions.request(client, { readerId: reader.id, kind: 'video' })
    const third = await world.client('Eve', 1_000)
    const otherReader = await world.reader('Nell', 100)
    for (const verb of ['accept', 'decline', 'cancel', 'end', 'find'] as const) {
      await expect(sessions[verb](third, id)).rejects.toEqual(refused('forbidden'))
      await expect(sessions[verb](otherReader, id)).rejects.toEqual(refused('forbidden'))
    }
    await expect(world.engine.connections.join(id, third.id, 'page')).rejects.toEqual(refused('forbidden'))
    await sessions.end(client, id)
    await expect(sessions.find(third, id)).rejects.toEqual(refused('forbidden'))
    await expect(sessions.end(third, id)).rejects.toEqual(refused('forbidden'))
  })

  it('[B8] a new rate touches no session already requested', async () => {
    const { world, client, reader, sessions } = await setUp()
    const { id } = await sessions.request(client, { readerId: reader.id, kind: 'video' })
    await world.engine.accounts.updateProfile(reader, { rateCents: 999 })
    expect(await sessions.find(client, id)).toMatchObject({ rateCents: 250 })
  })
})

describe('the meter', () => {
  it('starts when both have reported connected, and not when one has', async () => {
    const { world, client, reader, sessions } = await setUp()
    const { id } = await sessions.request(client, { readerId: reader.id, kind: 'video' })
    await sessions.accept(reader, id)
    await world.engine.connections.join(id, client.id, 'a')
    await world.engine.connections.join(id, reader.id, 'b')
    await world.engine.connections.report(id, 'a', 'connected')
    expect(await sessions.find(client, id)).toMatchObject({ status: 'accepted' })
    await world.engine.connections.report(id, 'b', 'connected')
    expect(await sessions.find(client, id)).toMatchObject({ status: 'live', startedAt: world.clock.now() })
  })

  it('[B3] moves the rate from the client to the reader at every whole minute, and announces it to both', async () => {
    const { world, client, reader } = await setUp()
    const { id } = await world.talk(client, reader)
    await world.clock.advance(MINUTE - 1)
    expect([await world.balance(client), await world.earned(reader)]).toEqual([1_000, 0])
    await world.clock.advance(1)
    expect([await world.balance(client), await world.earned(reader)]).toEqual([750, 250])
    await world.clock.advance(MINUTE)
    expect([await world.balance(client), await world.earned(reader)]).toEqual([500, 500])
    expect(world.announced('charged').map(({ charge }) => charge.billedMs)).toEqual([MINUTE, 2 * MINUTE])
    expect(await world.engine.sessions.find(reader, id)).toMatchObject({
      chargedCents: 500,
      earnedCents: 500,
    })
  })

  it('[B4] hung up at 1:30 it pays a minute and a half, and says so to both', async () => {
    const { world, client, reader, sessions } = await setUp()
    const { id } = await world.talk(client, reader)
    await world.clock.advance(90_000)
    expect(await sessions.end(reader, id)).toMatchObject({
      endReason: 'reader_ended',
      durationSeconds: 90,
      chargedCents: 375,
      earnedCents: 375,
    })
    expect([await world.balance(client), await world.earned(reader)]).toEqual([625, 375])
    expect(world.announced('ended')).toHaveLength(1)
  })

  it('ending twice returns the same summary and charges nothing', async () => {
    const { world, client, reader, sessions } = await setUp()
    const { id } = await world.talk(client, reader)
    await world.clock.advance(61_000)
    const [one, two] = await Promise.all([sessions.end(client, id), sessions.end(reader, id)])
    await world.clock.advance(MINUTE)
    expect(two).toEqual(one)
    expect(await sessions.end(reader, id)).toEqual(one)
    expect(await world.balance(client)).toBe(1_000 - one.chargedCents)
  })

  it('[B5] ends automatically at the instant the money is gone, with exactly nothing left', async () => {
    const { world, client, reader } = await setUp({ money: 600 })
    const { id } = await world.talk(client, reader)
    await world.clock.advance(143_999)
    expect(await world.engine.sessions.find(client, id)).toMatchObject({ status: 'live' })
    await world.clock.advance(1)
    expect(await ended(world, id, client)).toMatchObject({
      endReason: 'out_of_funds',
      billedMs: 144_000,
      chargedCents: 600,
    })
    expect([await world.balance(client), await world.earned(reader)]).toEqual([0, 600])
  })

  it('[B2] a process held up for minutes bills each minute once, and never past the end of the money', async () => {
    const { world, client, reader } = await setUp({ money: 600 })
    const { id } = await world.talk(client, reader)
    await world.clock.leap(130_000)
    expect(await world.balance(client)).toBe(600 - 500)
    await world.clock.leap(500_000)
    const session = await world.engine.sessions.find(client, id)
    expect(session).toMatchObject({ status: 'ended', chargedCents: 600 })
    expect(await world.balance(client)).toBe(0)
  })

  it('[B7] prompts at $2.00 and under a minute, and again after a top-up', async () => {
    const { world, client, reader } = await setUp({ money: 500, rate: 100 })
    await world.talk(client, reader)
    await world.clock.advance(3 * MINUTE)
    expect(
      world.announced('low').map(({ balanceCents, secondsLeft }) => [balanceCents, secondsLeft]),
    ).toEqual([[200, 120]])
    await world.clock.advance(MINUTE + 1)
    expect(world.announced('low')).toHaveLength(2)
    await world.topUp(client, 500)
    await world.clock.advance(6 * MINUTE - 2)
    expect(world.announced('low')).toHaveLength(4)
  })

  it('[B11] a top-up in the last minute keeps the session alive', async () => {
    const { world, client, reader } = await setUp({ money: 250 })
    const { id } = await world.talk(client, reader)
    await world.clock.advance(59_000)
    await world.topUp(client, 500)
    await world.clock.advance(2 * MINUTE)
    expect(await world.engine.sessions.find(client, id)).toMatchObject({ status: 'live', chargedCents: 500 })
    await world.clock.advance(1_000)
    expect(await ended(world, id, client)).toMatchObject({ endReason: 'out_of_funds', chargedCents: 750 })
  })

  it('[B11] goodwill in a running session counts at once, like a top-up, and is announced to the pages', async () => {
    const { world, client, reader } = await setUp({ money: 250 })
    const { id } = await world.talk(client, reader)
    await world.clock.advance(59_000)
    const before = world.announced('clock').length
    await world.engine.admin.goodwill(client.id, 500, { by: 'Olu', why: 'the line was bad' })
    await world.clock.advance(0)
    const clocks = world.announced('clock').slice(before)
    expect(clocks.at(-1)?.clock).toMatchObject({ sessionId: id, secondsLeft: 121 })
    await world.clock.advance(2 * MINUTE)
    expect(await world.engine.sessions.find(client, id)).toMatchObject({ status: 'live', chargedCents: 500 })
    await world.clock.advance(1_000)
    expect(await ended(world, id, client)).toMatchObject({ endReason: 'out_of_funds', chargedCents: 750 })
  })

  it('[B9] the platform’s share and the reader’s add up to what was charged', async () => {
    const { world, client, reader } = await setUp({ terms: { feePercent: 15 } })
    const { id } = await world.talk(client, reader)
    await world.clock.advance(150_000)
    expect(await world.engine.sessions.end(client, id)).toMatchObject({ chargedCents: 625, earnedCents: 532 })
    expect(await world.earned(reader)).toBe(532)
  })

  it('[B9] the share is the one in force when it rang, over a restart with another', async () => {
    const terms = { feePercent: 0 }
    const { world, client, reader } = await setUp({ terms })
    const { id } = await world.talk(client, reader)
    await world.clock.advance(2 * MINUTE)
    terms.feePercent = 50
    await world.crash()
    const end = await world.engine.sessions.end(client, id)
    expect(end).toMatchObject({ feePercent: 0, earnedCents: end.chargedCents })
    expect(end.chargedCents).toBeGreaterThan(0)
    expect(await world.earned(reader)).toBe(end.earnedCents)
  })
})

describe('pauses', () => {
  it('[B10] a lost page stops the clock, and its return sets it going again', async () => {
    const { world, client, reader, sessions } = await setUp()
    const talk = await world.talk(client, reader)
    await world.clock.advance(80_000)
    talk.leave('client')
    await world.clock.advance(40_000)
    expect(await sessions.find(reader, talk.id)).toMatchObject({ status: 'paused', billedMs: 80_000 })
    await talk.rejoin('client')
    expect(await sessions.find(reader, talk.id)).toMatchObject({ status: 'live' })
    await world.clock.advance(40_000)
    const end = await sessions.end(client, talk.id)
    expect(end).toMatchObject({ billedMs: 120_000, chargedCents: 500 })
    expect(end.pauses).toMatchObject([{ cause: 'client_left' }])
  })

  it('[B10] a silent page stops the clock at the last moment it was heard', async () => {
    const { world, client, reader, sessions } = await setUp()
    const talk = await world.talk(client, reader)
    const startedAt = world.clock.now()
    await world.clock.advance(10_000)
    talk.fallSilent('reader')
    await world.clock.advance(HEARTBEAT_TIMEOUT)
    const paused = await sessions.find(client, talk.id)
    expect(paused).toMatchObject({ status: 'paused' })
    expect(paused.status === 'paused' && paused.billedMs).toBeLessThanOrEqual(10_000)
    expect(paused.status === 'paused' && paused.pauses).toMatchObject([{ cause: 'reader_connection' }])
    expect(world.clock.now() - startedAt).toBe(20_000)
  })

  it('[B10] an interrupted call stops the clock until both are connected again', async () => {
    const { world, client, reader, sessions } = await setUp()
    const talk = await world.talk(client, reader)
    await world.clock.advance(30_000)
    talk.fallSilent('client')
    await talk.beat('client', 'interrupted')
    expect(await sessions.find(client, talk.id)).toMatchObject({ status: 'paused', billedMs: 30_000 })
    await world.clock.advance(5_000)
    await talk.beat('client', 'connected')
    expect(await sessions.find(client, talk.id)).toMatchObject({ status: 'live', billedMs: 30_000 })
  })

  it('ends as connection_lost when the grace is over, and the gap is free', async () => {
    const { world, client, reader } = await setUp()
    const talk = await world.talk(client, reader)
    await world.clock.advance(30_000)
    talk.leave('reader')
    await world.clock.advance(GRACE)
    expect(await ended(world, talk.id, client)).toMatchObject({
      endReason: 'connection_lost',
      billedMs: 30_000,
      chargedCents: 125,
    })
  })

  it('a page that was taken over can say nothing any more', async () => {
    const { world, client, reader } = await setUp()
    const talk = await world.talk(client, reader)
    const { connections } = world.engine
    const joined = await connections.join(talk.id, client.id, 'second-tab')
    expect(joined.displaced).toBe('page-of-client')
    await expect(connections.report(talk.id, 'page-of-client', 'connected')).rejects.toEqual(
      refused('not_joined'),
    )
    expect(() => connections.peerOf(talk.id, 'page-of-client')).toThrow(
      expect.objectContaining({ code: 'not_joined' }),
    )
    expect(connections.leave(talk.id, 'page-of-client', 'closed')).toEqual({ peer: undefined })
    await connections.report(talk.id, 'second-tab', 'connected')
    expect(await world.engine.sessions.find(client, talk.id)).toMatchObject({ status: 'live' })
  })
})

describe('a page whose connection is gone', () => {
  it.each([
    ['closed', 'client_left', 38_000],
    ['cut', 'client_connection', 38_000],
    ['silent', 'client_connection', 30_000],
  ] as const)('[B10] %s: the pause is %s', async (how, cause, billedMs) => {
    const { world, client, reader, sessions } = await setUp()
    const talk = await world.talk(client, reader)
    await world.clock.advance(30_000)
    await talk.beat('client')
    talk.fallSilent('client')
    talk.fallSilent('reader')
    await world.clock.advance(4_000)
    await talk.beat('reader')
    await world.clock.advance(4_000)
    await talk.beat('reader')
    world.engine.connections.leave(talk.id, 'page-of-client', how)
    await world.clock.advance(0)
    const paused = await sessions.find(reader, talk.id)
    expect(paused).toMatchObject({ status: 'paused', billedMs })
    expect(paused.status === 'paused' && paused.pauses).toMatchObject([{ cause }])
  })

  it.each([
    ['has missed a beat', 6_500, 'client_connection'],
    ['is heard', 2_000, 'reader_connection'],
  ] as const)(
    '[B21] is to blame where another page speaks of it first and it %s',
    async (_, silentMs, cause) => {
      const { world, client, reader, sessions } = await setUp()
      const talk = await world.talk(client, reader)
      await world.clock.advance(30_000)
      await talk.beat('client')
      talk.fallSilent('client')
      await world.clock.advance(silentMs)
      await talk.beat('reader', 'interrupted')
      const paused = await sessions.find(reader, talk.id)
      expect(paused.status === 'paused' && paused.pauses).toMatchObject([{ cause }])
    },
  )

  it('is given no seat when it went while the seat was looked up', async () => {
    const { world, client, reader } = await setUp()
    const talk = await world.talk(client, reader)
    const { connections } = world.engine
    let there = true
    const joining = connections.join(talk.id, client.id, 'gone', { isThere: () => there })
    there = false
    expect(connections.leave(talk.id, 'gone', 'closed')).toEqual({ peer: undefined })
    await expect(joining).rejects.toEqual(refused('not_joined'))
    expect(connections.isSeated(talk.id, 'gone')).toBe(false)
    expect(connections.isSeated(talk.id, 'page-of-client')).toBe(true)
    expect(await world.engine.sessions.find(client, talk.id)).toMatchObject({ status: 'live' })
  })
})

describe('a heartbeat that changes nothing', () => {
  it('is taken down while both are connected, and is not enough otherwise', async () => {
    const { world, client, reader } = await setUp()
    const talk = await world.talk(client, reader)
    const { connections } = world.engine
    const beat = (page: string, id = talk.id) => connections.report(id, page, 'connected')
    await expect(beat('page-of-nobody')).rejects.toEqual(refused('not_joined'))
    await expect(beat('page-of-client', 'no-session')).rejects.toEqual(refused('not_joined'))
    await world.clock.advance(1_000)
    expect(beat('page-of-client')).toBeUndefined()
    expect(beat('page-of-reader')).toBeUndefined()
    await talk.beat('reader', 'interrupted')
    expect(beat('page-of-client')).toBeInstanceOf(Promise)
  })
})

describe('a page that comes back', () => {
  const joinAs = async (tab: string, again: boolean, newerWent?: Leaving) => {
    const { world, client, reader } = await setUp()
    const talk = await world.talk(client, reader)
    const { connections } = world.engine
    await connections.join(talk.id, client.id, 'socket-2', { tab: 'newer', again: false })
    if (newerWent) connections.leave(talk.id, 'socket-2', newerWent)
    const comeBack = (socket: string) => connections.join(talk.id, client.id, socket, { tab, again })
    return { joining: comeBack('socket-3'), comeBack, connections, talk }
  }

  it('takes the seat from no other page: it was taken over while it was away', async () => {
    const { joining, connections, talk } = await joinAs('older', true)
    await expect(joining).rejects.toEqual(refused('taken_over'))
    await connections.report(talk.id, 'socket-2', 'connected')
  })

  it.each(['cut', 'silent'] as const)('leaves the seat to a later page that is away: %s', async (went) => {
    const { joining } = await joinAs('older', true, went)
    await expect(joining).rejects.toEqual(refused('taken_over'))
  })

  it('takes the seat where the later page was closed', async () => {
    const { joining } = await joinAs('older', true, 'closed')
    expect(await joining).toMatchObject({ displaced: undefined })
  })

  it('takes it from its own earlier socket, and from no other', async () => {
    const { joining, connections, talk } = await joinAs('newer', true)
    expect(await joining).toMatchObject({ displaced: 'socket-2' })
    connections.leave(talk.id, 'socket-3', 'closed')
    const { joining: empty } = await joinAs('older', false)
    expect(await empty).toMatchObject({ displaced: 'socket-2' })
  })

  it('keeps its name while it reports', async () => {
    const { joining, comeBack, connections, talk } = await joinAs('newer', true)
    await joining
    await connections.report(talk.id, 'socket-3', 'connected')
    expect(await comeBack('socket-4')).toMatchObject({ displaced: 'socket-3' })
  })
})

describe('after a crash', () => {
  it('a running session comes back paused at its last confirmed instant, and the downtime costs nothing', async () => {
    const { world, client, reader } = await setUp()
    const talk = await world.talk(client, reader)
    await world.clock.advance(100_000)
    await world.crash(30_000)
    const paused = await world.engine.sessions.find(client, talk.id)
    expect(paused).toMatchObject({ status: 'paused' })
    const billedMs = paused.status === 'paused' ? paused.billedMs : 0
    expect(billedMs).toBeLessThanOrEqual(100_000)
    expect(billedMs).toBeGreaterThanOrEqual(100_000 - HEARTBEAT_TIMEOUT)
    await talk.rejoin('client')
    await talk.rejoin('reader')
    await world.clock.advance(20_000)
    const end = await world.engine.sessions.end(client, talk.id)
    expect(end).toMatchObject({
      billedMs: billedMs + 20_000,
      chargedCents: Math.floor(((billedMs + 20_000) * 250) / MINUTE),
    })
    expect(await world.balance(client)).toBe(1_000 - end.chargedCents)
    expect(end.pauses).toMatchObject([{ cause: 'server_stopped' }])
  })

  it('ends as server_stopped when neither comes back, and as connection_lost when one does', async () => {
    const { world, client, reader } = await setUp()
    const talk = await world.talk(client, reader)
    await world.clock.advance(30_000)
    await world.crash(5_000)
    await world.clock.advance(GRACE)
    expect(await ended(world, talk.id, client)).toMatchObject({ endReason: 'server_stopped' })

    await world.engine.presence.setAvailable(reader, true)
    const again = await world.talk(client, reader)
    await world.clock.advance(30_000)
    await world.crash(5_000)
    await again.rejoin('client')
    await world.clock.advance(GRACE)
    expect(await ended(world, again.id, client)).toMatchObject({ endReason: 'connection_lost' })
  })

  it('what was ended stays ended, and what rings goes on ringing', async () => {
    const { world, client, reader } = await setUp()
    const talk = await world.talk(client, reader)
    await world.clock.advance(90_000)
    const before = await world.engine.sessions.end(client, talk.id)
    const other = await world.client('Bo', 1_000)
    const ringing = await world.engine.sessions.request(other, { readerId: reader.id, kind: 'chat' })
    await world.crash(5_000)
    expect(await world.engine.sessions.find(client, talk.id)).toEqual(before)
    expect(await world.engine.sessions.find(other, ringing.id)).toMatchObject({ status: 'requested' })
    await world.clock.advance(40_000)
    expect(await ended(world, ringing.id, other)).toMatchObject({ endReason: 'missed' })
  })

  it('a clean stop pauses what runs at that instant, and refuses new requests', async () => {
    const { world, client, reader } = await setUp()
    const talk = await world.talk(client, reader)
    const other = await world.reader('Nell', 100)
    await world.clock.advance(90_500)
    await world.engine.stop()
    expect(await world.engine.sessions.find(client, talk.id)).toMatchObject({
      status: 'paused',
      billedMs: 90_500,
    })
    await expect(world.engine.sessions.request(client, { readerId: other.id, kind: 'chat' })).rejects.toEqual(
      refused('stopping'),
    )
  })
})

describe('presence', () => {
  it('a reader without an open page stays available for the grace, and then no longer', async () => {
    const { world, reader } = await setUp()
    const statusOf = async () =>
      (await world.engine.presence.list()).find(({ id }) => id === reader.id)?.status
    world.engine.presence.depart(reader.id)
    await world.clock.advance(29_999)
    expect(await statusOf()).toBe('available')
    await world.clock.advance(1)
    expect(await statusOf()).toBe('offline')
    expect(world.announced('reader-status').at(-1)).toMatchObject({ status: 'offline' })
  })

  it('a page that comes back in time changes nothing', async () => {
    const { world, reader } = await setUp()
    world.engine.presence.depart(reader.id)
    await world.clock.advance(20_000)
    world.engine.presence.arrive(reader.id)
    await world.clock.advance(60_000)
    expect((await world.engine.presence.list())[0]?.status).toBe('available')
  })
})
