/**
 * Relays with the least that it takes: raw `ws`, which parses a message for its address, forwards
 * the text, and acknowledges.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

const rooms = new Map<string, Set<WebSocket>>()
const server = createServer()
const sockets = new WebSocketServer({ server, perMessageDeflate: false })

sockets.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => take(socket, data.toString()))
  socket.send('0{}')
})

function take(socket: WebSocket, text: string): void {
  if (text === '40') {
    socket.send('40{}')
    return
  }
  const start = text.indexOf('[')
  const number = text.slice(2, start)
  const [event, { sessionId }] = JSON.parse(text.slice(start)) as [string, { sessionId: string }]
  if (event === 'join') join(socket, sessionId)
  else
    for (const other of rooms.get(sessionId) ?? []) if (other !== socket) other.send(`42${text.slice(start)}`)
  socket.send(`43${number}[{"ok":true,"delivered":true}]`)
}

function join(socket: WebSocket, sessionId: string): void {
  const room = rooms.get(sessionId) ?? new Set()
  rooms.set(sessionId, room.add(socket))
}

server.listen(0, '127.0.0.1', () =>
  console.log(`ready at http://127.0.0.1:${(server.address() as AddressInfo).port}, raw ws`),
)
process.on('SIGTERM', () => process.exit(0))
