/** Assembles Express, Socket.IO and the engine from the parts it is handed; opens no port. */
import { createServer, type Server as HttpServer } from 'node:http'
import express from 'express'
import { Server } from 'socket.io'
import { answerErrors, createDoors, type Doors, onlyFromOurPages, onlyJson } from './boundary.ts'
import { Refusal } from './domain/errors.ts'
import { createEngine, type Engine, type EngineParts } from './engine/engine.ts'
import type { Ice } from './engine/ports.ts'
import { securityHeaders } from './headers.ts'
import { authRoutes } from './routes/auth.ts'
import { pageRoutes } from './routes/pages.ts'
import { sessionRoutes } from './routes/session.ts'
import { stripeRoutes, stripeWebhook } from './routes/stripe.ts'
import type { SettingsView } from './shared/protocol.ts'
import { createSignaling, type Pages } from './signaling.ts'

const BODY_LIMIT = '64kb'
const MESSAGE_LIMIT_BYTES = 64 * 1024
const RENDER_PROXIES = 2 // Cloudflare, then Render's own

export interface AppParts extends Omit<EngineParts, 'announce'> {
  ice: Ice
  sessionSecret: string
  production: boolean
  publicOrigin: string | undefined
  /** The folder of the pages. */
  publicDir: string
  settings: SettingsView
  /** Takes what the pages send to the stand-in for Stripe; never in production. */
  standin: express.Router | undefined
}

export interface App {
  readonly server: HttpServer
  /** Takes up what the last run left open. To be called before the server listens. */
  recover(): Promise<void>
  /** Asks Stripe about every payment that is not yet final. */
  sweep(): Promise<void>
  /** Freezes the meters, lets go of everybody, and resolves when nothing is left running. */
  stop(): Promise<void>
}

const LAST_ANSWERS_MS = 1_000 // for requests that are being answered while the server stops

export function createApp(parts: AppParts): App {
  const engine = createEngine({ ...parts, announce: (event) => signaling.tell(event) })
  const { production, publicOrigin, sessionSecret: secret } = parts
  const doors = createDoors({ accounts: engine.accounts, secret, production, publicOrigin })
  let stopping = false

  const server = createServer(httpDoors({ ...parts, engine, doors, isStopping: () => stopping }))
  const io: Pages = new Server(server, {
    serveClient: false,
    maxHttpBufferSize: MESSAGE_LIMIT_BYTES,
    connectTimeout: 10_000,
    pingInterval: 10_000,
    pingTimeout: 8_000,
    // A browser sends the cookie along from any page, and CORS does not apply to WebSockets.
    allowRequest: (req, decide) => decide(null, doors.isOurs(req.headers)),
  })
  const signaling = createSignaling({ ...parts, io, doors, engine })

  return {
    server,
    recover: engine.recover,
    sweep: engine.wallet.sweep,
    async stop() {
      stopping = true
      await engine.stop()
      // A browser keeps spare connections open on which it never asks for anything: closing would wait for them.
      const cutOff = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS)
      await signaling.stop()
      clearTimeout(cutOff)
    },
  }
}

function httpDoors(
  parts: AppParts & { engine: Engine; doors: Doors; isStopping: () => boolean },
): express.Express {
  const { engine, doors, production, publicOrigin, publicDir, settings, standin } = parts
  const app = express()
  app.disable('x-powered-by')
  app.set('query parser', 'simple')
  app.set('trust proxy', production ? RENDER_PROXIES : false)
  app.use(securityHeaders({ production, publicOrigin, stripe: settings.stripe }))
  app.get('/healthz', (_req, res) => {
    const stopping = parts.isStopping()
    res.status(stopping ? 503 : 200).json({ status: stopping ? 'stopping' : 'ok' })
  })
  app.use(stripeWebhook({ wallet: engine.wallet }))
  app.use(onlyFromOurPages(doors))
  if (standin) app.use('/stripe-standin', standin)
  app.use(onlyJson, express.json({ limit: BODY_LIMIT, type: () => true }))
  app.use(pageRoutes({ doors, publicDir, settings }))
  app.use(authRoutes({ doors, ...engine }))
  app.use(sessionRoutes({ doors, ...engine }))
  app.use(stripeRoutes({ doors, ...engine }))
  app.use(() => {
    throw new Refusal('not_found', 'There is nothing at this address.')
  })
  app.use(answerErrors(parts.log))
  return app
}
