/**
 * Tests sessions whose pages prove what they received: the billed time, the events, and the cause
 * of each pause.
 */
import { describe, expect, it } from 'vitest'
import type { EndedSession } from '../../../domain/session.ts'
import { type ProvingCall, provingCall, type Who } from '../../support/proving-call.ts'
import { GRACE, HEARTBEAT_TIMEOUT, MINUTE } from '../../support/world.ts'

/** Operations that wait for the pages wait for a second at the most. */
async function inASecond<T>({ world }: ProvingCall, work: Promise<T> | T): Promise<T> {
  await world.clock.advance(1_000)
  return work
}

const end = (call: ProvingCall): Promise<EndedSession> =>
  inASecond(call, call.world.engine.sessions.end(call.client, call.id))

/** Returns the milliseconds that were billed beyond those that both received. */
async function overBilled(call: ProvingCall): Promise<number> {
  const connectedMs = call.connectedMs()
  return (await end(call)).billedMs - connectedMs
}

const accurate = (ms: number): void => {
  expect(ms).toBeGreaterThanOrEqual(-1_000)
  expect(ms).toBeLessThanOrEqual(250)
}

describe('[B18] what both pages prove is billed', () => {
  it('from when both receive to when one of them hangs up, to the millisecond', async () => {
    const call = await provingCall()
    await call.world.clock.advance(90_000)
    expect(await end(call)).toMatchObject({
      billedMs: 90_000,
      chargedCents: 900,
      endReason: 'client_ended',
      pauses: [],
    })
  })

  it.each([
    ['the path both ways', ['client', 'reader']],
    ['what comes to the client', ['client']],
    ['what comes to the reader', ['reader']],
  ] as [string, Who[]][])('and a cut of %s is free from its first moment', async (_, cut) => {
    const call = await provingCall()
    for (const [talkMs, cutMs] of [
      [10_500, 3_000],
      [2_000, 1_900],
      [7_777, 12_345],
      [30_000, 4_000],
    ] as const) {
      await call.world.clock.advance(talkMs)
      call.cutMedia(...cut)
      await call.world.clock.advance(cutMs)
      await call.mendMedia(...cut)
    }
    await call.world.clock.advance(5_000)
    accurate(await overBilled(call))
  })

  it('and flicker too', async () => {
    const call = await provingCall()
    for (let n = 0; n < 25; n += 1) {
      await call.world.clock.advance(1_000 + ((n * 371) % 2_000))
      call.cutMedia('client', 'reader')
      await call.world.clock.advance(1_000 + ((n * 793) % 4_000))
      await call.mendMedia('client', 'reader')
    }
    accurate(await overBilled(call))
  })

  it('and the minute is charged once its last second is proven, within a second', async () => {
    const call = await provingCall()
    await call.world.clock.advance(MINUTE - 1)
    expect(call.world.announced('charged')).toEqual([])
    await call.world.clock.advance(1_001)
    expect(call.world.announced('charged').map(({ charge }) => charge.billedMs)).toEqual([MINUTE])
    expect(call.world.announced('charged')[0]?.charge.at).toBe(call.world.clock.now() - 1_000)
  })

  it('and a minute that was cut in its last second is not charged', async () => {
    const call = await provingCall()
    await call.world.clock.advance(MINUTE - 500)
    call.cutMedia('client')
    await call.world.clock.advance(5_000)
    expect(call.world.announced('charged').filter(({ charge }) => charge.billedMs >= MINUTE)).toEqual([])
    expect(await call.session()).toMatchObject({ status: 'paused', billedMs: MINUTE - 500 })
  })

  it('and at the end of the money the session ends with exactly nothing left', async () => {
    const call = await provingCall({ money: 900 })
    await call.world.clock.advance(91_000)
    expect(await call.session()).toMatchObject({
      endReason: 'out_of_funds',
      billedMs: 90_000,
      chargedCents: 900,
    })
    expect(await call.world.balance(call.client)).toBe(0)
  })

  it.each([0.95, 1.05])('and a clock that runs at %s changes nothing', async (rate) => {
    const call = await provingCall()
    call.pages.client.rate = rate
    await call.world.clock.advance(10_000)
    call.cutMedia('client', 'reader')
    await call.world.clock.advance(4_000)
    await call.mendMedia('client', 'reader')
    await call.world.clock.advance(20_000)
    accurate(await overBilled(call))
  })
})

describe('[B19] a gap in signalling alone costs nothing', () => {
  it.each([
    ['of the client', 8_000, ['client']],
    ['of the client', 25_000, ['client']],
    ['of the reader', 25_000, ['reader']],
    ['of both', 8_000, ['client', 'reader']],
    ['of both', 25_000, ['client', 'reader']],
  ] as [string, number, Who[]][])('%s for %s ms', async (_, ms, cut) => {
    const call = await provingCall()
    await call.world.clock.advance(12_000)
    for (const who of cut) call.cutSocket(who)
    await call.world.clock.advance(ms)
    for (const who of cut) await call.mendSocket(who)
    await call.world.clock.advance(5_000)
    const connectedMs = call.connectedMs()
    const { billedMs, pauses } = await end(call)
    accurate(billedMs - connectedMs)
    expect(pauses).toEqual([])
  })

  it('and beats that are held up are no gap', async () => {
    const call = await provingCall()
    await call.world.clock.advance(12_000)
    call.pages.client.beats = false
    await call.world.clock.advance(9_000)
    call.pages.client.beats = true
    await call.world.clock.advance(9_000)
    accurate(await overBilled(call))
    expect(call.world.announced('clock').filter(({ clock }) => !clock.running)).toEqual([])
  })

  it('and one that was sent long ago does not say that nothing comes now', async () => {
    const call = await provingCall()
    await call.world.clock.advance(12_000)
    const { clock } = call.world
    const readings = { now: 5_000 + 12_000, heardAt: 5_000 + 12_000, heardSince: 5_000, sentMs: 0 }
    call.pages.client.beats = false
    await clock.advance(7_000)
    await call.world.engine.connections.report(call.id, call.pages.client.holder, 'connected', readings)
    await clock.advance(100)
    expect(await call.session()).toMatchObject({ status: 'live' })
    call.pages.client.beats = true
    await call.beat('client')
    await clock.advance(5_000)
    accurate(await overBilled(call))
    expect(call.world.announced('clock').filter(({ clock }) => !clock.running)).toEqual([])
  })

  it('and one whole link that is cut is billed to the cut, however late that is known', async () => {
    const call = await provingCall()
    await call.world.clock.advance(12_000)
    call.pages.client.beats = false
    call.cutMedia('client', 'reader')
    await call.world.clock.advance(9_000)
    // The messages that the client's page sent in the meantime come first.
    call.pages.client.beats = true
    await call.beat('client')
    await call.mendMedia('client', 'reader')
    await call.world.clock.advance(5_000)
    accurate(await overBilled(call))
  })

  it('and a page whose first beat proves only what came before is asked for what comes now', async () => {
    const call = await provingCall()
    await call.world.clock.advance(10_500)
    call.cutMedia('client', 'reader')
    call.cutSocket('client')
    await call.world.clock.advance(7_000)
    await call.mendMedia('reader')
    call.pages.client.state = 'connected'
    await call.mendSocket('client')
    const now = call.world.clock.now()
    Object.assign(call.pages.client, { hears: true, heardSince: now, heardAt: now })
    await call.world.clock.advance(200)
    expect(await call.session()).toMatchObject({ status: 'live', billedMs: 10_500 })
  })

  it('and a page that does not come back is waited for and then given up', async () => {
    const call = await provingCall()
    await call.world.clock.advance(30_000)
    call.pages.client.beats = false
    call.cutSocket('client')
    call.cutMedia('reader')
    await call.world.clock.advance(GRACE + 3_000)
    const session = await call.session()
    expect(session).toMatchObject({ status: 'ended', endReason: 'connection_lost' })
    expect('billedMs' in session && session.billedMs).toBeLessThanOrEqual(30_000)
  })
})

describe('[B20] time that was announced to be free stays free', () => {
  it('even where a page takes back that the call was interrupted', async () => {
    const call = await provingCall()
    await call.world.clock.advance(20_000)
    call.pages.reader.state = 'interrupted'
    await call.beat('reader')
    await call.world.clock.advance(20_000)
    call.pages.reader.state = 'connected'
    await call.beat('reader')
    await call.world.clock.advance(10_000)
    const { billedMs } = await end(call)
    expect(billedMs).toBeGreaterThanOrEqual(30_000)
    expect(billedMs).toBeLessThanOrEqual(31_100)
  })

  it('and what was charged is never taken back', async () => {
    const call = await provingCall()
    await call.world.clock.advance(MINUTE + 1_000)
    call.cutMedia('client', 'reader')
    await call.world.clock.advance(30_000)
    expect((await end(call)).billedMs).toBeGreaterThanOrEqual(MINUTE)
  })
})

describe('[B21] who caused a pause is decided by evidence', () => {
  const causeOf = async (call: ProvingCall) => {
    const session = await call.session()
    return 'pauses' in session ? session.pauses.at(-1)?.cause : undefined
  }

  it('by neither, while both are heard', async () => {
    const call = await provingCall()
    await call.world.clock.advance(10_000)
    call.cutMedia('client')
    await call.world.clock.advance(3_000)
    expect(await causeOf(call)).toBe('connection')
  })

  it.each([
    ['client', 'client_connection'],
    ['reader', 'reader_connection'],
  ] as const)('by the %s whose beats are missing, though the other says it first', async (who, cause) => {
    const call = await provingCall()
    await call.world.clock.advance(10_000)
    call.pages[who].beats = false
    call.cutMedia('client', 'reader')
    await call.world.clock.advance(4_000)
    expect(await causeOf(call)).toBe(cause)
  })

  it('by a page that was closed', async () => {
    const call = await provingCall()
    await call.world.clock.advance(10_000)
    call.pages.client.beats = false
    call.cutSocket('client', 'closed')
    call.cutMedia('reader')
    await call.world.clock.advance(4_000)
    expect(await causeOf(call)).toBe('client_left')
  })

  it('by the client who does not respond, however often a proof is requested', async () => {
    const call = await provingCall()
    const { clock } = call.world
    await clock.advance(10_000)
    for (const ms of [2_500, 3_500]) clock.at(clock.now() + ms, () => void call.beat('reader'))
    call.pages.client.beats = false
    call.cutMedia('client', 'reader')
    await clock.advance(5_000)
    expect(await call.session()).toMatchObject({ status: 'paused', pauses: [{ cause: 'client_connection' }] })
  })

  it('by the client who goes on in another tab, and not by the connection', async () => {
    const call = await provingCall()
    await call.world.clock.advance(10_000)
    const { connections } = call.world.engine
    const from = { tab: 'another tab of the client' }
    await inASecond(call, connections.join(call.id, call.client.id, 'another tab', from))
    call.pages.client.holder = 'another tab'
    const now = call.world.clock.now()
    for (const who of ['client', 'reader'] as const) {
      Object.assign(call.pages[who], { heardSince: now, heardAt: now })
      await call.beat(who)
    }
    await call.world.clock.advance(2_000)
    expect(await call.session()).toMatchObject({ status: 'live', pauses: [{ cause: 'client_connection' }] })
  })

  it('by the server, where it was suspended', async () => {
    const call = await provingCall()
    await call.world.clock.advance(10_000)
    for (const who of ['client', 'reader'] as const) call.pages[who].beats = false
    call.cutMedia('client', 'reader')
    await call.world.clock.leap(20_000)
    for (const who of ['client', 'reader'] as const) call.pages[who].beats = true
    await call.mendMedia('client', 'reader')
    await call.world.clock.advance(1_000)
    const session = await end(call)
    expect(session.pauses).toMatchObject([{ cause: 'server_stopped' }])
    expect(session.billedMs).toBeLessThanOrEqual(11_000)
  })

  it('and a server that was suspended reads what queued before it judges', async () => {
    const call = await provingCall()
    await call.world.clock.advance(10_000)
    for (const who of ['client', 'reader'] as const) call.pages[who].beats = false
    await call.world.clock.leap(20_000)
    for (const who of ['client', 'reader'] as const) {
      call.pages[who].beats = true
      await call.beat(who)
    }
    await call.world.clock.advance(HEARTBEAT_TIMEOUT)
    const session = await end(call)
    expect(session).toMatchObject({ billedMs: 40_000, pauses: [] })
  })
})

describe('one old page and one new', () => {
  it.each(['client', 'reader'] as const)('the old one, the %s’s, proves by its beats', async (who) => {
    const call = await provingCall({ plain: [who] })
    await call.world.clock.advance(2 * MINUTE + 5_000)
    expect(call.world.announced('charged').length).toBeGreaterThanOrEqual(2)
    const ms = await overBilled(call)
    expect(ms).toBeLessThanOrEqual(250)
    expect(ms).toBeGreaterThan(-3_500)
  })

  it('and a silent old one pauses back to its last beat', async () => {
    const call = await provingCall({ plain: ['client'] })
    await call.world.clock.advance(20_000)
    call.pages.client.beats = false
    await call.world.clock.advance(HEARTBEAT_TIMEOUT)
    expect(await call.session()).toMatchObject({ status: 'paused', pauses: [{ cause: 'client_connection' }] })
  })

  it('and an old reader’s, which sends nothing before the meter runs, is not waited for in vain', async () => {
    const call = await provingCall({ plain: ['reader'], waiting: ['client'] })
    await call.world.clock.advance(6_000)
    expect(await call.session()).toMatchObject({ status: 'live', billedMs: 0 })
    await call.mendMedia('client')
    await call.world.clock.advance(40_000)
    call.cutMedia('client', 'reader')
    await call.world.clock.advance(25_000)
    for (const who of ['client', 'reader'] as const) {
      call.pages[who].state = 'connected'
      await call.beat(who)
    }
    await call.world.clock.advance(6_000)
    expect(await call.session()).toMatchObject({ status: 'live' })
    await call.mendMedia('client', 'reader')
    await call.world.clock.advance(40_000)
    const ms = await overBilled(call)
    expect(ms).toBeLessThanOrEqual(250)
    expect(ms).toBeGreaterThan(-7_000)
  })

  it('and one that only pretends to be of an earlier version, and sends nothing, is paid nothing', async () => {
    const call = await provingCall({ plain: ['reader'], waiting: ['client'] })
    await call.world.clock.advance(3 * MINUTE)
    expect(await end(call)).toMatchObject({ billedMs: 0, chargedCents: 0 })
  })
})

describe('[B18] a reader who sends nothing', () => {
  it('stops the meter, which goes on once something comes again', async () => {
    const call = await provingCall()
    await call.world.clock.advance(20_000)
    call.stopSending('reader')
    await call.world.clock.advance(10_000)
    expect(await call.session()).toMatchObject({
      status: 'paused',
      billedMs: 20_000,
      pauses: [{ cause: 'connection' }],
    })
    await call.mendMedia('client')
    await call.world.clock.advance(20_000)
    expect(await call.session()).toMatchObject({ status: 'live' })
    accurate(await overBilled(call))
  })
})

it('two pages that are connected and do not prove it are asked a few times a second', async () => {
  const call = await provingCall({ waiting: ['client'] })
  await call.world.clock.advance(10_000)
  expect(await call.session()).toMatchObject({ status: 'accepted' })
  expect(call.world.announced('ask').length).toBeLessThan(60)
  await call.mendMedia('client')
  await call.world.clock.advance(1_000)
  expect(await call.session()).toMatchObject({ status: 'live', startedAt: call.world.clock.now() - 1_000 })
})

describe('[B21] two old pages', () => {
  it('the one whose beats are missing lost the connection, though the other says it first', async () => {
    const call = await provingCall({ plain: ['client', 'reader'] })
    await call.world.clock.advance(10_000)
    call.pages.client.beats = false
    await call.world.clock.advance(6_500)
    call.pages.reader.state = 'interrupted'
    await call.beat('reader')
    expect(await call.session()).toMatchObject({ pauses: [{ cause: 'client_connection' }] })
  })
})

describe('stopping', () => {
  it('a clean stop asks for proof first', async () => {
    const call = await provingCall()
    await call.world.clock.advance(30_500)
    const stopping = call.world.engine.stop()
    await call.world.clock.advance(1_000)
    await stopping
    expect(await call.session()).toMatchObject({ status: 'paused', billedMs: 30_520 })
  })

  it('a crash bills to the last proof on record', async () => {
    const call = await provingCall()
    await call.world.clock.advance(31_000)
    await call.world.crash(20_000)
    const session = await call.session()
    expect(session).toMatchObject({ status: 'paused' })
    const billedMs = 'billedMs' in session ? session.billedMs : 0
    expect(billedMs).toBeGreaterThan(31_000 - HEARTBEAT_TIMEOUT)
    expect(billedMs).toBeLessThanOrEqual(31_000)
  })
})

describe('[B22] what reaches a client unbilled is bounded', () => {
  const joinAs = (call: ProvingCall, holder: string) =>
    inASecond(call, call.world.engine.connections.join(call.id, call.client.id, holder, { tab: holder }))

  it('by what the pages of a seat have sent, over reloads and takeovers', async () => {
    const call = await provingCall()
    expect(await joinAs(call, 'another tab')).toMatchObject({ sentMs: 0, unbilledMs: 10_000 })
    const { connections } = call.world.engine
    await inASecond(
      call,
      connections.report(call.id, 'another tab', 'interrupted', { now: 10, sentMs: 7_000 }),
    )
    await inASecond(
      call,
      connections.report(call.id, 'another tab', 'interrupted', { now: 20, sentMs: 3_000 }),
    )
    expect(await joinAs(call, 'a third')).toMatchObject({ sentMs: 7_000 })
  })

  const joinReader = (call: ProvingCall, holder: string) =>
    inASecond(call, call.world.engine.connections.join(call.id, call.reader.id, holder, { tab: holder }))

  it('also where the server was stopped meanwhile, and the reader’s page was reloaded', async () => {
    const call = await provingCall()
    await joinReader(call, 'another tab')
    await inASecond(
      call,
      call.world.engine.connections.report(call.id, 'another tab', 'interrupted', {
        now: 10,
        sentMs: 17_000,
      }),
    )
    await inASecond(call, call.world.engine.stop())
    await call.world.crash(1_000)
    expect(await joinReader(call, 'a third')).toMatchObject({ sentMs: 17_000 })
  })

  it('and where it was killed, by what had been billed', async () => {
    const call = await provingCall()
    await call.world.clock.advance(31_000)
    await call.world.crash(1_000)
    const session = await call.session()
    const billedMs = 'billedMs' in session ? session.billedMs : 0
    expect(billedMs).toBeGreaterThan(20_000)
    expect(await joinReader(call, 'a third')).toMatchObject({ sentMs: billedMs })
  })

  it('and a client who has had 30 s of it in a day gets two seconds a session', async () => {
    let call = await provingCall()
    const { world, client, reader } = call
    const leaveUnbilled = async (id: string) => {
      const { connections, sessions } = world.engine
      await inASecond(call, connections.join(id, reader.id, `reader in ${id}`))
      void connections.report(id, `reader in ${id}`, 'interrupted', { now: 10, sentMs: 95_000 })
      const joined = await inASecond(call, connections.join(id, client.id, `client in ${id}`))
      await inASecond(call, sessions.end(client, id))
      return joined.unbilledMs
    }
    const bounds = [await leaveUnbilled(call.id)]
    for (let n = 0; n < 3; n += 1) {
      const { id } = await world.engine.sessions.request(client, { readerId: reader.id, kind: 'chat' })
      await world.engine.sessions.accept(reader, id)
      bounds.push(await leaveUnbilled(id))
    }
    expect(bounds).toEqual([10_000, 10_000, 10_000, 2_000])
    expect(world.announced('ended').map(({ unbilledMs }) => unbilledMs)).toEqual([
      10_000, 10_000, 10_000, 10_000,
    ])
    expect(await world.engine.admin.statement(client.id)).toContain(
      '40 s of media reached the client unbilled',
    )
    call = await provingCall()
    expect(await joinAs(call, 'another page')).toMatchObject({ unbilledMs: 10_000 })
  })

  it.each([
    ['proves what it receives', []],
    ['says only how it is', ['client', 'reader']],
  ] as [string, Who[]][])(
    'and a session whose page %s ends when the other has waited too long',
    async (_, plain) => {
      const call = await provingCall({ plain })
      await call.world.clock.advance(5_000)
      call.pages.client.beats = false
      for (let n = 0; n < 5; n += 1) {
        call.pages.client.state = 'interrupted'
        await call.beat('client')
        await call.world.clock.advance(17_900)
        call.pages.client.state = 'connected'
        await call.beat('client')
        await call.world.clock.advance(100)
      }
      const session = await call.session()
      expect(session).toMatchObject({ status: 'ended', endReason: 'connection_lost' })
      expect(session.status === 'ended' && session.endedAt - (session.startedAt ?? 0)).toBeLessThan(90_000)
    },
  )

  it('and one that was billed for longer goes on', async () => {
    const call = await provingCall()
    await call.world.clock.advance(5 * MINUTE)
    for (let n = 0; n < 4; n += 1) {
      call.cutMedia('client')
      await call.world.clock.advance(20_000)
      await call.mendMedia('client')
      await call.world.clock.advance(2_000)
    }
    expect(await call.session()).toMatchObject({ status: 'live' })
  })
})

describe('the operator', () => {
  it('a suspension waits for the proof of the last second', async () => {
    const call = await provingCall()
    await call.world.clock.advance(30_500)
    const banning = call.world.engine.admin.suspend(call.client.id, { by: 'Olu', why: 'a threat' })
    await call.world.clock.advance(1_000)
    await banning
    expect(call.world.announced('ended').at(-1)?.session).toMatchObject({
      billedMs: 30_500,
      endReason: 'client_ended',
    })
  })
})
