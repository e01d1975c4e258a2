/**
 * Creates the Socket.IO server, which takes a handshake only from our own pages and within the
 * limits.
 */
import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import type { Log } from '../engine/ports.ts'
import type { Authentication } from '../http/authentication.ts'
import type { OnRefusal } from '../http/errors.ts'
import type { ErrorCode } from '../shared/protocol/errors.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import type { AppServer } from './types.ts'

const MESSAGE_LIMIT_BYTES = 64 * 1024

export function createSocketServer(parts: {
  server: HttpServer
  auth: Authentication
  connectionLimits: ConnectionLimits
  onRefusal: OnRefusal
  log: Log
}): AppServer {
  const { server, auth, connectionLimits, onRefusal, log } = parts
  const io: AppServer = new Server(server, {
    serveClient: false,
    maxHttpBufferSize: MESSAGE_LIMIT_BYTES,
    connectTimeout: 10_000,
    pingInterval: 10_000,
    pingTimeout: 8_000,
    httpCompression: false,
    // A browser sends the cookie along from any page, and CORS does not apply to WebSockets.
    allowRequest: (req, decide) => {
      const refuse = (code: ErrorCode) => {
        onRefusal(code, { event: 'handshake' })
        decide(null, false)
      }
      if (!auth.isOurs(req.headers)) return refuse('cross_site')
      auth.identify(req.headers).then(
        (identity) => {
          if (connectionLimits.mayOpen(req, identity?.user.id)) decide(null, true)
          else refuse('rate_limited')
        },
        (error) => {
          log.error({ err: error, event: 'handshake' }, 'a socket could not be identified')
          refuse('internal')
        },
      )
    },
  })
  io.engine.on('connection', connectionLimits.count)
  return io
}
