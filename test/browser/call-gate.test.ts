import { describe, expect, it } from 'vitest'
import { PAUSED_MEDIA_MS } from '../../browser/call-gate.ts'
import { fakeStream, fakeTrack, GRACE_MS, Scene, settle } from './call-fakes.ts'

const WITH_BOTH = {
  kind: 'video' as const,
  getMedia: async () => fakeStream(fakeTrack('video'), fakeTrack('audio')),
}
const BOTH = ['audio', 'video']

/** A video session whose pages are connected; the meter has not begun to count. */
async function connected() {
  const scene = new Scene()
  const pages = await scene.connected(WITH_BOTH)
  const sending = () => [pages.client, pages.reader].map((page) => page.peer().sending())
  const count = (counting: boolean) => {
    for (const page of [pages.client, pages.reader]) page.call.setCounting(counting)
  }
  return { scene, ...pages, sending, count }
}

describe('what is not being billed is not sent', () => {
  it('before the meter starts: connected, and silent both ways', async () => {
    const { client, reader, sending } = await connected()
    expect([client.phase(), reader.phase()]).toEqual(['connected', 'connected'])
    expect(sending()).toEqual([[], []])
    expect(client.previews.at(-1)?.getTracks()).toHaveLength(2)
    expect(client.local.at(-1)).toMatchObject({ microphone: 'on', camera: 'on', sending: false })
  })

  it('the reports that start the meter do not wait for media', async () => {
    const { scene, sending } = await connected()
    expect(sending()).toEqual([[], []])
    const last = (seat: string) => scene.server.states.filter((told) => told.seat === seat).at(-1)?.state
    expect([last('client'), last('reader')]).toEqual(['connected', 'connected'])
  })

  it('opens at once when the meter starts, and without a negotiation', async () => {
    const { scene, sending, count, client } = await connected()
    const words = scene.server.relayed.length
    count(true)
    expect(sending()).toEqual([BOTH, BOTH])
    await settle()
    expect(scene.server.relayed).toHaveLength(words)
    expect(client.local.at(-1)?.sending).toBe(true)
  })

  it('goes on in a short pause, and stops in a long one until the meter counts again', async () => {
    const { scene, sending, count } = await connected()
    count(true)
    count(false)
    await scene.time.advance(PAUSED_MEDIA_MS - 1)
    expect(sending()).toEqual([BOTH, BOTH])
    await scene.time.advance(1)
    expect(sending()).toEqual([[], []])
    count(true)
    expect(sending()).toEqual([BOTH, BOTH])
  })

  it('a pause that ends in time costs nothing of the next one', async () => {
    const { scene, sending, count } = await connected()
    count(true)
    for (let pause = 0; pause < 3; pause += 1) {
      count(false)
      await scene.time.advance(PAUSED_MEDIA_MS - 1_000)
      count(true)
    }
    expect(sending()).toEqual([BOTH, BOTH])
  })

  it('chat is not gated', async () => {
    const { client, reader } = await connected()
    client.call.sendChat('hello')
    await settle()
    expect(reader.chat.map(({ text }) => text)).toEqual(['hello'])
  })

  it('holds for a connection that is built anew', async () => {
    const { scene, client, reader, count } = await connected()
    count(true)
    const next = await scene.reload(reader)
    expect(client.phase()).toBe('connected')
    expect(client.peer().sending()).toEqual(BOTH)
    expect(next.peer().sending()).toEqual([])
  })
})

describe('while our own server is out of reach', () => {
  it('the media goes on, whatever was last heard of the meter', async () => {
    const { scene, sending, count, client, reader } = await connected()
    count(true)
    for (const page of [client, reader]) page.socket.lose()
    count(false)
    await scene.time.advance(GRACE_MS - 1_000)
    expect(sending()).toEqual([BOTH, BOTH])
    for (const page of [client, reader]) page.socket.comeBack()
    await scene.time.advance(PAUSED_MEDIA_MS - 1)
    expect(sending()).toEqual([BOTH, BOTH])
    count(true)
    await scene.time.advance(PAUSED_MEDIA_MS)
    expect(sending()).toEqual([BOTH, BOTH])
  })

  it('what was not sent before is not sent either', async () => {
    const { scene, sending, client } = await connected()
    client.socket.lose()
    client.call.setCounting(true)
    await scene.time.advance(1_000)
    expect(sending()).toEqual([[], []])
  })

  it('for the whole grace: the page closes its media by itself', async () => {
    const { scene, count, client } = await connected()
    count(true)
    client.socket.lose()
    await scene.time.advance(GRACE_MS)
    expect(client.phase()).toBe('unreachable')
    expect(client.peer().signalingState).toBe('closed')
    expect(client.previews.at(-1)).toBeUndefined()
  })

  it('and back within the grace: nothing ends', async () => {
    const { scene, client } = await connected()
    client.socket.lose()
    await scene.time.advance(GRACE_MS - 1)
    client.socket.comeBack()
    await scene.time.advance(GRACE_MS)
    expect(client.phase()).toBe('connected')
  })

  it('with a socket that opens but gets no seat: the grace goes on', async () => {
    const { scene, client } = await connected()
    client.socket.lose()
    scene.server.refusal = { ok: false, error: { code: 'stopping', message: 'In a moment.' } }
    client.socket.comeBack()
    await scene.time.advance(GRACE_MS)
    expect(client.phase()).toBe('unreachable')
  })
})
