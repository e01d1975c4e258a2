/** Tests the negotiation between two pages. */
import { describe, expect, it } from 'vitest'
import { createNegotiation } from '../../../browser/call/negotiation.ts'
import { FakeNet } from './fake-peer.ts'
import { fakeStream, HEARTBEAT_MS, Scene, SESSION_ID, settle } from './fakes.ts'

const offersFrom = (scene: Scene, from: 'client' | 'reader') =>
  scene.server.relayed.filter((word) => word.from === from && word.event === 'offer')

describe('the start of a call', () => {
  it('connects when both are there, in either order', async () => {
    for (const seats of [['client', 'reader'] as const, ['reader', 'client'] as const]) {
      const scene = new Scene()
      const pages = seats.map((seat) => scene.open(seat))
      for (const page of pages) {
        page.call.start()
        await settle()
      }
      expect(pages.map((page) => page.phase())).toEqual(['connected', 'connected'])
      expect(pages.map((page) => page.peers.length)).toEqual([1, 1])
    }
  })

  it('lets the reader alone make the first offer', async () => {
    const scene = new Scene()
    await scene.connected()
    expect(offersFrom(scene, 'reader')).toHaveLength(1)
    expect(offersFrom(scene, 'client')).toHaveLength(0)
  })

  it('opens no connection while alone in the session', async () => {
    const scene = new Scene()
    const reader = scene.open('reader')
    reader.call.start()
    await settle()
    expect(reader.phase()).toBe('waiting')
    expect(reader.peers).toHaveLength(0)
  })

  it('keeps signals that arrive while the browser still asks for the camera', async () => {
    const scene = new Scene()
    let allow = (_stream: MediaStream) => {}
    const asking = new Promise<MediaStream>((resolve) => {
      allow = resolve
    })
    const client = scene.open('client', { kind: 'voice', getMedia: () => asking })
    const reader = scene.open('reader')
    client.call.start()
    reader.call.start()
    await settle()
    expect(client.phase()).toBe('connecting')
    allow(fakeStream())
    await settle()
    expect(client.phase()).toBe('connected')
  })

  it('sends an offer again, with its candidates, when no answer comes', async () => {
    const scene = new Scene()
    scene.server.loses = (event) => event === 'offer' || event === 'ice-candidate'
    const { client, reader } = await scene.connected()
    expect(client.phase()).toBe('connecting')
    scene.server.loses = (event) => event === 'ice-candidate'
    await scene.time.advance(8_000)
    expect(reader.phase()).toBe('connected')
    expect(reader.peer().offersMade).toHaveLength(1)
  })

  it('sends an answer again when the offer arrives again', async () => {
    const scene = new Scene()
    scene.server.loses = (event) => event === 'answer'
    const { client, reader } = await scene.connected()
    expect(reader.phase()).toBe('connecting')
    scene.server.loses = () => false
    await scene.time.advance(8_000)
    expect([client.phase(), reader.phase()]).toEqual(['connected', 'connected'])
    expect(client.peer().heard).toHaveLength(1)
  })

  it('calls a page offline only once its first connection takes too long', async () => {
    const scene = new Scene()
    const [slow, cut] = [scene.open('client'), scene.open('reader')]
    for (const page of [slow, cut]) {
      page.socket.connected = false
      page.call.start()
    }
    expect(slow.states).toEqual([{ phase: 'joining', online: undefined, peerPresent: false }])
    await scene.time.advance(4_000)
    slow.socket.comeBack()
    await scene.time.advance(2_000)
    expect(slow.states.map(({ online }) => online)).not.toContain(false)
    expect(cut.states.at(-1)?.online).toBe(false)
  })

  it('asks again when the server is busy, and stops when it refuses', async () => {
    const scene = new Scene()
    scene.server.refusal = { ok: false, error: { code: 'rate_limited', message: 'Slow down.' } }
    const client = scene.open('client')
    client.call.start()
    await settle()
    expect(client.phase()).toBe('joining')
    scene.server.refusal = { ok: false, error: { code: 'wrong_state', message: 'It is over.' } }
    await scene.time.advance(2_000)
    expect(client.phase()).toBe('refused')
  })
})

describe('a candidate', () => {
  it('that comes before its description waits for it; one of a connection that is gone does not', async () => {
    const net = new FakeNet()
    const theirs = net.open({})
    const ours = net.open({})
    const peer = ours as unknown as RTCPeerConnection
    const negotiation = createNegotiation({ peer, polite: true, after: () => () => {}, send: () => {} })
    await theirs.setLocalDescription()
    const [sdp = ''] = theirs.offersMade
    for (const ufrag of [theirs.ufrag, 'gone']) {
      await negotiation.hearCandidate({ candidate: `candidate of ${ufrag}`, usernameFragment: ufrag })
    }
    expect(await negotiation.hear({ type: 'offer', sdp })).toBe('heard')
    expect(ours.candidates()).toEqual([`candidate of ${theirs.ufrag}`])
  })

  it('the end mark is passed on, and waits like the candidates that it ends', async () => {
    const net = new FakeNet()
    const theirs = net.open({})
    const ours = net.open({})
    const peer = ours as unknown as RTCPeerConnection
    const negotiation = createNegotiation({ peer, polite: true, after: () => () => {}, send: () => {} })
    await theirs.setLocalDescription()
    const [first = ''] = theirs.offersMade
    await negotiation.hear({ type: 'offer', sdp: first })
    await negotiation.hearCandidate(null)
    const before = theirs.ufrag
    expect(ours.ends).toEqual([before])
    const answer = ours.currentLocalDescription
    if (!answer) throw new Error('no answer')
    await theirs.setRemoteDescription(answer)
    theirs.restartIce()
    await theirs.setLocalDescription()
    await negotiation.hearCandidate({
      candidate: `candidate of ${theirs.ufrag}`,
      usernameFragment: theirs.ufrag,
    })
    await negotiation.hearCandidate(null)
    expect(ours.ends).toEqual([before])
    await negotiation.hear({ type: 'offer', sdp: theirs.offersMade.at(-1) ?? '' })
    expect(ours.ends).toEqual([before, theirs.ufrag])
  })
})

describe('reports to the server', () => {
  it('hears `connected` at once and with every heartbeat, `interrupted` when the path breaks', async () => {
    const scene = new Scene()
    const { client } = await scene.connected()
    const told = () => scene.server.states.filter(({ seat }) => seat === 'client').map(({ state }) => state)
    expect(told().at(-1)).toBe('connected')
    const before = told().length
    await scene.time.advance(3 * HEARTBEAT_MS)
    expect(told().slice(before)).toEqual(['connected', 'connected', 'connected'])
    client.peer().turn('disconnected')
    await settle()
    expect(told().at(-1)).toBe('interrupted')
  })

  it('hears `interrupted` while the chat channel is not open', async () => {
    const scene = new Scene()
    const { client } = await scene.connected()
    client.peer().channel.turn('closed')
    await settle()
    expect(scene.server.states.at(-1)).toEqual({ seat: 'client', state: 'interrupted' })
    expect(client.phase()).toBe('reconnecting')
  })

  it('is asked for the seat again by a page it does not know any more', async () => {
    const scene = new Scene()
    const { client } = await scene.connected()
    scene.server.forget('client')
    await scene.time.advance(2 * HEARTBEAT_MS)
    expect(client.phase()).toBe('connected')
    const count = scene.server.states.length
    await scene.time.advance(HEARTBEAT_MS)
    expect(scene.server.states.slice(count).map(({ seat }) => seat)).toContain('client')
  })
})

describe('a lost socket', () => {
  it('never touches the connection', async () => {
    for (const seat of ['client', 'reader'] as const) {
      const scene = new Scene()
      const pages = await scene.connected()
      pages[seat].socket.lose()
      await scene.time.advance(10_000)
      expect(pages[seat].states.at(-1)).toMatchObject({ phase: 'connected', online: false })
      pages[seat].socket.comeBack()
      await settle()
      expect([pages.client.phase(), pages.reader.phase()]).toEqual(['connected', 'connected'])
      expect([pages.client.peers.length, pages.reader.peers.length]).toEqual([1, 1])
      expect(scene.server.states.at(-1)?.state).toBe('connected')
    }
  })

  it('that took an offer with it is made good when it is back', async () => {
    const scene = new Scene()
    const client = scene.open('client')
    client.call.start()
    await settle()
    scene.server.loses = (event) => event !== 'session:join'
    const reader = scene.open('reader')
    reader.call.start()
    await settle()
    reader.socket.lose()
    scene.server.loses = () => false
    reader.socket.comeBack()
    await settle()
    expect([client.phase(), reader.phase()]).toEqual(['connected', 'connected'])
    expect(reader.peer().offersMade).toHaveLength(1)
  })
})

describe('a page that was reloaded', () => {
  it.each(['client', 'reader'] as const)('%s: is met by a new connection', async (seat) => {
    const scene = new Scene()
    const pages = await scene.connected()
    const other = seat === 'client' ? pages.reader : pages.client
    const next = await scene.reload(pages[seat])
    expect(next.phase()).toBe('connected')
    expect(other.phase()).toBe('connected')
    expect(other.peers.length).toBe(2)
    expect(other.peers[0]?.signalingState).toBe('closed')
    expect([next.errors, other.errors]).toEqual([[], []])
  })

  it('is found out even when the other had lost its socket at the time', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    reader.socket.lose()
    const next = await scene.reload(client)
    reader.socket.comeBack()
    await settle()
    expect([next.phase(), reader.phase()]).toEqual(['connected', 'connected'])
  })

  it('keeps nothing of the old page: its late words change nothing', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    const stale = reader.peer().offersMade[0] ?? ''
    const next = await scene.reload(reader)
    const heard = client.peer().heard.length
    client.socket.hear('offer', { sessionId: SESSION_ID, description: { type: 'offer', sdp: stale } })
    await settle()
    expect(client.peers).toHaveLength(2)
    expect(client.peer().heard).toHaveLength(heard)
    expect([client.phase(), next.phase()]).toEqual(['connected', 'connected'])
  })
})

describe('a second tab', () => {
  it('takes the call over; the first stops and gives its devices back', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    const second = scene.open('client')
    second.call.start()
    await settle()
    expect(client.phase()).toBe('taken_over')
    expect(client.peer().signalingState).toBe('closed')
    expect([second.phase(), reader.phase()]).toEqual(['connected', 'connected'])
    client.socket.lose()
    client.socket.comeBack()
    await settle()
    expect(second.phase()).toBe('connected')
  })

  it('keeps the call from a first one that was away and did not hear of it', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    client.socket.lose()
    const second = scene.open('client')
    second.call.start()
    await settle()
    client.socket.comeBack()
    await settle()
    expect(client.phase()).toBe('taken_over')
    expect([second.phase(), reader.phase()]).toEqual(['connected', 'connected'])
  })
})

describe('the end', () => {
  it('of the session closes the connection for both', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    scene.server.tellAll('session:ended', { session: { id: SESSION_ID } })
    await settle()
    expect([client.phase(), reader.phase()]).toEqual(['ended', 'ended'])
    expect(scene.net.living()).toEqual([])
  })

  it('of another session changes nothing', async () => {
    const scene = new Scene()
    const { client } = await scene.connected()
    scene.server.tellAll('session:ended', { session: { id: 'another' } })
    scene.server.tellAll('session:taken-over', { sessionId: 'another' })
    await settle()
    expect(client.phase()).toBe('connected')
  })

  it('on one page is reported to the server, and later signals wake nothing', async () => {
    const scene = new Scene()
    const { client } = await scene.connected()
    client.call.stop()
    await settle()
    expect(client.phase()).toBe('stopped')
    expect(scene.server.states.findLast(({ seat }) => seat === 'client')?.state).toBe('interrupted')
    scene.server.tellAll('peer:joined', { sessionId: SESSION_ID })
    await scene.time.advance(30_000)
    expect(client.peers).toHaveLength(1)
    expect(client.phase()).toBe('stopped')
  })
})
