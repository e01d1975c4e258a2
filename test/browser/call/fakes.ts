/**
 * Fakes two pages of one session with a server between them, for tests of the call without a
 * browser.
 */
import { createCall } from '../../../browser/call/call.ts'
import type { Beat } from '../../../browser/call/signaling-channel.ts'
import type {
  Call,
  CallEnvironment,
  CallParts,
  CallSocket,
  CallState,
  ChatLine,
  EnvironmentListener,
  LocalMedia,
  MediaProblem,
  PeerMedia,
  Quality,
} from '../../../browser/call/types.ts'
import type { SessionKind } from '../../../shared/protocol/session.ts'
import type { Ack, Description, JoinAck, RtcState } from '../../../shared/protocol/socket.ts'
import { FakeNet, type FakePeer } from './fake-peer.ts'

export const SESSION_ID = 'session-1'
export const HEARTBEAT_MS = 3_000
export const GRACE_MS = 60_000

type Seat = 'client' | 'reader'
type Listener = (payload: never) => void

/** Timers that run when a test says so. */
export class FakeTime {
  private now = 1_000
  /** The time by which the wall clock was set back. */
  setBackMs = 0
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

  /** Lets time pass while nothing runs: what is due by then is late. */
  sleep(ms: number): void {
    this.now += ms
    // Browsers do not make up for the turns of an interval that were missed.
    for (const timer of this.due) if (timer.every && timer.at < this.now) timer.at = this.now
  }

  private next() {
    let first = this.due[0]
    for (const timer of this.due) if (first && timer.at < first.at) first = timer
    return first
  }

  async advance(ms: number): Promise<void> {
    const until = this.now + ms
    await settle()
    for (;;) {
      await drain()
      const next = this.next()
      if (!next || next.at > until) break
      this.now = Math.max(this.now, next.at)
      if (next.every) next.at += next.every
      else this.due = this.due.filter((one) => one !== next)
      next.run()
    }
    this.now = until
    await settle()
  }
}

/** Resolves after everything that waits for promises alone. */
function drain(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Lets everything that waits for nothing but other promises come to rest. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await drain()
}

/** Plays our server for a session, as far as the call can see. */
export class FakeServer {
  private readonly holders: Partial<Record<Seat, FakeSocket>> = {}
  readonly states: { seat: Seat; state: RtcState }[] = []
  /** Every report in full, with the instant at which it came. */
  readonly beats: ({ seat: Seat; at: number } & Beat)[] = []
  /**
   * The further fields that a newer server returns when a seat is taken, and the connected time it
   * has proof of.
   */
  joinMore: Partial<Pick<JoinAck, 'sentMs' | 'unbilledMs'>> = {}
  provenMs: number | undefined
  readonly relayed: { from: Seat; event: string; description?: Description }[] = []
  refusal: Ack<JoinAck> | undefined
  /** The number of times a seat was asked for. */
  joins = 0
  readonly after: CallEnvironment['after']

  private readonly time: FakeTime

  constructor(time: FakeTime) {
    this.time = time
    this.after = time.after
  }

  /** Drops what a test picks out, as a server does for a page that is just away. */
  loses: (event: string, from: Seat) => boolean = () => false
  /** Carries a relayed message: at once, unless a test delays or repeats it. */
  carry: (deliver: () => void) => void = (deliver) => deliver()

  receive(
    socket: FakeSocket,
    event: string,
    payload: { description?: Description; page?: string; again?: boolean } & Partial<Beat>,
  ): object {
    const { seat } = socket
    if (event === 'session:join') return this.join(socket, payload)
    if (this.holders[seat] !== socket)
      return { ok: false, error: { code: 'not_joined', message: 'Join first.' } }
    if (event === 'rtc:state') return this.report(seat, payload)
    const other = this.holders[otherSeat(seat)]
    if (!other || this.loses(event, seat)) return { ok: true, delivered: false }
    const { description } = payload
    this.relayed.push({ from: seat, event, ...(description ? { description } : {}) })
    this.carry(() => other.hear(event, payload))
    return { ok: true, delivered: true }
  }

  private report(seat: Seat, { state, now, heardAt, heardSince, sentMs }: Partial<Beat>): object {
    if (!state) return { ok: false, error: { code: 'invalid_input', message: 'Say how it is.' } }
    this.states.push({ seat, state })
    this.beats.push({ seat, at: this.time.read(), state, now, heardAt, heardSince, sentMs })
    return { ok: true, ...(this.provenMs === undefined ? {} : { provenMs: this.provenMs }) }
  }

  forget(seat: Seat): void {
    delete this.holders[seat]
  }

  /** A page that was closed leaves its seat to whichever page comes first. */
  close(seat: Seat): void {
    delete this.tabs[seat]
  }

  depart(socket: FakeSocket): void {
    if (this.holders[socket.seat] !== socket) return
    delete this.holders[socket.seat]
    this.holders[otherSeat(socket.seat)]?.hear('peer:left', { sessionId: SESSION_ID })
  }

  tellAll(event: string, payload: object): void {
    for (const socket of Object.values(this.holders)) socket.hear(event, payload)
  }

  /** The page that had each seat last, while it may come back. */
  private readonly tabs: Partial<Record<Seat, string>> = {}

  private join(socket: FakeSocket, { page, again }: { page?: string; again?: boolean }): object {
    this.joins += 1
    if (this.refusal) return this.refusal
    const before = this.holders[socket.seat]
    const tab = this.tabs[socket.seat]
    if (again && tab !== undefined && tab !== page)
      return { ok: false, error: { code: 'taken_over', message: 'Elsewhere.' } }
    if (page) this.tabs[socket.seat] = page
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
      graceMs: GRACE_MS,
      peerPresent: !!other,
      session: { pauses: [] },
      ...this.joinMore,
    }
  }
}

/** As much of a Socket.IO socket as the call uses. */
class FakeSocket {
  connected = true
  id = 1
  /** The number of times the page has reopened it. */
  opened = 0
  /** Says that it is connected, and carries nothing: what a sleep leaves behind. */
  dead = false
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

  timeout(ms: number) {
    return {
      emit: (event: string, payload: object, done: (error: Error | null, ack?: object) => void) => {
        if (this.dead) return void this.server.after(ms, () => done(new Error('no answer in time')))
        queueMicrotask(() => {
          const ack = this.server.receive(this, event, payload)
          // Not before what the server has said to this page already: a socket keeps the order.
          queueMicrotask(() => done(null, ack))
        })
      },
      emitWithAck: (event: string, payload: object) =>
        new Promise((resolve, reject) => {
          const { emit } = this.timeout(ms)
          emit(event, payload, (error, ack) => (error ? reject(error) : resolve(ack)))
        }),
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
    this.dead = false
    this.id += 1
    this.fire('connect', {})
  }

  disconnect(): this {
    if (this.connected) this.lose()
    return this
  }

  connect(): this {
    this.opened += 1
    queueMicrotask(() => this.connected || this.comeBack())
    return this
  }

  private fire(event: string, payload: object): void {
    for (const listener of this.listeners.get(event) ?? []) listener(payload as never)
  }
}

/** The events that a page's call has reported, and the connections it has opened. */
interface Told {
  states: CallState[]
  chat: ChatLine[]
  delivered: string[]
  errors: unknown[]
  peers: FakePeer[]
  local: LocalMedia[]
  theirs: (PeerMedia | undefined)[]
  quality: (Quality | undefined)[]
  problems: (MediaProblem | undefined)[]
  previews: (MediaStream | undefined)[]
  /** The listener to the page's environment. */
  around: EnvironmentListener | undefined
  /** Nothing of it runs any more. */
  gone: boolean
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
  readonly server = new FakeServer(this.time)
  private pages = 0
  private counting = false

  open(seat: Seat, more: Partial<CallParts> & Partial<Capture> = {}): Page {
    this.pages += 1
    const socket = new FakeSocket(seat, this.server)
    const page: Told = {
      states: [],
      chat: [],
      delivered: [],
      errors: [],
      peers: [],
      local: [],
      theirs: [],
      quality: [],
      problems: [],
      previews: [],
      around: undefined,
      gone: false,
    }
    const { getMedia, getDisplay, ...parts } = more
    const call = createCall({
      socket: socket as unknown as CallSocket,
      sessionId: SESSION_ID,
      kind: 'chat' satisfies SessionKind,
      onState: (state) => page.states.push(state),
      onJoined: () => call.setCounting(this.counting),
      onChat: (line) => page.chat.push(line),
      onDelivered: (id) => page.delivered.push(id),
      onError: (error) => page.errors.push(error),
      onLocalMedia: (media) => page.local.push(media),
      onPeerMedia: (media) => page.theirs.push(media),
      onQuality: (quality) => page.quality.push(quality),
      onProblem: (problem) => page.problems.push(problem),
      onLocalStream: (stream) => page.previews.push(stream),
      environment: this.environmentOf(page, `page-${this.pages}`, { getMedia, getDisplay }),
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
  async connected(more: Partial<CallParts> & Partial<Capture> = {}): Promise<{ client: Page; reader: Page }> {
    const client = this.open('client', more)
    const reader = this.open('reader', more)
    client.call.start()
    reader.call.start()
    await settle()
    return { client, reader }
  }

  /** Opens both pages, connects them, and reports that the meter counts. */
  async live(more: Partial<CallParts> & Partial<Capture> = {}): Promise<{ client: Page; reader: Page }> {
    const pages = await this.connected(more)
    this.count(true, ...Object.values(pages))
    await settle()
    return pages
  }

  /** Sends both pages the server's state of the meter. */
  count(counting: boolean, ...pages: Page[]): void {
    this.counting = counting
    for (const page of pages) page.call.setCounting(counting)
  }

  /** The page is loaded again: what it knew is gone, and its connection with it. */
  async reload(page: Page, more: Partial<CallParts> & Partial<Capture> = {}): Promise<Page> {
    page.socket.lose()
    this.server.close(page.socket.seat)
    page.peers.at(-1)?.close()
    page.gone = true
    return this.secondTab(page, more)
  }

  /** The same person opens the session once more. */
  async secondTab({ socket }: Page, more: Partial<CallParts> & Partial<Capture> = {}): Promise<Page> {
    const next = this.open(socket.seat, more)
    next.call.start()
    await settle()
    return next
  }

  private environmentOf(
    page: Told,
    id: string,
    { getMedia, getDisplay }: { [name in keyof Capture]: Capture[name] | undefined },
  ): CallEnvironment {
    return {
      openPeer: (config) => {
        const peer = this.net.open(config)
        page.peers.push(peer)
        return peer as unknown as RTCPeerConnection
      },
      openStream: (tracks = []) => fakeStream(...(tracks as unknown as FakeTrack[])),
      getMedia: getMedia ?? (async () => fakeStream()),
      getDisplay: getDisplay ?? (async () => fakeStream(fakeTrack('video'))),
      watch: (listener) => {
        page.around = listener
        return () => {
          page.around = undefined
        }
      },
      after: (ms, run) => this.time.after(ms, () => page.gone || run()),
      every: (ms, run) => this.time.every(ms, () => page.gone || run()),
      now: () => this.time.read() - this.time.setBackMs,
      steady: this.time.read,
      newId: () => id,
    }
  }
}

type Capture = Pick<CallEnvironment, 'getMedia' | 'getDisplay'>

export interface FakeTrack {
  kind: 'audio' | 'video'
  enabled: boolean
  muted: boolean
  stopped: boolean
  contentHint: string
  onended: (() => void) | null
  getSettings(): { deviceId: string }
  clone(): FakeTrack
  stop(): void
}

export function fakeTrack(kind: 'audio' | 'video', deviceId = `default ${kind}`): FakeTrack {
  const track: FakeTrack = {
    kind,
    enabled: true,
    muted: false,
    stopped: false,
    contentHint: '',
    onended: null,
    getSettings: () => ({ deviceId }),
    clone: () => Object.assign(fakeTrack(kind, deviceId), { enabled: track.enabled }),
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
