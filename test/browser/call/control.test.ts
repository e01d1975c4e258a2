/** Tests the control messages between two pages. */
import { describe, expect, it } from 'vitest'
import { parseControl } from '../../../browser/call/talk/frames.ts'
import { fakeStream, fakeTrack, HEARTBEAT_MS, Scene, settle } from './fakes.ts'

const WITH_BOTH = {
  kind: 'video' as const,
  getMedia: async () => fakeStream(fakeTrack('video'), fakeTrack('audio')),
}
type Told = { seat: string; state: string }
const lastOf = (scene: Scene, seat: string) =>
  (scene.server.states as Told[]).filter((told) => told.seat === seat).at(-1)?.state

/** Drops the page's control messages from now on, as an older program on the other side would. */
function muteControl(page: { peer(): { channel: { send(data: string): void } } }): void {
  const { channel } = page.peer()
  const send = channel.send.bind(channel)
  channel.send = (data) => {
    const { type } = JSON.parse(data) as { type: string }
    if (type === 'line' || type === 'ack') send(data)
  }
}

describe('what the pages say of their media', () => {
  it('is sent when they meet, and at every change', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected(WITH_BOTH)
    expect(reader.theirs.at(-1)).toEqual({ microphone: 'on', camera: 'on', screen: false })
    client.call.setMuted(true)
    client.call.setCameraOff(true)
    await settle()
    expect(reader.theirs.at(-1)).toEqual({ microphone: 'muted', camera: 'off', screen: false })
    await client.call.setSharing(true)
    await settle()
    expect(reader.theirs.at(-1)).toEqual({ microphone: 'muted', camera: 'off', screen: true })
  })

  it('is no more than they need: no name of a device leaves the page', async () => {
    const scene = new Scene()
    const { client } = await scene.connected(WITH_BOTH)
    client.call.setMuted(true)
    await settle()
    expect(client.local.at(-1)?.cameraId).toBe('default video')
    const said = client.peer().channel.sent.filter((data) => data.includes('"media"'))
    expect(said.length).toBeGreaterThan(1)
    expect(said.join()).not.toContain('default')
  })

  it('is forgotten with the page that said it, and said again by the next', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected(WITH_BOTH)
    client.call.setMuted(true)
    await settle()
    await scene.reload(client)
    await settle()
    expect(reader.theirs.slice(-2)).toEqual([
      undefined,
      { microphone: 'none', camera: 'none', screen: false },
    ])
  })

  it.each([
    ['not text', new ArrayBuffer(8)],
    ['not JSON', '{'],
    ['no object', '7'],
    ['null', 'null'],
    ['another kind', '{"type":"line","from":"x","number":1,"text":"hi"}'],
    ['a camera we do not know', '{"type":"media","microphone":"on","camera":"<b>","screen":false}'],
    ['a screen that is no truth', '{"type":"media","microphone":"on","camera":"on","screen":"yes"}'],
    ['a ping without a number', '{"type":"ping"}'],
    ['a ping with half a number', '{"type":"ping","number":0.5}'],
    ['a pong with a huge number', '{"type":"pong","number":1e300}'],
  ])('passes over %s', (_what, data) => {
    expect(parseControl(data)).toBeUndefined()
  })

  it('a level we do not know is left out of a ping', () => {
    expect(parseControl('{"type":"ping","number":3,"level":"superb"}')).toEqual({ type: 'ping', number: 3 })
  })
})

describe('our server', () => {
  it('is tried at once by a page that hears from the other one that it is back', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    for (const page of [client, reader]) page.socket.lose()
    await scene.time.advance(2_000)
    expect(reader.socket.opened).toBe(0)
    client.socket.comeBack()
    await settle()
    expect(reader.socket.opened).toBe(1)
    expect(reader.socket.connected).toBe(true)
    await scene.time.advance(10_000)
    expect([client.socket.opened, reader.socket.opened]).toEqual([0, 1])
  })
})

describe('a path', () => {
  it('that carries nothing is none, though the browser says that it is', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    await scene.time.advance(10_000)
    expect(client.phase()).toBe('connected')
    scene.net.deaf = true
    await scene.time.advance(8_000)
    expect(client.peer().connectionState).toBe('connected')
    expect([client.phase(), reader.phase()]).toEqual(['reconnecting', 'reconnecting'])
    expect([lastOf(scene, 'client'), lastOf(scene, 'reader')]).toEqual(['interrupted', 'interrupted'])
    scene.net.restore()
    await settle()
    expect([client.phase(), reader.phase()]).toEqual(['connected', 'connected'])
    expect([lastOf(scene, 'client'), lastOf(scene, 'reader')]).toEqual(['connected', 'connected'])
  })

  it('to a page that is frozen stops the meter by the word of the other alone', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    await scene.time.advance(4_000)
    client.peer().channel.send = () => {}
    await scene.time.advance(8_000)
    expect(lastOf(scene, 'reader')).toBe('interrupted')
    expect(reader.phase()).toBe('reconnecting')
    expect(client.phase()).toBe('connected')
  })

  it('to a program that never pings is believed as long as the browser believes it', async () => {
    const scene = new Scene()
    const client = scene.open('client')
    const reader = scene.open('reader')
    client.call.start()
    await settle()
    reader.call.start()
    // Before either channel opens.
    await Promise.resolve()
    await settleUntil(() => client.peers.length > 0)
    muteControl(client)
    await scene.time.advance(60_000)
    expect(reader.phase()).toBe('connected')
    expect(lastOf(scene, 'reader')).toBe('connected')
  })

  it('that is rebuilt is proven by the new page, not by the old one', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    await scene.time.advance(4_000)
    const next = await scene.reload(client)
    await scene.time.advance(3 * HEARTBEAT_MS)
    expect([next.phase(), reader.phase()]).toEqual(['connected', 'connected'])
  })

  it('is not proven by a clock that was set back', async () => {
    const scene = new Scene()
    const { reader } = await scene.connected()
    await scene.time.advance(4_000)
    scene.time.setBackMs = 3_600_000
    scene.net.deaf = true
    await scene.time.advance(8_000)
    expect(reader.phase()).toBe('reconnecting')
  })
})

async function settleUntil(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !isSo(); turn += 1) await Promise.resolve()
}
