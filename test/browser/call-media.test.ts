import { describe, expect, it } from 'vitest'
import type { MediaProblem } from '../../browser/call.ts'
import { createMedia } from '../../browser/call-media.ts'
import type { SessionKind } from '../../shared/protocol.ts'
import { fakeStream, fakeTrack } from './call-fakes.ts'

const failure = (name: string) => Object.assign(new Error('no'), { name })

/** A machine whose devices fail as told. */
function machine({ camera, microphone }: { camera?: string; microphone?: string } = {}) {
  const asked: MediaStreamConstraints[] = []
  const video = fakeTrack('video')
  const audio = fakeTrack('audio')
  const getMedia = async (wish: MediaStreamConstraints) => {
    asked.push(wish)
    if (wish.video && camera) throw failure(camera)
    if (wish.audio && microphone) throw failure(microphone)
    return fakeStream(...(wish.video ? [video] : []), ...(wish.audio ? [audio] : []))
  }
  return { asked, video, audio, getMedia }
}

function open(kind: SessionKind, { getMedia }: Pick<ReturnType<typeof machine>, 'getMedia'>) {
  const problems: MediaProblem[] = []
  const media = createMedia({ kind, getMedia, onProblem: (problem) => problems.push(problem) })
  return { media, problems, stream: media.open() }
}

const kindsOf = async (stream: Promise<MediaStream | undefined>) =>
  (await stream)?.getTracks().map((track) => track.kind)

describe('devices', () => {
  it.each([
    ['video', ['video', 'audio']],
    ['voice', ['audio']],
    ['chat', undefined],
  ] as const)('a %s session opens what it sends', async (kind, expected) => {
    const { stream, problems } = open(kind, machine())
    expect(await kindsOf(stream)).toEqual(expected)
    expect(problems).toEqual([])
  })

  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'none'],
    ['NotReadableError', 'in_use'],
    ['OddError', 'unknown'],
  ])('a camera that fails with %s leaves a voice: %s', async (name, trouble) => {
    const { stream, problems } = open('video', machine({ camera: name }))
    expect(await kindsOf(stream)).toEqual(['audio'])
    expect(problems).toEqual([{ devices: ['camera'], trouble }])
  })

  it('a microphone that fails leaves a picture', async () => {
    const { stream, problems } = open('video', machine({ microphone: 'NotFoundError' }))
    expect(await kindsOf(stream)).toEqual(['video'])
    expect(problems).toEqual([{ devices: ['microphone'], trouble: 'none' }])
  })

  it('the call goes on with nothing to send', async () => {
    const { stream, problems } = open(
      'video',
      machine({ camera: 'NotAllowedError', microphone: 'NotAllowedError' }),
    )
    expect(await stream).toBeUndefined()
    expect(problems).toEqual([{ devices: ['camera', 'microphone'], trouble: 'denied' }])
  })

  it('an insecure page is asked once', async () => {
    const devices = machine({ camera: 'SecurityError', microphone: 'SecurityError' })
    const { stream, problems } = open('video', devices)
    expect(await stream).toBeUndefined()
    expect(problems).toEqual([{ devices: ['camera', 'microphone'], trouble: 'insecure' }])
    expect(devices.asked).toHaveLength(1)
  })

  it('mute and camera off hold for tracks that come later, too', async () => {
    const devices = machine()
    const { media, stream } = open('video', devices)
    media.setMuted(true)
    media.setCameraOff(true)
    await stream
    expect([devices.audio.enabled, devices.video.enabled]).toEqual([false, false])
    media.setMuted(false)
    expect([devices.audio.enabled, devices.video.enabled]).toEqual([true, false])
  })

  it('hanging up while the browser still asks gives the devices back', async () => {
    const devices = machine()
    const { media, stream } = open('video', devices)
    media.stop()
    expect(await stream).toBeUndefined()
    expect([devices.audio.stopped, devices.video.stopped]).toEqual([true, true])
  })

  it('an unplugged device is told, a stopped one is not', async () => {
    const devices = machine()
    const { media, stream, problems } = open('video', devices)
    await stream
    devices.video.onended?.()
    expect(problems).toEqual([{ devices: ['camera'], trouble: 'lost' }])
    media.stop()
    devices.audio.onended?.()
    expect(problems).toHaveLength(1)
  })
})
