/** Tests the heartbeats of a page and what they report. */
import { describe, expect, it } from 'vitest'
import { createHeartbeat } from '../../../browser/call/heartbeat.ts'
import type { Hearing } from '../../../browser/call/types.ts'
import { fakeStream, fakeTrack, HEARTBEAT_MS, Scene, SESSION_ID, settle } from './fakes.ts'

const beatsOf = (scene: Scene, seat: string) => scene.server.beats.filter((beat) => beat.seat === seat)
const lastOf = (scene: Scene, seat: string) => beatsOf(scene, seat).at(-1)

describe('what a page reports', () => {
  it('is its own clock, what it has heard since when, and how long it has been sending', async () => {
    const scene = new Scene()
    await scene.live()
    await scene.time.advance(2 * HEARTBEAT_MS)
    const beat = lastOf(scene, 'client')
    expect(beat).toMatchObject({ state: 'connected', now: beat?.at, sentMs: 2 * HEARTBEAT_MS })
    expect(beat?.heardSince).toBe(1_000)
    expect(beat?.heardAt).toBeGreaterThanOrEqual((beat?.now ?? 0) - 1_000)
    expect(
      Object.values(beat ?? {}).every((value) => typeof value === 'string' || Number.isInteger(value)),
    ).toBe(true)
  })

  it('is nothing heard before anything was', async () => {
    const scene = new Scene()
    const client = scene.open('client')
    client.call.start()
    await settle()
    expect(lastOf(scene, 'client')).toMatchObject({
      state: 'interrupted',
      heardAt: undefined,
      heardSince: undefined,
    })
  })

  it('begins each time where it began before, also when that was between two milliseconds', async () => {
    const scene = new Scene()
    await scene.time.advance(0.4)
    await scene.live()
    await scene.time.advance(2 * HEARTBEAT_MS)
    const since = beatsOf(scene, 'client').flatMap(({ heardSince }) => heardSince ?? [])
    expect(since.length).toBeGreaterThan(1)
    expect(new Set(since)).toEqual(new Set([1_000]))
  })

  it('begins a new span after a gap', async () => {
    const scene = new Scene()
    await scene.live()
    await scene.time.advance(5_000)
    scene.net.deaf = true
    await scene.time.advance(5_000)
    const before = lastOf(scene, 'client')
    scene.net.restore()
    await scene.time.advance(HEARTBEAT_MS)
    expect(before?.heardAt).toBeLessThan(6_100)
    expect(lastOf(scene, 'client')?.heardSince).toBeGreaterThanOrEqual(11_000)
  })

  it('reports the end of a stretch that no beat has reported, before it reports the next', async () => {
    const scene = new Scene()
    const { client } = await scene.live()
    await scene.time.advance(2_500)
    const cutAt = scene.time.read()
    scene.net.deaf = true
    client.socket.dead = true
    await scene.time.advance(2_500)
    const { length } = beatsOf(scene, 'client')
    scene.net.restore()
    await scene.time.advance(500)
    client.socket.lose()
    client.socket.comeBack()
    await scene.time.advance(HEARTBEAT_MS)
    const told = beatsOf(scene, 'client').slice(length)
    expect(told[0]).toMatchObject({ heardSince: 1_000, state: 'connected' })
    expect(told[0]?.heardAt).toBeGreaterThan(cutAt - 1_000)
    expect(told[1]?.heardSince).toBeGreaterThan(cutAt + 2_000)
    expect(told.filter(({ heardSince }) => heardSince === 1_000)).toHaveLength(1)
    expect(new Set(told.map(({ now }) => now)).size).toBe(told.length)
  })

  it('begins a new span after a sleep, also where the steady clock sleeps as well', async () => {
    const scene = new Scene()
    await scene.live()
    await scene.time.advance(5_500)
    scene.time.setBackMs = -20_000
    await scene.time.advance(2 * HEARTBEAT_MS)
    expect(lastOf(scene, 'client')?.heardSince).toBeGreaterThan(6_500)
  })

  it('in video is of sound and picture for the client, and of anything for the reader', async () => {
    const scene = new Scene()
    const getMedia = async () => fakeStream(fakeTrack('video'), fakeTrack('audio'))
    const hearings: Hearing[] = []
    const { client, reader } = await scene.live({
      kind: 'video',
      getMedia,
      onHearing: (next) => hearings.push(next),
    })
    await scene.time.advance(2 * HEARTBEAT_MS)
    expect(lastOf(scene, 'client')).toMatchObject({ state: 'connected', heardAt: undefined })
    expect(lastOf(scene, 'reader')?.heardAt).toBeDefined()
    expect(hearings).toEqual(['nothing'])
    let packets = 0
    client.peer().getStats = async () => {
      packets += 12
      return new Map([['in', { type: 'inbound-rtp', kind: 'audio', packetsReceived: packets }]])
    }
    await scene.time.advance(2 * HEARTBEAT_MS)
    expect(lastOf(scene, 'client')?.heardAt).toBeDefined()
    expect(hearings).toEqual(['nothing', 'steady'])
    expect(reader.phase()).toBe('connected')
  })
})

describe('how often a page looks', () => {
  it('is four times a second, and more often while media are awaited, until something comes', async () => {
    const scene = new Scene()
    const getMedia = async () => fakeStream(fakeTrack('audio'))
    const { client } = await scene.live({ kind: 'voice', getMedia })
    let [looks, packets, isSending] = [0, 0, true]
    client.peer().getStats = async () => {
      looks += 1
      if (isSending) packets += 4
      return new Map([['in', { type: 'inbound-rtp', kind: 'audio', packetsReceived: packets }]])
    }
    const looksIn = async (ms: number) => {
      const before = looks
      await scene.time.advance(ms)
      return looks - before
    }
    await scene.time.advance(2_000)
    const usually = await looksIn(1_000)
    isSending = false
    scene.net.deaf = true
    await scene.time.advance(1_000)
    expect(await looksIn(1_000)).toBeGreaterThan(2 * usually)
    isSending = true
    scene.net.restore()
    await scene.time.advance(1_000)
    expect(await looksIn(1_000)).toBe(usually)
    isSending = false
    await scene.time.advance(1_000)
    let answer = () => {}
    client.peer().getStats = () =>
      new Promise((resolve) => {
        looks += 1
        answer = () => resolve(new Map())
      })
    await scene.time.advance(250)
    client.call.stop()
    answer()
    expect(await looksIn(5_000)).toBe(0)
  })
})

describe('when a page reports', () => {
  it('at once in doubt, a second and a half after the last sign, and at once when that is over', async () => {
    const scene = new Scene()
    const hearings: Hearing[] = []
    const { client } = await scene.live({ onHearing: (next) => hearings.push(next) })
    await scene.time.advance(4_000)
    const { length } = beatsOf(scene, 'client')
    scene.net.deaf = true
    await scene.time.advance(1_500)
    expect(client.phase()).toBe('connected')
    await scene.time.advance(300)
    expect(client.phase()).toBe('reconnecting')
    expect(hearings).toEqual(['unsteady', 'unsteady'])
    expect(
      beatsOf(scene, 'client')
        .slice(length)
        .map(({ state }) => state),
    ).toContain('interrupted')
    scene.net.restore()
    await settle()
    expect(lastOf(scene, 'client')?.state).toBe('connected')
    expect(client.phase()).toBe('connected')
    expect(hearings.slice(2)).toEqual(['steady', 'steady'])
  })

  it('at once when a stretch begins, though it was connected before, and once', async () => {
    const scene = new Scene()
    const getMedia = async () => fakeStream(fakeTrack('video'), fakeTrack('audio'))
    const { client } = await scene.live({ kind: 'video', getMedia })
    await scene.time.advance(HEARTBEAT_MS + 100)
    const { length } = beatsOf(scene, 'client')
    let packets = 0
    client.peer().getStats = async () => {
      packets += 12
      return new Map([['in', { type: 'inbound-rtp', kind: 'audio', packetsReceived: packets }]])
    }
    await scene.time.advance(1_000)
    const told = beatsOf(scene, 'client').slice(length)
    expect(told.map(({ state }) => state)).toEqual(['connected'])
    expect(told[0]?.heardAt).toBeDefined()
  })

  it('what was held up and comes at once from the moment at which it comes', async () => {
    const scene = new Scene()
    const getMedia = async () => fakeStream(fakeTrack('video'), fakeTrack('audio'))
    const { client } = await scene.live({ kind: 'video', getMedia })
    let packets = 0
    client.peer().getStats = async () => {
      if (!scene.net.deaf) packets += 100
      return new Map([['in', { type: 'inbound-rtp', kind: 'audio', packetsReceived: packets }]])
    }
    await scene.time.advance(2 * HEARTBEAT_MS)
    scene.net.deaf = true
    await scene.time.advance(5_100)
    scene.net.restore()
    const backAt = scene.time.read()
    await scene.time.advance(HEARTBEAT_MS)
    expect(lastOf(scene, 'client')?.heardSince).toBe(backAt)
  })

  it('when the server asks', async () => {
    const scene = new Scene()
    await scene.live()
    await scene.time.advance(100)
    const { length } = beatsOf(scene, 'client')
    scene.server.tellAll('rtc:ask', { sessionId: 'another' })
    await settle()
    expect(beatsOf(scene, 'client')).toHaveLength(length)
    scene.server.tellAll('rtc:ask', { sessionId: SESSION_ID })
    await settle()
    expect(beatsOf(scene, 'client')).toHaveLength(length + 1)
  })

  it('when asked in chat, after a word of the other page, which may say a second less otherwise', async () => {
    const scene = new Scene()
    await scene.live()
    await scene.time.advance(4_700)
    scene.server.tellAll('rtc:ask', { sessionId: SESSION_ID })
    await settle()
    expect(lastOf(scene, 'client')?.heardAt).toBe(scene.time.read())
    scene.net.deaf = true
    const { length } = beatsOf(scene, 'client')
    scene.server.tellAll('rtc:ask', { sessionId: SESSION_ID })
    await scene.time.advance(399)
    expect(beatsOf(scene, 'client')).toHaveLength(length)
    await scene.time.advance(1)
    expect(beatsOf(scene, 'client')).toHaveLength(length + 1)
  })

  it('right after each instant that the server has named, unless the meter is paused by then', async () => {
    const scene = new Scene()
    const { client } = await scene.live()
    await scene.time.advance(HEARTBEAT_MS)
    const within = async (ms: number) => {
      const { length } = beatsOf(scene, 'client')
      await scene.time.advance(ms)
      return beatsOf(scene, 'client')
        .slice(length)
        .map(({ at }) => at)
    }
    const from = scene.time.read()
    client.call.setCounting(true, { dueInMs: 500, endsInMs: 1_400 })
    expect(await within(2_000)).toEqual([from + 600, from + 1_500])
    client.call.setCounting(true, { dueInMs: 500 })
    client.call.setCounting(false, { dueInMs: 500 })
    expect(await within(900)).toEqual([])
  })

  it('as often as the server wants, and every second while more than three are unproven', async () => {
    const scene = new Scene()
    scene.server.joinMore = { unbilledMs: 10_000 }
    scene.server.provenMs = 0
    await scene.live()
    await scene.time.advance(HEARTBEAT_MS)
    expect(beatsOf(scene, 'client').filter(({ at }) => at > 1_000)).toHaveLength(1)
    const { length } = beatsOf(scene, 'client')
    await scene.time.advance(3_100)
    expect(beatsOf(scene, 'client').length - length).toBeLessThanOrEqual(2)
    const relaxed = beatsOf(scene, 'client').length
    await scene.time.advance(3_000)
    expect(beatsOf(scene, 'client').length - relaxed).toBeGreaterThanOrEqual(3)
  })

  it('no more often than today to a server that proves nothing', async () => {
    const scene = new Scene()
    await scene.live()
    const { length } = beatsOf(scene, 'client')
    await scene.time.advance(20 * HEARTBEAT_MS)
    expect(beatsOf(scene, 'client').length - length).toBe(20)
  })

  it('as soon as a message comes, where the timers of a hidden page are held back', () => {
    const reports: string[] = []
    let at = 0
    const never = () => () => {}
    const heartbeat = createHeartbeat({
      environment: { after: never, every: never, steady: () => at },
      isConnected: () => true,
      isUrgent: () => false,
      freshen: async () => {},
      report: (state) => reports.push(state),
    })
    heartbeat.start(HEARTBEAT_MS)
    at = HEARTBEAT_MS
    heartbeat.nudge()
    expect(reports).toHaveLength(1)
    at = HEARTBEAT_MS + 600
    heartbeat.nudge()
    heartbeat.nudge()
    expect(reports).toHaveLength(2)
  })
})

describe('the bound', () => {
  it('holds what is sent until the server says that more is proven', async () => {
    const scene = new Scene()
    scene.server.joinMore = { unbilledMs: 10_000, sentMs: 8_000 }
    scene.server.provenMs = 0
    const { client } = await scene.live()
    await scene.time.advance(2_000)
    expect(client.call.sendChat('still within')).toBeDefined()
    await scene.time.advance(1_000)
    expect(client.call.sendChat('beyond')).toBeUndefined()
    expect(client.local.at(-1)?.sending).toBe(false)
    scene.server.provenMs = 9_000
    await scene.time.advance(HEARTBEAT_MS)
    expect(client.call.sendChat('proven')).toBeDefined()
  })
})
