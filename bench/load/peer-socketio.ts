/**
 * Relays as most people write it: Socket.IO, a room a session, an acknowledgement, no
 * authentication.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'

const server = createServer()
const io = new Server(server, { serveClient: false })

io.on('connection', (socket) => {
  socket.on('join', ({ sessionId }: { sessionId: string }, reply: (ack: object) => void) => {
    socket.join(sessionId)
    reply({ ok: true })
  })
  socket.on('ice-candidate', (payload: { sessionId: string }, reply: (ack: object) => void) => {
    socket.to(payload.sessionId).emit('ice-candidate', payload)
    reply({ ok: true, delivered: true })
  })
})

server.listen(0, '127.0.0.1', () =>
  console.log(`ready at http://127.0.0.1:${(server.address() as AddressInfo).port}, socket.io`),
)
process.on('SIGTERM', () => process.exit(0))
