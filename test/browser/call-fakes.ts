/** Two pages of one session with a fake server between them, for tests of the call without a browser. */
import { type Call, type CallParts, type CallState, type ChatLine, createCall } from '../../browser/call.ts'
import type { CallSocket } from '../../browser/call-wire.ts'
import type { CallWorld } from '../../browser/call-world.ts'
import type { Ack, Description, JoinAck, RtcState, SessionKind } from '../../shared/protocol.ts'
import { FakeNet, type FakePeer } from './call-fake-peer.ts'

export const SESSION_ID = 'session-1'
export const HEARTBEAT_MS = 3_000

type Seat = 'client' | 'reader'
type Listener = (payload: never) => void

/** Timers that run when a test says so. */
export class FakeTime {
  private now = 1_000
  private due: { at: number; every: number | undefined; run: () => void }[] = []

  after = (ms: number, run: () => void, every?: number): (() => void) => {
    const timer = { at: this.now + ms, every, run }
    this.due.push(timer)
    return () => {
      this.due = this.due.filter((one) => one !== timer)
      timer.every = undefined
    }
  }

  every = (ms: number, run: () => void): (() => void) => this.after(ms, run, ms)

  read = (): number => this.now

  async advance(ms: number): Promise<void> {
    const until = this.now + ms
    for (;;) {
      await settle()
      const next = this.due.toSorted((one, other) => one.at - other.at)[0]
      if (!next || next.at > until) break
      this.now = next.at
      if (next.every) next.at += next.every
      else this.due = this.due.filter((one) => one !== next)
      next.run()
    }
    this.now = until
    await settle()
  }
}

/** Lets everything that waits for nothing but other promises come to rest. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** What our server does for a session, as far as the call can see. */
export class FakeServer {
  private readonly holders: Partial<Record<Seat, FakeSocket>> = {}
  readonly states: { seat: Seat; state: RtcState }[] = []
  readonly relayed: { from: Seat; event: string; description?: Description }[] = []
  refusal: Ack<JoinAck> | undefined
  /** Drops what a test picks out, as a server does for a page that is just away. */
  loses: (event: string, from: Seat) => boolean = () => false
  /** How a relayed word travels: at once, unless a test delays or repeats it. */
  carry: (deliver: () => void) => void = (deliver) => deliver()

  receive(
    socket: FakeSocket,
    event: string,
    payload: { description?: Description; state?: RtcState },
  ): object {
    const { seat } = socket
    if (event === 'session:join') return this.join(socket)
    if (this.holders[seat] !== socket)
      return { ok: false, error: { code: 'not_joined', message: 'Join first.' } }
    if (payload.state) this.states.push({ seat, state: payload.state })
    if (event === 'rtc:state') return { ok: true }
    const other = this.holders[otherSeat(seat)]
    if (!other || this.loses(event, seat)) return { ok: true, delivered: false }
    const { description } = payload
    this.relayed.push({ from: seat, event, ...(description ? { description } : {}) })
    this.carry(() => other.hear(event, payload))
    return { ok: true, delivered: true }
  }

  forget(seat: Seat): void {
    delete this.holders[seat]
  }

  depart(socket: FakeSocket): void {
    if (this.holders[socket.seat] !== socket) return
    delete this.holders[socket.seat]
    this.holders[otherSeat(socket.seat)]?.hear('peer:left', { sessionId: SESSION_ID })
  }

  tellAll(event: string, payload: object): void {
    for (const socket of Object.values(this.holders)) socket.hear(event, payload)
  }

  private join(socket: FakeSocket): object {
    if (this.refusal) return this.refusal
    const before = this.holders[socket.seat]
    this.holders[socket.seat] = socket
    if (before && before !== socket) before.hear('session:taken-over', { sessionId: SESSION_ID })
    const other = this.holders[otherSeat(socket.seat)]
    other?.hear('peer:joined', { sessionId: SESSION_ID })
    return {
      ok: true,
      iceServers: [],
      iceTransportPolicy: 'all',
      polite: socket.seat === 'client',
      heartbeatMs: HEARTBEAT_MS,
      peerPresent: !!other,
    }
  }
}

/** As much of a Socket.IO socket as the call uses. */
class FakeSocket {
  connected = true
  readonly seat: Seat
  private readonly server: FakeServer
  private readonly listeners = new Map<string, Set<Listener>>()

  constructor(seat: Seat, server: FakeServer) {
    this.seat = seat
    this.server = server
  }

  on(event: string, listener: Listener): this {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener))
    return this
  }

  off(event: string, listener: Listener): this {
    this.listeners.get(event)?.delete(listener)
    return this
  }

  timeout() {
    return {
      emit: (event: string, payload: object, done: (error: Error | null, ack?: object) => void) => {
        queueMicrotask(() => done(null, this.server.receive(this, event, payload)))
      },
      emitWithAck: async (event: string, payload: object) => this.server.receive(this, event, payload),
    }
  }

  hear(event: string, payload: object): void {
    queueMicrotask(() => this.connected && this.fire(event, payload))
  }

  lose(): void {
    this.connected = false
    this.server.depart(this)
    this.fire('disconnect', {})
  }

  comeBack(): void {
    this.connected = true
    this.fire('connect', {})
  }

  private fire(event: string, payload: object): void {
    for (const listener of this.listeners.get(event) ?? []) listener(payload as never)
  }
}

/** Everything a page's call has told it, and the connections it has opened. */
interface Told {
  states: CallState[]
  chat: ChatLine[]
  delivered: string[]
  errors: unknown[]
  peers: FakePeer[]
}

/** A page with this session open. */
export interface Page extends Told {
  call: Call
  socket: FakeSocket
  phase(): CallState['phase'] | undefined
  peer(): FakePeer
}

export class Scene {
  readonly net = new FakeNet()
  readonly time = new FakeTime()
  readonly server = new FakeServer()
  private pages = 0

  open(seat: Seat, more: Partial<CallParts> & { getMedia?: CallWorld['getMedia'] } = {}): Page {
    this.pages += 1
    const socket = new FakeSocket(seat, this.server)
    const page: Told = { states: [], chat: [], delivered: [], errors: [], peers: [] }
    const { getMedia, ...parts } = more
    const call = createCall({
      socket: socket as unknown as CallSocket,
      sessionId: SESSION_ID,
      kind: 'chat' satisfies SessionKind,
      onState: (state) => page.states.push(state),
      onChat: (line) => page.chat.push(line),
      onDelivered: (id) => page.delivered.push(id),
      onError: (error) => page.errors.push(error),
      world: this.worldOf(page, `page-${this.pages}`, getMedia),
      ...parts,
    })
    return Object.assign(page, {
      call,
      socket,
      phase: () => page.states.at(-1)?.phase,
      peer: () => last(page.peers),
    })
  }

  /** Both pages open and connected. */
  async connected(): Promise<{ client: Page; reader: Page }> {
    const client = this.open('client')
    const reader = this.open('reader')
    client.call.start()
    reader.call.start()
    await settle()
    return { client, reader }
  }

  /** The page is loaded again: what it knew is gone, and its connection with it. */
  async reload(page: Page): Promise<Page> {
    page.socket.lose()
    page.peer().close()
    const next = this.open(page.socket.seat)
    next.call.start()
    await settle()
    return next
  }

  private worldOf(page: { peers: FakePeer[] }, id: string, getMedia?: CallWorld['getMedia']): CallWorld {
    return {
      openPeer: (config) => {
        const peer = this.net.open(config)
        page.peers.push(peer)
        return peer as unknown as RTCPeerConnection
      },
      openStream: () => fakeStream(),
      getMedia: getMedia ?? (async () => fakeStream()),
      after: (ms, run) => this.time.after(ms, run),
      every: this.time.every,
      now: this.time.read,
      newId: () => id,
    }
  }
}

export interface FakeTrack {
  kind: 'audio' | 'video'
  enabled: boolean
  stopped: boolean
  onended: (() => void) | null
  stop(): void
}

export function fakeTrack(kind: 'audio' | 'video'): FakeTrack {
  const track: FakeTrack = {
    kind,
    enabled: true,
    stopped: false,
    onended: null,
    stop: () => {
      track.stopped = true
    },
  }
  return track
}

export function fakeStream(...tracks: FakeTrack[]): MediaStream {
  return {
    getTracks: () => tracks,
    getAudioTracks: () => tracks.filter((track) => track.kind === 'audio'),
    getVideoTracks: () => tracks.filter((track) => track.kind === 'video'),
    addTrack: (track: FakeTrack) => tracks.push(track),
  } as unknown as MediaStream
}

function otherSeat(seat: Seat): Seat {
  return seat === 'client' ? 'reader' : 'client'
}

function last<T>(items: readonly T[]): T {
  const item = items.at(-1)
  if (!item) throw new Error('nothing there')
  return item
}
