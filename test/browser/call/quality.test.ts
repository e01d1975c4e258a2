/** Tests the measure of a connection's quality. */
import { describe, expect, it } from 'vitest'
import { createVideoAdaptation, type VideoAdaptation } from '../../../browser/call/media/video-adaptation.ts'
import { createClimb, gradeOf, verdict } from '../../../browser/call/quality.ts'
import { lossPercent, type Sample, sampleOf } from '../../../browser/call/stats.ts'
import type { Level } from '../../../browser/call/types.ts'
import { FakeTime, fakeStream, fakeTrack, Scene } from './fakes.ts'

const report = (...entries: { id: string; type: string }[]) =>
  new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport

const ENDS = [
  { id: 'L1', type: 'local-candidate', candidateType: 'relay' },
  { id: 'R1', type: 'remote-candidate', candidateType: 'prflx' },
  { id: 'L2', type: 'local-candidate', candidateType: 'host' },
  { id: 'R2', type: 'remote-candidate', candidateType: 'host' },
]
const RELAYED = { id: 'P1', type: 'candidate-pair', localCandidateId: 'L1', remoteCandidateId: 'R1' }
const DIRECT = { id: 'P2', type: 'candidate-pair', localCandidateId: 'L2', remoteCandidateId: 'R2' }

describe('statistics', () => {
  it('are read from the pair that the transport names', () => {
    const sample = sampleOf(
      report(
        ...ENDS,
        { ...DIRECT, nominated: true, state: 'succeeded' } as never,
        { ...RELAYED, currentRoundTripTime: 0.12, availableOutgoingBitrate: 600_000 } as never,
        { id: 'T', type: 'transport', selectedCandidatePairId: 'P1' } as never,
      ),
    )
    expect(sample).toMatchObject({ path: 'relay', rttMs: 120, outgoingBits: 600_000 })
  })

  it('are read from the nominated pair where no transport names one', () => {
    const sample = sampleOf(report(...ENDS, { ...DIRECT, nominated: true, state: 'succeeded' } as never))
    expect(sample).toEqual({ path: 'direct', packetsReceived: 0, packetsLost: 0 })
  })

  it('count what comes in, and know nothing of a path that is not there', () => {
    const sample = sampleOf(
      report(
        { id: 'A', type: 'inbound-rtp', packetsReceived: 90, packetsLost: 4 } as never,
        { id: 'V', type: 'inbound-rtp', packetsReceived: 10, packetsLost: 1 } as never,
        { id: 'O', type: 'outbound-rtp', packetsSent: 500 } as never,
      ),
    )
    expect(sample).toEqual({ path: 'unknown', packetsReceived: 100, packetsLost: 5 })
  })

  it.each([
    [100, 0, 0],
    [95, 5, 5],
    [100, -3, 0],
    [3, 1, undefined],
  ])('%i packets came and %i were lost: %s percent', (packetsReceived, packetsLost, expected) => {
    const before: Sample = { path: 'direct', packetsReceived: 1_000, packetsLost: 40 }
    const after: Sample = {
      path: 'direct',
      packetsReceived: 1_000 + packetsReceived,
      packetsLost: 40 + packetsLost,
    }
    expect(lossPercent(before, after)).toBe(expected)
  })
})

describe('the level of a call', () => {
  it.each([
    [0, 50, 'good'],
    [1.9, 199, 'good'],
    [2, 50, 'fair'],
    [0, 200, 'fair'],
    [6, 50, 'poor'],
    [0, 400, 'poor'],
    [undefined, undefined, 'good'],
  ] as const)('with %s percent lost and %s ms there and back is %s', (loss, rttMs, level) => {
    expect(gradeOf({ lossPercent: loss, rttMs })).toBe(level)
  })

  it.each([
    ['good', 'good', 'good', 'good', 'nobody'],
    ['poor', 'good', 'good', 'poor', 'mine'],
    ['good', 'fair', 'good', 'fair', 'theirs'],
    ['poor', 'poor', 'fair', 'poor', 'both'],
    ['fair', undefined, 'fair', 'fair', 'mine'],
    ['good', 'good', 'poor', 'poor', 'nobody'],
    ['fair', 'good', 'poor', 'poor', 'nobody'],
  ] as const)('mine %s, theirs %s, the delay %s: %s, by %s', (mine, theirs, delay, level, whose) => {
    expect(verdict({ mine, theirs, delay })).toEqual({ level, whose })
  })

  it('falls at once and climbs a step after three better samples', () => {
    const climb = createClimb()
    const heard: Level[] = ['good', 'poor', 'good', 'good', 'good', 'good', 'good', 'good', 'poor']
    expect(heard.map(climb)).toEqual(['good', 'poor', 'poor', 'poor', 'fair', 'fair', 'fair', 'good', 'poor'])
  })

  it('is measured between two connected pages, and lost when the path is', async () => {
    const scene = new Scene()
    const { client } = await scene.connected()
    await scene.time.advance(2_000)
    expect(client.quality.at(-1)).toMatchObject({ level: 'good', whose: 'nobody', path: 'unknown' })
    client.socket.lose()
    scene.net.cut()
    await scene.time.advance(2_000)
    expect(client.quality.at(-1)).toEqual({ level: 'lost', whose: 'mine', path: 'unknown' })
    client.call.stop()
    expect(client.quality.at(-1)).toBeUndefined()
  })

  it('is not reported after the end, even where the statistics come late or not at all', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    reader.peer().getStats = () => Promise.reject(new Error('closed'))
    let answer = (_stats: Map<string, object>) => {}
    client.peer().getStats = () => new Promise((resolve) => (answer = resolve))
    await scene.time.advance(2_000)
    expect(reader.quality.at(-1)).toMatchObject({ level: 'good', path: 'unknown' })
    client.call.stop()
    answer(new Map())
    await scene.time.advance(2_000)
    expect(client.quality).toEqual([undefined])
  })

  it('is theirs when the other page is gone', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    await scene.time.advance(2_000)
    reader.socket.lose()
    scene.net.cut()
    await scene.time.advance(2_000)
    expect(client.quality.at(-1)).toMatchObject({ level: 'lost', whose: 'theirs' })
  })
})

/** Feeds the adaptation of a picture one sample every two seconds. */
function adaptationOver() {
  const time = new FakeTime()
  const turns: VideoAdaptation[] = []
  const videoAdaptation = createVideoAdaptation({ now: time.read, onChange: (next) => turns.push(next) })
  const over = async (seconds: number, level: Level, bits?: number) => {
    for (let passed = 0; passed < seconds; passed += 2) {
      await time.advance(2_000)
      videoAdaptation.note(level, bits)
    }
    return videoAdaptation.now()
  }
  return { videoAdaptation, turns, over }
}

describe('a thin network', () => {
  it('first makes the picture small, then takes it away; the way back is the same', async () => {
    const { over } = adaptationOver()
    expect(await over(10, 'poor')).toBe('full')
    expect(await over(4, 'poor')).toBe('small')
    expect(await over(24, 'poor')).toBe('small')
    expect(await over(6, 'poor')).toBe('off')
    expect(await over(30, 'good')).toBe('off')
    expect(await over(2, 'good')).toBe('small')
    expect(await over(20, 'good')).toBe('small')
    expect(await over(4, 'good')).toBe('full')
  })

  it('that is poor for moments changes nothing', async () => {
    const { over, turns } = adaptationOver()
    for (let time = 0; time < 20; time += 1) {
      await over(8, 'poor')
      await over(2, 'fair')
    }
    expect(turns).toEqual([])
  })

  it('without room for a picture takes it away sooner', async () => {
    const { over } = adaptationOver()
    expect(await over(8, 'good', 60_000)).toBe('small')
    expect(await over(12, 'fair', 60_000)).toBe('off')
  })

  it('that fails again and again is tried less and less often', async () => {
    const { over } = adaptationOver()
    await over(44, 'poor')
    expect(await over(32, 'good')).toBe('small')
    expect(await over(44, 'poor')).toBe('off')
    expect(await over(32, 'good')).toBe('off')
    expect(await over(30, 'good')).toBe('small')
  })

  it('does not stop a person who wants to be seen', async () => {
    const { over, videoAdaptation } = adaptationOver()
    await over(44, 'poor')
    videoAdaptation.insist()
    expect(videoAdaptation.now()).toBe('full')
  })

  it('takes the picture of a call and leaves the sound, and says so to both', async () => {
    const scene = new Scene()
    const getMedia = async () => fakeStream(fakeTrack('video'), fakeTrack('audio'))
    const { client, reader } = await scene.connected({ kind: 'video', getMedia })
    for (const page of [client, reader]) page.call.setCounting(true)
    reader.peer().getStats = lossy()
    await scene.time.advance(16_000)
    expect(client.peer().placeOf('video')?.sender.parameters.encodings[0]).toMatchObject({ maxFramerate: 15 })
    await scene.time.advance(30_000)
    expect(client.peer().sending()).toEqual(['audio'])
    expect(client.local.at(-1)?.camera).toBe('saving')
    expect(reader.theirs.at(-1)?.camera).toBe('saving')
    client.call.setCameraOff(false)
    expect(client.peer().sending()).toEqual(['audio', 'video'])
    expect(client.local.at(-1)?.camera).toBe('on')
  })
})

/** Statistics by which every tenth packet is lost. */
function lossy(): () => Promise<Map<string, object>> {
  let looks = 0
  return async () => {
    looks += 1
    const counters = { packetsReceived: 900 * looks, packetsLost: 100 * looks }
    return new Map([['A', { id: 'A', type: 'inbound-rtp', ...counters }]])
  }
}
