/** Tests the opening, switching and loss of devices. */
import { describe, expect, it } from 'vitest'
import { createDevices } from '../../../browser/call/media/devices.ts'
import type { ChosenDevices, Device, MediaProblem } from '../../../browser/call/types.ts'
import type { SessionKind } from '../../../shared/protocol/session.ts'
import { FakeTime, type FakeTrack, fakeStream, fakeTrack, settle } from './fakes.ts'

const failure = (name: string) => Object.assign(new Error('no'), { name })

/** Creates a machine whose devices fail with the given name of a browser's error. */
function machine(broken: Partial<Record<Device, string>> = {}) {
  const asked: MediaStreamConstraints[] = []
  const opened: FakeTrack[] = []
  const refused = new Set<string>()
  let open = 0
  const state = { asked, opened, broken, refused, mostAtOnce: 0 }
  const take = (kind: 'audio' | 'video', wish: boolean | MediaTrackConstraints | undefined) => {
    if (!wish) return []
    const device = kind === 'audio' ? 'microphone' : 'camera'
    const name = broken[device]
    if (name) throw failure(name)
    const chosen = typeof wish === 'object' ? (wish.deviceId as ConstrainDOMStringParameters) : undefined
    const { exact, ideal } = chosen ?? {}
    if (typeof exact === 'string' && refused.has(exact)) throw failure('OverconstrainedError')
    const id = exact ?? (typeof ideal === 'string' && !refused.has(ideal) ? ideal : undefined)
    return [fakeTrack(kind, typeof id === 'string' ? id : `default ${device}`)]
  }
  const getMedia = async (wish: MediaStreamConstraints) => {
    asked.push(wish)
    open += 1
    state.mostAtOnce = Math.max(state.mostAtOnce, open)
    await settle()
    open -= 1
    const tracks = [...take('video', wish.video), ...take('audio', wish.audio)]
    opened.push(...tracks)
    return fakeStream(...tracks)
  }
  return Object.assign(state, { getMedia })
}

function use(kind: SessionKind, devices: ReturnType<typeof machine>, chosen?: ChosenDevices) {
  const problems: (MediaProblem | undefined)[] = []
  const time = new FakeTime()
  const media = createDevices({
    kind,
    environment: { getMedia: devices.getMedia, after: (ms, run) => time.after(ms, run), now: time.read },
    chosen,
    onProblem: (problem) => problems.push(problem),
    onChange: () => {},
  })
  media.setHeld(false)
  const inUse = () =>
    (['camera', 'microphone'] as const).flatMap((device) => media.track(device)?.getSettings().deviceId ?? [])
  const living = () => devices.opened.filter((track) => !track.stopped)
  const last = (kind: 'audio' | 'video') => devices.opened.filter((track) => track.kind === kind).at(-1)
  return { media, problems, time, inUse, living, last }
}

const BOTH = ['default camera', 'default microphone']

describe('devices', () => {
  it.each([
    ['video', BOTH],
    ['voice', ['default microphone']],
    ['chat', []],
  ] as const)('a %s session opens what it sends', async (kind, expected) => {
    const { media, problems, inUse } = use(kind, machine())
    await media.open()
    expect(inUse()).toEqual(expected)
    expect(problems.filter(Boolean)).toEqual([])
  })

  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'none'],
    ['NotReadableError', 'in_use'],
    ['OddError', 'unknown'],
  ])('a camera that fails with %s leaves a voice: %s', async (name, trouble) => {
    const { media, problems, inUse } = use('video', machine({ camera: name }))
    await media.open()
    expect(inUse()).toEqual(['default microphone'])
    expect(problems).toEqual([{ devices: ['camera'], trouble }])
  })

  it('a microphone that fails leaves a picture', async () => {
    const { media, problems, inUse } = use('video', machine({ microphone: 'NotFoundError' }))
    await media.open()
    expect(inUse()).toEqual(['default camera'])
    expect(problems).toEqual([{ devices: ['microphone'], trouble: 'none' }])
  })

  it('the call goes on with nothing to send, and an insecure page is asked once', async () => {
    const devices = machine({ camera: 'SecurityError', microphone: 'SecurityError' })
    const { media, problems, inUse } = use('video', devices)
    await media.open()
    expect(inUse()).toEqual([])
    expect(problems).toEqual([{ devices: ['camera', 'microphone'], trouble: 'insecure' }])
    expect(devices.asked).toHaveLength(1)
  })

  it('those of the last visit are taken, and the usual ones where they are gone', async () => {
    const chosen = { cameraId: 'desk camera', microphoneId: 'headset' }
    const devices = machine()
    devices.refused.add('headset')
    const { media, inUse, problems } = use('video', devices, chosen)
    await media.open()
    expect(inUse()).toEqual(['desk camera', 'default microphone'])
    expect(problems.filter(Boolean)).toEqual([])
  })

  it('are given back when the person hangs up while the browser still asks', async () => {
    const { media, living } = use('video', machine())
    const opening = media.open()
    media.stop()
    await opening
    expect(living()).toEqual([])
  })

  it('are asked for once at a time, however fast the person chooses', async () => {
    const devices = machine()
    const { media, inUse } = use('video', devices)
    void media.open()
    void media.use('camera', 'one')
    void media.use('microphone', 'two')
    await media.use('camera', 'three')
    expect(devices.mostAtOnce).toBe(1)
    expect(inUse()).toEqual(['three', 'two'])
  })
})

describe('muting and the camera off', () => {
  it('hold for tracks that come later', async () => {
    const devices = machine()
    const { media, last } = use('video', devices)
    media.setMuted(true)
    media.setCameraOff(true)
    await media.open()
    expect(last('audio')?.enabled).toBe(false)
    expect(media.track('camera')).toBeUndefined()
    media.setMuted(false)
    expect(last('audio')?.enabled).toBe(true)
  })

  it('the camera is given back at once, and asked for again on return', async () => {
    const devices = machine()
    const { media, last, living } = use('video', devices)
    await media.open()
    media.setCameraOff(true)
    expect(last('video')?.stopped).toBe(true)
    media.setCameraOff(false)
    await settle()
    await settle()
    expect(living().map(({ kind }) => kind)).toEqual(['audio', 'video'])
  })

  it('a camera that does not come back is reported, and no more once it is off again', async () => {
    const devices = machine()
    const { media, problems, time } = use('video', devices)
    await media.open()
    media.setCameraOff(true)
    devices.broken.camera = 'NotReadableError'
    media.setCameraOff(false)
    await time.advance(0)
    expect(problems.at(-1)).toEqual({ devices: ['camera'], trouble: 'in_use' })
    media.setCameraOff(true)
    expect(problems.at(-1)).toBeUndefined()
  })

  it('a camera that opens when it is not wanted any more is closed', async () => {
    const devices = machine()
    const { media, living, time } = use('video', devices)
    const opening = media.open()
    media.setCameraOff(true)
    await opening
    await time.advance(0)
    expect(living().map(({ kind }) => kind)).toEqual(['audio'])
  })
})

describe('another device', () => {
  it('takes the place of the old one, which is closed first', async () => {
    const devices = machine()
    const { media, inUse, living, last } = use('video', devices)
    await media.open()
    const before = last('video')
    const switching = media.use('camera', 'desk camera')
    await Promise.resolve()
    expect(before?.stopped).toBe(true)
    await switching
    expect(inUse()).toEqual(['desk camera', 'default microphone'])
    expect(living()).toHaveLength(2)
  })

  it('that cannot be had is reported, and the old one is back', async () => {
    const devices = machine()
    devices.refused.add('broken')
    const { media, inUse, problems } = use('video', devices, { cameraId: 'desk camera' })
    await media.open()
    await media.use('camera', 'broken')
    expect(inUse()).toEqual(['desk camera', 'default microphone'])
    expect(problems.at(-1)).toEqual({ devices: ['camera'], trouble: 'none' })
    await media.use('camera', 'other camera')
    expect(problems.at(-1)).toBeUndefined()
  })

  it('chosen while the camera is off is the one that comes back', async () => {
    const devices = machine()
    const { media, inUse, time } = use('video', devices)
    await media.open()
    media.setCameraOff(true)
    await media.use('camera', 'desk camera')
    expect(inUse()).toEqual(['default microphone'])
    media.setCameraOff(false)
    await time.advance(0)
    expect(inUse()).toEqual(['desk camera', 'default microphone'])
  })
})

describe('an unplugged device', () => {
  it('is reported, and replaced by the usual one', async () => {
    const devices = machine()
    const { media, problems, time, last, inUse } = use('video', devices, { cameraId: 'desk camera' })
    await media.open()
    await time.advance(10_000)
    last('video')?.onended?.()
    expect(problems.at(-1)).toEqual({ devices: ['camera'], trouble: 'lost' })
    await time.advance(0)
    expect(problems.at(-1)).toBeUndefined()
    expect(inUse()).toEqual(BOTH)
  })

  it('that was the only one stays missing until one is plugged in', async () => {
    const devices = machine()
    const { media, problems, time, last, inUse } = use('voice', devices)
    await media.open()
    await time.advance(10_000)
    devices.broken.microphone = 'NotFoundError'
    last('audio')?.onended?.()
    await time.advance(0)
    expect(problems.at(-1)).toEqual({ devices: ['microphone'], trouble: 'lost' })
    delete devices.broken.microphone
    media.changed()
    media.changed()
    await time.advance(1_000)
    expect(inUse()).toEqual(['default microphone'])
    expect(problems.at(-1)).toBeUndefined()
  })

  it('that ends as soon as it begins is not asked for over and over', async () => {
    const devices = machine()
    const { media, time, last } = use('voice', devices)
    await media.open()
    last('audio')?.onended?.()
    await time.advance(60_000)
    expect(devices.asked).toHaveLength(1)
  })

  it('that was closed by us is no news', async () => {
    const devices = machine()
    const { media, problems, last } = use('voice', devices)
    await media.open()
    const track = last('audio')
    media.stop()
    track?.onended?.()
    expect(problems.filter(Boolean)).toEqual([])
  })
})

describe('a device that the system silenced while the page was away', () => {
  it('is opened again, and only that one', async () => {
    const devices = machine()
    const { media, last, living, time } = use('video', devices)
    await media.open()
    const [microphone, camera] = [last('audio'), last('video')]
    if (microphone) microphone.muted = true
    media.revive()
    await time.advance(0)
    expect(microphone?.stopped).toBe(true)
    expect(camera?.stopped).toBe(false)
    expect(living().map(({ kind }) => kind)).toEqual(['video', 'audio'])
  })

  it('leaves the others alone', async () => {
    const devices = machine()
    const { media, time } = use('video', devices)
    await media.open()
    media.revive()
    await time.advance(0)
    expect(devices.asked).toHaveLength(1)
  })
})

describe('asking again', () => {
  it('opens what was refused once the person has allowed it', async () => {
    const devices = machine({ camera: 'NotAllowedError', microphone: 'NotAllowedError' })
    const { media, problems, inUse } = use('video', devices)
    await media.open()
    expect(problems).toEqual([{ devices: ['camera', 'microphone'], trouble: 'denied' }])
    delete devices.broken.camera
    delete devices.broken.microphone
    await media.retry()
    expect(inUse()).toEqual(BOTH)
    expect(problems.at(-1)).toBeUndefined()
  })

  it('is not done automatically for a device that the person refused', async () => {
    const devices = machine({ microphone: 'NotAllowedError' })
    const { media, time } = use('voice', devices)
    await media.open()
    const asked = devices.asked.length
    media.changed()
    await time.advance(5_000)
    expect(devices.asked).toHaveLength(asked)
  })
})
