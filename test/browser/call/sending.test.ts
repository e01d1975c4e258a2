/** Tests which tracks a page sends. */
import { describe, expect, it } from 'vitest'
import { createSenders } from '../../../browser/call/media/senders.ts'
import { FakeNet } from './fake-peer.ts'
import { type FakeTrack, fakeStream, fakeTrack, type Page, Scene, settle } from './fakes.ts'

const failure = (name: string) => Object.assign(new Error('no'), { name })

/** Starts a video session in which the meter runs, with hold of every track that was opened. */
async function billed() {
  const scene = new Scene()
  const opened: FakeTrack[] = []
  const open = (...tracks: FakeTrack[]) => {
    opened.push(...tracks)
    return fakeStream(...tracks)
  }
  const getMedia = async ({ video, audio }: MediaStreamConstraints) =>
    open(...(video ? [fakeTrack('video')] : []), ...(audio ? [fakeTrack('audio')] : []))
  const screens: FakeTrack[] = []
  const getDisplay = async () => {
    const screen = fakeTrack('video', 'screen')
    screens.push(screen)
    return fakeStream(screen)
  }
  const pages = await scene.connected({ kind: 'video', getMedia, getDisplay })
  for (const page of Object.values(pages)) page.call.setCounting(true)
  return { scene, opened, screens, ...pages }
}

const sent = (page: Page, medium: 'audio' | 'video') =>
  page.peer().placeOf(medium)?.sender.track as FakeTrack | null

describe('what a connection sends', () => {
  it('is agreed on for both directions at the start, with the names that other programs look for', async () => {
    const { client, reader } = await billed()
    for (const page of [client, reader]) {
      const { transceivers } = page.peer()
      expect(transceivers.map(({ direction }) => direction)).toEqual(['sendrecv', 'sendrecv'])
      expect(transceivers.map(({ sender }) => sender.streams.length)).toEqual([1, 1])
    }
  })

  it('is agreed on even when there is no device, so that one can come later without a negotiation', async () => {
    const scene = new Scene()
    let broken = true
    const getMedia = async () => {
      if (broken) throw failure('NotFoundError')
      return fakeStream(fakeTrack('audio'))
    }
    const { client, reader } = await scene.connected({ kind: 'voice', getMedia })
    for (const page of [client, reader]) page.call.setCounting(true)
    const words = scene.server.relayed.length
    broken = false
    await client.call.retryDevices()
    expect(client.peer().sending()).toEqual(['audio'])
    expect(client.problems.at(-1)).toBeUndefined()
    expect(scene.server.relayed).toHaveLength(words)
  })

  it('changes with the device, without a negotiation', async () => {
    const { scene, client } = await billed()
    const words = scene.server.relayed.length
    const before = sent(client, 'video')
    await client.call.useDevice('camera', 'other')
    expect(sent(client, 'video')).not.toBe(before)
    expect(before?.stopped).toBe(true)
    expect(
      client.previews
        .at(-1)
        ?.getVideoTracks()
        .map((track) => track.getSettings().deviceId),
    ).toEqual([sent(client, 'video')?.getSettings().deviceId])
    expect(scene.server.relayed).toHaveLength(words)
  })

  it('lets the sound go first', async () => {
    const { client } = await billed()
    expect(client.peer().placeOf('audio')?.sender.parameters.encodings[0]).toMatchObject({ priority: 'high' })
  })

  it('takes a place of its own where an offer gives none', async () => {
    const net = new FakeNet()
    const peer = net.open({})
    const errors: unknown[] = []
    const senders = createSenders({
      peer: peer as unknown as RTCPeerConnection,
      kind: 'voice',
      group: fakeStream(),
      onError: (error) => errors.push(error),
    })
    senders.send({ audio: fakeTrack('audio') as unknown as MediaStreamTrack })
    expect(peer.sending()).toEqual([])
    senders.match()
    expect(peer.sending()).toEqual(['audio'])
    expect(errors).toEqual([])
  })
})

describe('mute and the camera off', () => {
  it('mute keeps the microphone and silences it', async () => {
    const { client } = await billed()
    client.call.setMuted(true)
    expect(sent(client, 'audio')).toMatchObject({ enabled: false, stopped: false })
    expect(client.local.at(-1)?.microphone).toBe('muted')
  })

  it('the camera off without a microphone stays, and gives black: something must arrive', async () => {
    const scene = new Scene()
    const opened: FakeTrack[] = []
    let hasMicrophone = false
    const getMedia = async ({ audio, video }: MediaStreamConstraints) => {
      if (audio && !hasMicrophone) throw failure('NotFoundError')
      const tracks = [...(video ? [fakeTrack('video')] : []), ...(audio ? [fakeTrack('audio')] : [])]
      opened.push(...tracks)
      return fakeStream(...tracks)
    }
    const { client } = await scene.live({ kind: 'video', getMedia })
    client.call.setCameraOff(true)
    expect(sent(client, 'video')).toMatchObject({ enabled: false, stopped: false })
    expect(client.local.at(-1)?.camera).toBe('off')
    expect(client.previews.at(-1)).toBeUndefined()
    client.call.setCameraOff(false)
    expect(sent(client, 'video')).toMatchObject({ enabled: true, stopped: false })
    client.call.setCameraOff(true)
    hasMicrophone = true
    await client.call.retryDevices()
    expect(client.peer().sending()).toEqual(['audio'])
    expect(opened[0]?.stopped, 'the camera of the client').toBe(true)
  })

  it('the camera off sends nothing and frees the camera; on again sends a fresh one', async () => {
    const { client, opened } = await billed()
    const camera = sent(client, 'video')
    client.call.setCameraOff(true)
    expect(camera?.stopped).toBe(true)
    expect(client.peer().sending()).toEqual(['audio'])
    expect(client.previews.at(-1)?.getVideoTracks()).toEqual([])
    client.call.setCameraOff(false)
    await settle()
    expect(sent(client, 'video')).toBe(opened.at(-1))
    expect(client.local.at(-1)).toMatchObject({ camera: 'on', cameraId: 'default video' })
  })
})

describe('the screen', () => {
  it('takes the place of the camera, in writing that stays legible, and gives it back', async () => {
    const { scene, client, reader, screens } = await billed()
    const camera = sent(client, 'video')
    const words = scene.server.relayed.length
    await client.call.setSharing(true)
    await settle()
    expect(sent(client, 'video')).toBe(screens[0])
    expect(screens[0]?.contentHint).toBe('detail')
    expect(client.local.at(-1)?.screen).toBe(true)
    expect(reader.theirs.at(-1)?.screen).toBe(true)
    await client.call.setSharing(false)
    expect(screens[0]?.stopped).toBe(true)
    expect(sent(client, 'video')).toBe(camera)
    expect(scene.server.relayed).toHaveLength(words)
  })

  it("ends with the browser's own button, too, and can be shown again", async () => {
    const { client, screens } = await billed()
    const camera = sent(client, 'video')
    await client.call.setSharing(true)
    screens[0]?.onended?.()
    expect(sent(client, 'video')).toBe(camera)
    expect(client.local.at(-1)?.screen).toBe(false)
    await client.call.setSharing(true)
    expect(sent(client, 'video')).toBe(screens[1])
  })

  it.each([
    ['NotAllowedError', 0],
    ['NotReadableError', 1],
  ])('that is refused with %s is worth %i words on the console', async (name, count) => {
    const scene = new Scene()
    const getDisplay = async () => {
      throw failure(name)
    }
    const { client } = await scene.connected({ kind: 'video', getDisplay })
    await client.call.setSharing(true)
    expect(client.local.at(-1)?.screen).toBe(false)
    expect(client.problems.filter(Boolean)).toEqual([])
    expect(client.errors).toHaveLength(count)
  })

  it('chosen after the person thought better of it is closed', async () => {
    const scene = new Scene()
    let choose = (_stream: MediaStream) => {}
    const getDisplay = () => new Promise<MediaStream>((resolve) => (choose = resolve))
    const { client } = await scene.connected({ kind: 'video', getDisplay })
    const asking = client.call.setSharing(true)
    await client.call.setSharing(false)
    const screen = fakeTrack('video')
    choose(fakeStream(screen))
    await asking
    expect(screen.stopped).toBe(true)
    expect(client.local.at(-1)?.screen).toBe(false)
  })

  it('ends with the call', async () => {
    const { client, screens } = await billed()
    await client.call.setSharing(true)
    client.call.stop()
    expect(screens[0]?.stopped).toBe(true)
  })

  it('is held like the camera', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected({ kind: 'video' })
    await client.call.setSharing(true)
    expect(sent(client, 'video')?.enabled).toBe(false)
    scene.count(true, client, reader)
    expect(sent(client, 'video')?.enabled).toBe(true)
  })
})
