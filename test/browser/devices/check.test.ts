/** Tests the check of camera and microphone. */
import { describe, expect, it, vi } from 'vitest'
import type { DeviceLists } from '../../../browser/devices/environment.ts'
import { createDeviceMemory } from '../../../browser/devices/memory.ts'
import { type BrowserName, browserOf, sayBeforeCall, sayTrouble } from '../../../browser/devices/messages.ts'
import { levelOf } from '../../../browser/devices/sound.ts'
import { createDeviceCheck } from '../../../browser/devices/store.ts'
import type { SessionKind } from '../../../shared/protocol/session.ts'
import { fakeStorage } from '../page-fakes.ts'

const THERE: DeviceLists = {
  camera: [
    { id: 'c1', label: 'Webcam' },
    { id: 'c2', label: 'Second webcam' },
  ],
  microphone: [{ id: 'm1', label: 'Headset' }],
  speaker: [{ id: 's1', label: 'Loudspeaker' }],
}

function fakeTrack(kind: 'video' | 'audio', deviceId: string) {
  const track = {
    kind,
    stop: vi.fn(),
    onended: undefined as (() => void) | undefined,
    getSettings: () => ({ deviceId }),
  }
  return track as unknown as MediaStreamTrack & typeof track
}

type Blocked = 'video' | 'audio'

function openCheck({ kind = 'video', blocked = [] }: { kind?: SessionKind; blocked?: Blocked[] } = {}) {
  const opened: ReturnType<typeof fakeTrack>[] = []
  const wishes: MediaStreamConstraints[] = []
  const memory = createDeviceMemory(fakeStorageOnce())
  const idOf = (wish: MediaStreamConstraints['video'], usual: string) => {
    const id = typeof wish === 'object' && typeof wish.deviceId === 'object' ? wish.deviceId : {}
    return 'exact' in id ? String(id.exact) : usual
  }
  const getMedia = vi.fn(async (wish: MediaStreamConstraints) => {
    wishes.push(wish)
    if (idOf(wish.audio, '') === 'gone') throw new DOMException('not there', 'OverconstrainedError')
    if (blocked.some((part) => wish[part])) throw new DOMException('blocked', 'NotAllowedError')
    const tracks = [
      ...(wish.video ? [fakeTrack('video', idOf(wish.video, 'c1'))] : []),
      ...(wish.audio ? [fakeTrack('audio', idOf(wish.audio, 'm1'))] : []),
    ]
    opened.push(...tracks)
    return streamOf(tracks)
  })
  const environment = { getMedia, openStream: streamOf, list: async () => THERE, onChange: () => () => {} }
  const check = createDeviceCheck({ environment, memory, kind })
  return { check, memory, getMedia, wishes, opened }
}

const fakeStorageOnce = () => {
  const tab = fakeStorage()
  return () => tab
}

function streamOf(tracks: readonly MediaStreamTrack[]): MediaStream {
  const of = (kind: string) => tracks.filter((track) => track.kind === kind)
  const stream = {
    getTracks: () => [...tracks],
    getAudioTracks: () => of('audio'),
    getVideoTracks: () => of('video'),
  }
  return stream as unknown as MediaStream
}

describe('the check of camera and sound', () => {
  it('asks for nothing before it is started', () => {
    const { check, getMedia } = openCheck()
    expect(check.state.value).toBe('off')
    expect(getMedia).not.toHaveBeenCalled()
  })

  it('shows what was opened, and which devices they are', async () => {
    const { check } = openCheck()
    await check.turnOn()
    expect(check.stream.value?.getTracks()).toHaveLength(2)
    expect(check.problem.value).toBeUndefined()
    expect(check.chosen.value).toEqual({ camera: 'c1', microphone: 'm1', speaker: 's1' })
  })

  it('opens another camera after the one before was given back, and remembers it', async () => {
    const { check, memory, opened } = openCheck()
    await check.turnOn()
    await check.choose('camera', 'c2')
    expect(opened.slice(0, 2).every(({ stop }) => stop.mock.calls.length === 1)).toBe(true)
    expect(check.chosen.value.camera).toBe('c2')
    expect(memory.devices().camera).toEqual({ id: 'c2', label: 'Second webcam' })
  })

  it('takes the usual microphone when the one chosen before is gone', async () => {
    const { check, memory } = openCheck({ kind: 'voice' })
    memory.keep('microphone', { id: 'gone', label: 'Lost headset' })
    await check.turnOn()
    expect(check.problem.value).toBeUndefined()
    expect(check.chosen.value.microphone).toBe('m1')
  })

  it('says what is blocked, and shows the rest', async () => {
    const { check } = openCheck({ blocked: ['video'] })
    await check.turnOn()
    expect(check.problem.value).toEqual({ devices: ['camera'], trouble: 'denied' })
    expect(check.stream.value?.getTracks().map(({ kind }) => kind)).toEqual(['audio'])
  })

  it('needs no camera any more once voice is enough', async () => {
    const { check, wishes } = openCheck({ blocked: ['video'] })
    await check.turnOn()
    await check.change('voice')
    expect(check.problem.value).toBeUndefined()
    expect(wishes.at(-1)?.video).toBe(false)
  })

  it('says so when a device is pulled out meanwhile', async () => {
    const { check, opened } = openCheck()
    await check.turnOn()
    opened.find(({ kind }) => kind === 'audio')?.onended?.()
    expect(check.problem.value).toEqual({ devices: ['microphone'], trouble: 'lost' })
  })

  it('gives everything back when it closes, what was still being opened too', async () => {
    const { check, opened } = openCheck()
    await check.turnOn()
    const late = check.turnOn()
    check.stop()
    await late
    expect(opened).toHaveLength(4)
    expect(opened.every(({ stop }) => stop.mock.calls.length === 1)).toBe(true)
    expect(check.stream.value).toBeUndefined()
  })

  it('counts as passed only when everything worked', async () => {
    const failed = openCheck({ blocked: ['video'] })
    await failed.check.turnOn()
    failed.check.stop()
    expect(failed.memory.hasPassed()).toBe(false)
    const good = openCheck()
    await good.check.turnOn()
    good.check.stop()
    expect(good.memory.hasPassed()).toBe(true)
  })
})

describe('how loud something is', () => {
  it('is nothing for silence, all for a loud voice, and grows between', () => {
    const tone = (height: number) => Array.from({ length: 512 }, (_, at) => height * Math.sin(at / 5))
    expect(levelOf(tone(0))).toBe(0)
    expect(levelOf(tone(0.9))).toBe(1)
    expect(levelOf(tone(0.05))).toBeGreaterThan(levelOf(tone(0.01)))
    expect(levelOf(tone(0.05))).toBeLessThan(levelOf(tone(0.2)))
  })
})

const AGENTS: [BrowserName, string, boolean][] = [
  ['chrome', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36', false],
  [
    'chrome-android',
    'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36',
    true,
  ],
  ['firefox', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0', false],
  ['safari', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605', false],
  [
    'safari-ios',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605',
    true,
  ],
  ['safari-ios', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Mobile Safari/604', true],
  ['other-ios', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/140 Mobile Safari/604', true],
  ['in-app', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Instagram 300', true],
  ['in-app', 'Mozilla/5.0 (Linux; Android 15; Pixel; wv) Chrome/140.0.0.0 Mobile Safari/537.36', true],
  ['other', 'Lynx/2.9', false],
]

describe('what a check says', () => {
  it.each(AGENTS)('knows %s by its name: %s', (name, agent, touch) => {
    expect(browserOf(agent, touch)).toBe(name)
  })

  it('explains for each browser how to allow a device', () => {
    const names = [...new Set(AGENTS.map(([name]) => name))]
    const told = names.map((name) => sayTrouble({ devices: ['camera'], trouble: 'denied' }, name))
    expect(new Set(told).size).toBe(names.length)
    for (const words of told) expect(words).toMatch(/blocking the camera/)
  })

  it.each(['denied', 'none', 'in_use', 'insecure', 'lost', 'unknown'] as const)(
    '%s has words that end as a sentence',
    (trouble) => {
      expect(sayTrouble({ devices: ['microphone'], trouble }, 'chrome')).toMatch(/^[A-Z][^_]+[.]$/)
    },
  )

  it('names the rate, the balance and what it lasts before the call', () => {
    expect(sayBeforeCall({ rateCents: 250, balanceCents: 2_000 })).toBe(
      '$2.50/min. Your balance of $20.00 is enough for about 8 minutes. Charging starts when you are both connected.',
    )
  })
})
