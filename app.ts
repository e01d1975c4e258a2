/** Assembles Express, Socket.IO and the engine from the parts it is handed; opens no port. */
import { createServer, type Server as HttpServer } from 'node:http'
import express from 'express'
import { Server } from 'socket.io'
import { Refusal } from './domain/errors.ts'
import type { Admin } from './engine/accounts/operator.ts'
import { createEngine, type Engine, type EngineParts } from './engine/engine.ts'
import type { EngineEvent } from './engine/events.ts'
import type { Clock, Ice, Store } from './engine/ports.ts'
import {
  answerErrors,
  BODY_LIMIT_BYTES,
  createDoors,
  type Doors,
  type OnRefusal,
  onlyFromOurPages,
  onlyJson,
} from './http/boundary.ts'
import type { TrustsHop } from './http/client-address.ts'
import { createLogSums, LINES, type LogSums } from './http/log-summaries.ts'
import { createLoginGuard, type LoginGuard } from './http/login-throttle.ts'
import { addGauge, type Metrics } from './http/metrics.ts'
import { onlyOurOrigin } from './http/origin.ts'
import { onlyPlainAddresses, onlyPlainBodies } from './http/payload-limits.ts'
import { createLimiter, type Limiter, type Strictness } from './http/rate-limiter.ts'
import { createDisguise, noteRequests } from './http/request-log.ts'
import { type Door, doorsOf, onlyTheirMethods } from './http/route.ts'
import { limitRequests, ringKey } from './http/route-limits.ts'
import { securityHeaders } from './http/security-headers.ts'
import { preferCompressed } from './http/static.ts'
import { authRoutes } from './routes/auth.ts'
import { loginRoutes } from './routes/logins.ts'
import { operatorRoutes } from './routes/operator.ts'
import { noSuchPage, pageRoutes } from './routes/pages.ts'
import { recordRoutes } from './routes/records.ts'
import { sessionRoutes } from './routes/session.ts'
import { stripeRoutes, stripeWebhook } from './routes/stripe.ts'
import type { ErrorCode } from './shared/protocol/errors.ts'
import { PROTOCOL_VERSION } from './shared/protocol/version.ts'
import type { SettingsView } from './shared/protocol/views.ts'
import { createSignaling, type Page, type Pages } from './signaling.ts'
import { createSocketCaps } from './sockets/connection-limits.ts'
import { createSocketGuard } from './sockets/event-guard.ts'
import { limitPackets } from './sockets/packet-limits.ts'

const MESSAGE_LIMIT_BYTES = 64 * 1024
const RENDER_PROXIES = 2 // Cloudflare, then Render's own

const HTTP_LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000, // longer than a proxy keeps its connection to us, which must not be cut between two requests
  maxHeaderSize: 16 * 1024,
}

export interface AppParts extends Omit<EngineParts, 'announce'> {
  ice: Ice
  sessionSecret: string
  production: boolean
  publicOrigin: string | undefined
  /** The folder of the pages. */
  publicDir: string
  /** What the pages are told beside the terms and the timeouts. */
  pageSettings: Pick<SettingsView, 'supportEmail' | 'stripe' | 'stripePublishableKey'>
  /** Takes what the pages send to the stand-in for Stripe; never in production. */
  standin: express.Router | undefined
  /** Which of the limits' figures hold. */
  strictness: Strictness
  metrics: Metrics
  /** Who may read the metrics; nobody where it is undefined. */
  metricsToken: string | undefined
  /** Whether the disk has so little room that only what cannot wait is written. */
  isShort: () => boolean
}

export interface App {
  readonly server: HttpServer
  /** Every door there is. */
  readonly doors: readonly Door[]
  /** Every socket event that is answered, once somebody has connected. */
  readonly events: ReadonlySet<string>
  /** Takes up what the last run left open. To be called before the server listens. */
  recover(): Promise<void>
  /** Asks Stripe about every payment that is not yet final, and goes on doing so on a schedule. */
  sweep(): Promise<void>
  /** What the operator can do to an account. */
  readonly admin: Admin
  /** Freezes the meters, lets go of everybody, and resolves when nothing is left running. */
  stop(): Promise<void>
}

const LAST_ANSWERS_MS = 1_000 // for requests that are being answered while the server stops

export function createApp(parts: AppParts): App {
  const { production, publicOrigin, sessionSecret: secret, clock, log, strictness, metrics } = parts
  const proxies = production ? RENDER_PROXIES : 0
  const trustsHop: TrustsHop = (_address, hop) => hop < proxies
  const limiter = createLimiter({ clock, strictness })
  const lines = createLogSums({ clock, log })
  const onRefusal = noteRefusals(lines, metrics)

  const announce = (event: EngineEvent): void => {
    if (event.type === 'charged') metrics.charges.inc()
    if (event.type === 'ended' && event.unbilledMs !== undefined) {
      metrics.unbilledSessions.inc()
      metrics.unbilledSeconds.inc(event.unbilledMs / 1000)
    }
    if (event.type === 'updated' && event.session.status === 'accepted') {
      limiter.giveBack('unanswered', ringKey(event.session.clientId, event.session.readerId))
    }
    signaling.tell(event)
  }
  const engine = createEngine({ ...parts, announce })
  const doors = createDoors({ accounts: engine.accounts, secret, production, publicOrigin })
  let stopping = false

  const http = httpDoors({
    ...parts,
    engine,
    doors,
    trustsHop,
    lines,
    limiter,
    guard: createLoginGuard({ clock, limiter, strictness }),
    onRefusal,
    isStopping: () => stopping,
  })
  const server = createServer(HTTP_LIMITS, http.app)
  const caps = createSocketCaps({
    limiter,
    trustsHop,
    isSeated: ({ id, data }) =>
      data.sessions.some((sessionId: string) => engine.connections.isSeated(sessionId, id)),
  })
  const io: Pages = new Server(server, {
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
      if (!doors.isOurs(req.headers)) return refuse('cross_site')
      doors.identify(req.headers).then(
        (identity) => (caps.mayOpen(req, identity?.user.id) ? decide(null, true) : refuse('rate_limited')),
        (error) => {
          log.error({ err: error, event: 'handshake' }, 'a socket could not be identified')
          refuse('internal')
        },
      )
    },
  })
  io.engine.on('connection', caps.count)
  limitPackets(io.engine, { server, clock, limiter, log })
  const sockets = createSocketGuard<Page>({ limiter, log, metrics, onRefusal })
  const signaling = createSignaling({
    ...parts,
    graceMs: parts.patience.graceMs,
    io,
    doors,
    engine,
    caps,
    guard: sockets,
  })
  addGauge(metrics, 'soulseer_sockets', 'Open sockets', () => io.engine.clientsCount)
  showSessions(metrics, parts.store)

  return {
    server,
    doors: http.doors,
    events: sockets.events,
    recover: engine.recover,
    sweep: engine.wallet.startSweeping,
    admin: engine.admin,
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

interface HttpParts extends AppParts {
  engine: Engine
  doors: Doors
  trustsHop: TrustsHop
  lines: LogSums
  limiter: Limiter
  guard: LoginGuard
  onRefusal: OnRefusal
  isStopping: () => boolean
}

function httpDoors(parts: HttpParts): { app: express.Express; doors: Door[] } {
  const { engine, doors, production, publicOrigin, standin, limiter } = parts
  const operator = operatorRoutes(parts)
  const stripeNotices = stripeWebhook({ wallet: engine.wallet })
  const pages = pageRoutes({ ...parts, settings: settingsOf(parts) })
  const routes = [
    loginRoutes({ ...parts, accounts: engine.accounts }),
    authRoutes({ doors, ...engine }),
    recordRoutes({ ...parts, ...engine }),
    sessionRoutes({ doors, limiter, ...engine }),
    stripeRoutes({ doors, ...engine }),
  ]
  const known = doorsOf([operator, stripeNotices, pages, ...routes])

  const app = express()
  app.disable('x-powered-by')
  app.set('query parser', 'simple')
  app.set('trust proxy', parts.trustsHop)
  app.use(securityHeaders({ production, publicOrigin, stripe: parts.pageSettings.stripe }))
  app.use(tellTime(parts.clock))
  // Before everything that could send the health check elsewhere: a redirect would count as healthy.
  app.get('/healthz', operator)
  app.use(noteRequests({ ...parts, disguise: createDisguise(parts.sessionSecret) }))
  if (production && publicOrigin !== undefined) app.use(onlyOurOrigin(publicOrigin))
  app.use(onlyPlainAddresses, onlyTheirMethods(known))
  app.use(operator, stripeNotices)
  app.use(onlyFromOurPages(doors))
  if (standin) app.use('/stripe-standin', standin)
  app.use(preferCompressed(parts.publicDir), pages)
  app.use(limitRequests({ limiter, doors }))
  app.use(
    onlyJson,
    express.json({ limit: BODY_LIMIT_BYTES, inflate: false, type: () => true }),
    onlyPlainBodies,
  )
  app.use(routes)
  app.use(noSuchPage(parts))
  app.use(() => {
    throw new Refusal('not_found', 'There is nothing at this address.')
  })
  app.use(answerErrors(parts.log, parts.onRefusal))
  return { app, doors: known }
}

/** Returns what the pages are told; every figure is the one that the engine goes by. */
function settingsOf({ terms, patience, pageSettings }: AppParts): SettingsView {
  return {
    protocolVersion: PROTOCOL_VERSION,
    billingIntervalMs: terms.intervalMs,
    ringTimeoutMs: patience.ringMs,
    reconnectGraceMs: patience.graceMs,
    lowFundsCents: terms.lowFundsCents,
    partialMinute: terms.partialMinute,
    ...pageSettings,
  }
}

/** The instants that we tell are of our clock, and a page reads from this header how far its own is off. */
function tellTime(clock: Clock): express.RequestHandler {
  return (_request, response, next) => {
    response.setHeader('Date', new Date(clock.now()).toUTCString())
    next()
  }
}

/** What somebody who tries the doors leaves behind. */
const SUSPICIOUS: ReadonlySet<ErrorCode> = new Set([
  'bad_credentials',
  'forbidden',
  'cross_site',
  'bad_signature',
  'rate_limited',
])

function noteRefusals(lines: LogSums, metrics: Metrics): OnRefusal {
  return (code, about) => {
    metrics.refusals.inc({ code })
    if (!SUSPICIOUS.has(code)) return
    const sender = about.from ?? about.userId ?? ''
    const fields = { ...about, security: code }
    lines.write({ level: 'warn', sender, kind: code, fields, message: 'refused' }, LINES.refused)
  }
}

function showSessions(metrics: Metrics, store: Store): void {
  const count = (counts: (status: string) => boolean) =>
    store.read((view) => [...view.openSessions()].filter(({ status }) => counts(status)).length)
  addGauge(metrics, 'soulseer_sessions', 'Sessions that have not ended', () => count(() => true))
  addGauge(metrics, 'soulseer_sessions_live', 'Sessions whose meter runs', () =>
    count((status) => status === 'live'),
  )
}
