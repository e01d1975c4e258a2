/** Tests when a page may send sound and picture. */
import { describe, expect, it } from 'vitest'
import { createSendGate } from '../../../browser/call/send-gate.ts'
import { FakeTime, type FakeTrack, fakeStream, fakeTrack, GRACE_MS, Scene, settle } from './fakes.ts'

const WITH_BOTH = {
  kind: 'video' as const,
  getMedia: async () => fakeStream(fakeTrack('video'), fakeTrack('audio')),
}
const SENT = [true, true]
const HELD = [false, false]

/** Starts a video session whose pages are connected; the meter has not started to count. */
async function connected() {
  const scene = new Scene()
  const pages = await scene.connected(WITH_BOTH)
  /** Returns for each page if its sound and picture are more than silence and black. */
  const sending = () =>
    [pages.client, pages.reader].map((page) =>
      page.peer().transceivers.map(({ sender }) => (sender.track as FakeTrack | null)?.enabled),
    )
  return {
    scene,
    ...pages,
    sending,
    count: (counting: boolean) => scene.count(counting, ...Object.values(pages)),
  }
}

describe('what is not being billed is held', () => {
  it('before the meter starts: real tracks go out as silence and black, and one sees oneself', async () => {
    const { client, reader, sending } = await connected()
    expect([client.phase(), reader.phase()]).toEqual(['connected', 'connected'])
    expect(client.peer().sending()).toEqual(['audio', 'video'])
    expect(sending()).toEqual([HELD, HELD])
    expect(client.previews.at(-1)?.getVideoTracks()[0]?.enabled).toBe(true)
    expect(client.local.at(-1)).toMatchObject({ microphone: 'on', camera: 'on', sending: false })
  })

  it('the reports that start the meter do not wait for media', async () => {
    const { scene } = await connected()
    const last = (seat: string) => scene.server.states.filter((told) => told.seat === seat).at(-1)?.state
    expect([last('client'), last('reader')]).toEqual(['connected', 'connected'])
  })

  it('opens at once when the meter starts, closes at once in a pause, and without a negotiation', async () => {
    const { scene, sending, count, client } = await connected()
    const words = scene.server.relayed.length
    count(true)
    expect(sending()).toEqual([SENT, SENT])
    expect(client.local.at(-1)?.sending).toBe(true)
    count(false)
    expect(sending()).toEqual([HELD, HELD])
    count(true)
    await settle()
    expect(sending()).toEqual([SENT, SENT])
    expect(scene.server.relayed).toHaveLength(words)
  })

  it('what is muted stays silent', async () => {
    const { count, sending, client } = await connected()
    client.call.setMuted(true)
    count(true)
    expect(sending()).toEqual([[false, true], SENT])
    client.call.setMuted(false)
    expect(sending()).toEqual([SENT, SENT])
    count(false)
    client.call.setMuted(true)
    client.call.setMuted(false)
    expect(sending()).toEqual([HELD, HELD])
  })

  it('chat waits with it: nothing is taken, and what comes of a page that is ahead is shown later', async () => {
    const { client, reader, count } = await connected()
    expect(client.call.sendChat('too early')).toBeUndefined()
    client.call.setCounting(true)
    client.call.sendChat('just in time')
    await settle()
    expect(reader.chat).toEqual([])
    expect(client.delivered).toEqual([])
    count(true)
    await settle()
    expect(reader.chat.map(({ text }) => text)).toEqual(['just in time'])
    expect(client.delivered).toHaveLength(1)
    count(false)
    expect(client.call.sendChat('too late')).toBeUndefined()
  })

  it('lines of a page that does not hold are not shown, however many', async () => {
    const { client, reader } = await connected()
    const { channel } = client.peer()
    for (let number = 1; number <= 50; number += 1)
      channel.send(JSON.stringify({ type: 'line', from: 'x', number, text: 'for nothing' }))
    await settle()
    expect(reader.chat).toEqual([])
  })

  it('holds for a connection that is rebuilt', async () => {
    const { scene, client, reader, count } = await connected()
    count(true)
    const next = await scene.reload(reader, { ...WITH_BOTH, onJoined: () => {} })
    expect(client.phase()).toBe('connected')
    const tracksOf = (page: typeof client) =>
      page.peer().transceivers.map(({ sender }) => (sender.track as FakeTrack | null)?.enabled)
    expect([tracksOf(client), tracksOf(next)]).toEqual([SENT, HELD])
  })

  it('while the other page is not heard, though the server has not said so yet', async () => {
    const { scene, count, sending } = await connected()
    count(true)
    await scene.time.advance(3_000)
    scene.net.deaf = true
    await scene.time.advance(3_000)
    expect(sending()).toEqual([HELD, HELD])
    scene.net.restore()
    await settle()
    expect(sending()).toEqual([SENT, SENT])
  })

  it('once the announced money is used up', async () => {
    const { scene, client, reader, sending } = await connected()
    client.call.setCounting(true, { endsInMs: 20_000 })
    reader.call.setCounting(true)
    await scene.time.advance(19_900)
    expect(sending()).toEqual([SENT, SENT])
    await scene.time.advance(100)
    expect(sending()).toEqual([HELD, SENT])
    client.call.setCounting(true, { endsInMs: 20_000 })
    expect(sending()).toEqual([SENT, SENT])
  })
})

/** Creates a gate in a session that counts, of a page that holds its seat. */
function sendGateOf(joined: { sentMs?: number; unbilledMs?: number; wasServerDown?: boolean } = {}) {
  const time = new FakeTime()
  const sendGate = createSendGate({
    environment: { every: time.every, steady: time.read },
    onChange: () => {},
  })
  const join = (more = joined) => sendGate.joined({ graceMs: GRACE_MS, ...more })
  join()
  sendGate.count(true)
  return { sendGate, time, join }
}

describe('the bound: what may be sent and not be proven', () => {
  it('is what the server says; then the page holds until more is proven', async () => {
    const { sendGate, time } = sendGateOf({ unbilledMs: 10_000 })
    sendGate.proven(0)
    await time.advance(10_000)
    expect(sendGate.isOpen()).toBe(true)
    await time.advance(250)
    expect(sendGate.isOpen()).toBe(false)
    expect(sendGate.sentMs()).toBe(10_250)
    await time.advance(60_000)
    expect(sendGate.sentMs()).toBe(10_250)
    sendGate.proven(1_000)
    expect(sendGate.isOpen()).toBe(true)
  })

  it('counts what is sent while the server is out of reach, but not while the server itself is down', async () => {
    for (const wasServerDown of [false, true]) {
      const { sendGate, time, join } = sendGateOf({ unbilledMs: 10_000 })
      sendGate.proven(0)
      sendGate.offline()
      await time.advance(20_000)
      expect(sendGate.isOpen()).toBe(true)
      join({ unbilledMs: 10_000, wasServerDown })
      sendGate.count(true)
      sendGate.proven(0)
      expect(sendGate.sentMs()).toBe(wasServerDown ? 0 : 20_000)
      expect(sendGate.isOpen()).toBe(wasServerDown)
    }
  })

  it('goes along with what is proven', async () => {
    const { sendGate, time } = sendGateOf({ unbilledMs: 10_000 })
    for (let proven = 0; proven < 600_000; proven += 5_000) {
      sendGate.proven(proven)
      await time.advance(5_000)
    }
    expect(sendGate.isOpen()).toBe(true)
  })

  it('is not reset by a reload: the server knows what was sent', async () => {
    const { sendGate, time } = sendGateOf({ unbilledMs: 10_000, sentMs: 9_000 })
    sendGate.proven(0)
    await time.advance(1_250)
    expect(sendGate.isOpen()).toBe(false)
    expect(sendGate.sentMs()).toBe(10_250)
  })

  it('counts only what was sent', async () => {
    const { sendGate, time } = sendGateOf({ unbilledMs: 2_000 })
    sendGate.proven(0)
    await time.advance(1_000)
    sendGate.count(false)
    await time.advance(60_000)
    sendGate.count(true)
    await time.advance(1_000)
    expect(sendGate.sentMs()).toBe(2_000)
    expect(sendGate.isOpen()).toBe(true)
  })

  it('is none with a server that does not speak of it', async () => {
    const { sendGate, time } = sendGateOf()
    sendGate.proven(undefined)
    await time.advance(600_000)
    expect(sendGate.isOpen()).toBe(true)
    expect(sendGate.isUrgent()).toBe(false)
  })

  it.each([
    [10_000, 2_900, false],
    [10_000, 3_100, true],
    [2_000, 0, true],
  ])(
    'of %i ms: with %i ms unproven the server hears from us every second: %s',
    async (unbilledMs, ms, urgent) => {
      const { sendGate, time } = sendGateOf({ unbilledMs })
      await time.advance(ms)
      sendGate.proven(0)
      expect(sendGate.isUrgent()).toBe(urgent)
    },
  )
})

describe('while our own server is out of reach', () => {
  it('the media goes on, whatever was last heard of the meter', async () => {
    const { scene, sending, count, client, reader } = await connected()
    count(true)
    for (const page of [client, reader]) page.socket.lose()
    count(false)
    await scene.time.advance(GRACE_MS - 1_000)
    expect(sending()).toEqual([SENT, SENT])
    count(true)
    for (const page of [client, reader]) page.socket.comeBack()
    await scene.time.advance(60_000)
    expect(sending()).toEqual([SENT, SENT])
  })

  it('what was held before is held on', async () => {
    const { scene, sending, client } = await connected()
    client.socket.lose()
    client.call.setCounting(true)
    await scene.time.advance(1_000)
    expect(sending()).toEqual([HELD, HELD])
  })

  it('the bound waits for what the server will find proven', async () => {
    const { sendGate, time, join } = sendGateOf({ unbilledMs: 10_000 })
    sendGate.proven(0)
    sendGate.offline()
    await time.advance(30_000)
    expect(sendGate.isOpen()).toBe(true)
    join()
    expect(sendGate.isOpen()).toBe(true)
    sendGate.proven(15_000)
    expect(sendGate.isOpen()).toBe(false)
    sendGate.proven(30_000)
    expect(sendGate.isOpen()).toBe(true)
    sendGate.proven(15_000)
    expect(sendGate.isOpen(), 'an answer that was overtaken').toBe(true)
  })

  it('for so long as the server waits, once a session', async () => {
    const { sendGate, time, join } = sendGateOf()
    sendGate.offline()
    await time.advance(GRACE_MS / 2)
    join()
    await time.advance(60_000)
    sendGate.offline()
    await time.advance(GRACE_MS / 2 - 250)
    expect(sendGate.isOpen()).toBe(true)
    await time.advance(250)
    expect(sendGate.isOpen()).toBe(false)
    join()
    expect(sendGate.isOpen()).toBe(true)
    sendGate.offline()
    expect(sendGate.isOpen()).toBe(false)
  })

  it('and no further than the announced money', async () => {
    const { sendGate, time } = sendGateOf()
    sendGate.count(true, 5_000)
    sendGate.offline()
    await time.advance(5_000)
    expect(sendGate.isOpen()).toBe(false)
  })

  it('for the whole grace: the page closes its media automatically', async () => {
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
