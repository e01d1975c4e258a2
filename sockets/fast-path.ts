/**
 * Reads the events that pages send many times a second where they come off the wire: Socket.IO's
 * own way through its layers costs more than all the work that is done here. The protocol on the
 * wire stays Socket.IO's, and so does the way of all other events.
 */
import type { Socket } from 'socket.io'

type Handshake = Socket['handshake']

/** One event as it was received. */
export interface ReceivedEvent {
  readonly payload: unknown
  /** Acknowledges it; undefined when no acknowledgement was asked for. */
  readonly reply: ((ack: object) => void) | undefined
  /** The event and its payload as they were written; undefined when more came with them. */
  readonly text: string | undefined
}

export type OnEvent = (event: string, received: ReceivedEvent) => void

const EVENT = '2'
const ACK = '3'
const MESSAGE = '4' // Engine.IO's mark of everything that is Socket.IO's
const LONGEST_ID = 15 // digits that a number holds exactly

/**
 * Calls `onEvent` for everything that a socket sends; only the events that are `known` take the
 * short way.
 */
export function intercept(socket: Socket, known: ReadonlySet<string>, onEvent: OnEvent): void {
  const pieces: unknown[] = []
  socket.conn.on('packetCreate', beginBuffer)
  // "packet" comes before Engine.IO acts on what it got, and a "noop" is something it does nothing
  // about.
  socket.conn.on('packet', (packet: { type: string; data?: unknown }) => {
    forgetPieces(socket, pieces)
    if (packet.type !== 'message' || typeof packet.data !== 'string') return
    if (socket.connected && interceptText(socket, packet.data, known, onEvent)) packet.type = 'noop'
  })
  socket.onAny((event: unknown, ...received: unknown[]) => {
    const last = received.at(-1)
    const reply = typeof last === 'function' ? (last as ReceivedEvent['reply']) : undefined
    const payload = reply === received[0] ? undefined : received[0]
    onEvent(String(event), { payload, reply, text: undefined })
  })
}

// A list that has lived since a socket's last message, seconds ago, is old to V8, and so is all
// that is put into it: thrown away, it is found only when the whole heap is looked through.
// Engine.IO and ws put each message into such a list (docs/decisions/0021-rare-collections.md).

/**
 * Starts a new list for Engine.IO's packets that wait to be sent, before the next packet goes into
 * it.
 */
function beginBuffer(this: { writeBuffer?: unknown[] }): void {
  if (this.writeBuffer?.length === 0) this.writeBuffer = []
}

/** The fields in which ws keeps the message that it has just put together. */
interface Receiver {
  _fragments?: unknown[]
  _mask?: unknown
}

/**
 * Lets go of the message that has just come, and has the next one's pieces put into `pieces`, one
 * list for good.
 */
function forgetPieces({ conn }: Socket, pieces: unknown[]): void {
  const receiver = (conn.transport as { socket?: { _receiver?: Receiver } }).socket?._receiver
  if (!receiver?._fragments) return
  pieces.length = 0
  receiver._fragments = pieces
  receiver._mask = undefined
}

/** Sends an event to another socket exactly as it was received. */
export function forward(to: Socket, text: string): void {
  if (to.connected) write(to, EVENT, text)
}

/** Writes an event once, and returns the function that sends it to each of many sockets. */
export function prepared(event: string, payload: object): (to: Socket) => void {
  const text = JSON.stringify([event, payload])
  const frame = textFrame(MESSAGE + EVENT, text)
  return (to) => {
    if (to.connected) send(to, EVENT + text, frame)
  }
}

/**
 * Forgets the request that opened a socket, once the user is known: Node would keep it, and with it
 * the cookie, for as long as the socket is open.
 */
export function forgetRequest(socket: Socket): void {
  const { request, conn } = socket
  request.headers = {}
  request.rawHeaders = []
  Object.assign(conn, { request: undefined })
  Object.assign(socket, { handshake: FORGOTTEN })
}

const FORGOTTEN: Handshake = Object.freeze({
  headers: {},
  time: '',
  address: '',
  xdomain: false,
  secure: false,
  issued: 0,
  url: '',
  query: {},
  auth: {},
})

/**
 * Returns whether `onEvent` was called. What is not a plain event of a known name is left to
 * Socket.IO.
 */
function interceptText(socket: Socket, said: string, known: ReadonlySet<string>, onEvent: OnEvent): boolean {
  if (!said.startsWith(EVENT)) return false
  const start = endOfDigits(said)
  const id = said.slice(EVENT.length, start)
  const event = nameIn(said, start)
  if (id.length > LONGEST_ID || !known.has(event)) return false
  const text = said.slice(start)
  const parts = partsOf(text)
  if (!parts) return false
  const reply = id === '' ? undefined : (ack: object) => acknowledge(socket, id, ack)
  onEvent(event, { payload: parts[1], reply, text: parts.length === 2 ? text : undefined })
  return true
}

function endOfDigits(text: string): number {
  let at = EVENT.length
  while (text.charCodeAt(at) >= DIGIT_0 && text.charCodeAt(at) <= DIGIT_9) at += 1
  return at
}

const DIGIT_0 = 0x30
const DIGIT_9 = 0x39

/** The name in `["name",…`, as far as it is written plainly. */
function nameIn(text: string, start: number): string {
  return text.startsWith('["', start) ? text.slice(start + 2, text.indexOf('"', start + 2)) : ''
}

function partsOf(text: string): unknown[] | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function acknowledge(socket: Socket, id: string, ack: object): void {
  if (socket.connected) write(socket, ACK + id, `[${JSON.stringify(ack)}]`)
}

function write(to: Socket, head: string, text: string): void {
  send(to, head + text, isOnWebSocket(to) ? textFrame(MESSAGE + head, text) : undefined)
}

const isOnWebSocket = ({ conn }: Socket): boolean => conn.transport.name === 'websocket'

/**
 * Engine.IO sends the frame instead of making one of the text, which saves the system a second
 * piece to gather. What its transport can take at once goes there at once.
 */
function send({ conn }: Socket, text: string, frame: Buffer | undefined): void {
  const options = frame && { compress: false, wsPreEncodedFrame: [frame] }
  const { transport, readyState } = conn
  if (options && readyState === 'open' && transport.writable) {
    transport.send([{ type: 'message', data: text, options }])
  } else conn.send(text, options)
}

const FINAL_TEXT = 0x81
const LENGTH_16 = 126
const LENGTH_64 = 127

/**
 * Returns a server's WebSocket frame with `head`, which is ASCII, and `text`: RFC 6455, section
 * 5.2.
 */
export function textFrame(head: string, text: string): Buffer {
  const length = head.length + Buffer.byteLength(text)
  const start = length < LENGTH_16 ? 2 : length < 0x1_0000 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = FINAL_TEXT
  frame[1] = start === 2 ? length : start === 4 ? LENGTH_16 : LENGTH_64
  if (start === 4) frame.writeUInt16BE(length, 2)
  if (start === 10) frame.writeBigUInt64BE(BigInt(length), 2)
  frame.write(head, start, 'latin1')
  frame.write(text, start + head.length)
  return frame
}

/**
 * Checks whether everything that was received has also been kept: nothing was there that the schema
 * does not know.
 */
export function isAllKept(received: unknown, kept: unknown): boolean {
  if (typeof received !== 'object' || received === null) return received === kept
  if (typeof kept !== 'object' || kept === null) return false
  const whole = received as Readonly<Record<string, unknown>>
  const known = kept as Readonly<Record<string, unknown>>
  for (const key of Object.keys(whole)) if (!isAllKept(whole[key], known[key])) return false
  return true
}
