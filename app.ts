/** Assembles Express, Socket.IO and the engine from the parts it is handed; opens no port. */
import { createServer, type Server as HttpServer } from 'node:http'
import express from 'express'
import { Refusal } from './domain/errors.ts'
import type { Admin } from './engine/accounts/operator.ts'
import { createEngine, type Engine, type EngineParts } from './engine/engine.ts'
import type { EngineEvent } from './engine/events.ts'
import type { Clock, Ice } from './engine/ports.ts'
import { type Authentication, createAuthentication } from './http/authentication.ts'
import { rejectCrossSite } from './http/authorize.ts'
import type { TrustsHop } from './http/client-address.ts'
import { type OnRefusal, sendErrors } from './http/errors.ts'
import { factsOf, type SiteFacts } from './http/legal/facts.ts'
import { createLogSummaries, type LogSummaries } from './http/log-summaries.ts'
import { createLoginLog } from './http/login/login-log.ts'
import { createLoginThrottle } from './http/login/login-throttle.ts'
import { addGauge, addMailGauges, addSessionGauges, type Metrics } from './http/metrics.ts'
import { onlyOurOrigin } from './http/origin.ts'
import { createPageFiles, type PageFiles } from './http/page-files.ts'
import { onlyPlainAddresses, onlyPlainBodies } from './http/payload-limits.ts'
import { createRateLimiter, type RateLimiter, type Strictness } from './http/rate-limiter.ts'
import { createRefusalLog } from './http/refusal-log.ts'
import { createPseudonymize, logRequests } from './http/request-log.ts'
import { onlyKnownMethods, type Route, routesOf } from './http/route.ts'
import { limitRequests, ringKey } from './http/route-limits.ts'
import { securityHeaders } from './http/security-headers.ts'
import { compressTexts } from './http/static.ts'
import { BODY_LIMIT_BYTES, onlyJson } from './http/validate.ts'
import { authRoutes } from './routes/auth.ts'
import { legalPages, legalRoutes } from './routes/legal.ts'
import { loginRoutes } from './routes/logins.ts'
import { mailRoutes } from './routes/mail.ts'
import { operatorRoutes } from './routes/operator.ts'
import { noSuchPage, pageRoutes } from './routes/pages.ts'
import { passkeyRoutes } from './routes/passkeys.ts'
import { recordRoutes } from './routes/records.ts'
import { recoveryRoutes } from './routes/recovery.ts'
import { sessionRoutes } from './routes/session.ts'
import { stripeRoutes, stripeWebhook } from './routes/stripe.ts'
import { PROTOCOL_VERSION } from './shared/protocol/version.ts'
import type { SettingsView } from './shared/protocol/views.ts'
import { createSignaling } from './signaling.ts'
import { createConnectionLimits } from './sockets/connection-limits.ts'
import { createEventRouter } from './sockets/event-router.ts'
import { limitPackets } from './sockets/packet-limits.ts'
import { createSocketServer } from './sockets/server.ts'
import type { AppSocket } from './sockets/types.ts'

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
  /** Settings of the pages beside the terms and the timeouts. */
  pageSettings: Pick<SettingsView, 'supportEmail' | 'mail' | 'stripe' | 'stripePublishableKey'>
  /** The person or company that runs the site. */
  owner: SiteFacts['owner']
  /** Serves the pages' requests to the stand-in for Stripe; undefined in production. */
  standin: express.Router | undefined
  /** Shows the mails of a development server; undefined where mails leave, and in production. */
  devMailbox: express.Router | undefined
  /** Shows the pages in all their states, given their markup; undefined in production. */
  devStates: ((pageFor: PageFiles['pageFor']) => express.Router) | undefined
  /** Set of figures that the limits apply. */
  strictness: Strictness
  metrics: Metrics
  /** The bearer token for the metrics; undefined where no one may read them. */
  metricsToken: string | undefined
  /** Checks whether the disk has so little room that only what cannot wait is written. */
  isShort: () => boolean
}

export interface App {
  readonly server: HttpServer
  /** Every HTTP route. */
  readonly routes: readonly Route[]
  /** Every socket event that has a handler. */
  readonly events: ReadonlySet<string>
  /** Takes up what the last run left open. To be called before the server listens. */
  recover(): Promise<void>
  /** Keeps every reader who is available so, without a page: for made-up people. */
  keepReaders(): Promise<void>
  /** Asks Stripe about every payment that is not yet final, and goes on doing so on a schedule. */
  startPolling(): Promise<void>
  /** Sends queued mails, until the app stops. */
  startMail(): Promise<void>
  /** Commands of the operator for an account. */
  readonly admin: Admin
  /** Freezes the meters, disconnects everyone, and resolves when nothing is left running. */
  stop(): Promise<void>
}

const LAST_ANSWERS_MS = 1_000 // for requests that are under way when the server stops

export function createApp(parts: AppParts): App {
  const { production, publicOrigin, clock, log, store, ice, strictness, metrics } = parts
  const proxies = production ? RENDER_PROXIES : 0
  const trustsHop: TrustsHop = (_address, hop) => hop < proxies
  const rateLimiter = createRateLimiter({ clock, strictness })
  const logSummaries = createLogSummaries({ clock, log })
  const onRefusal = createRefusalLog({ logSummaries, metrics })

  const engine = createEngine({
    store,
    clock,
    log,
    newId: parts.newId,
    payments: parts.payments,
    passwords: parts.passwords,
    webAuthn: parts.webAuthn,
    dataKey: parts.dataKey,
    mailServer: parts.mailServer,
    mail: parts.mail,
    terms: parts.terms,
    timeouts: parts.timeouts,
    heartbeatTimeoutMs: parts.heartbeatTimeoutMs,
    presenceGraceMs: parts.presenceGraceMs,
    maxInterruptions: parts.maxInterruptions,
    lastLook: parts.lastLook,
    cardLimits: parts.cardLimits,
    announce(event) {
      countEvent(metrics, event)
      if (event.type === 'updated' && event.session.status === 'accepted') {
        rateLimiter.giveBack('unanswered', ringKey(event.session.clientId, event.session.readerId))
      }
      signaling.push(event)
    },
  })
  const auth = createAuthentication({
    accounts: engine.accounts,
    secret: parts.sessionSecret,
    production,
    publicOrigin,
  })
  let isStopping = false
  const http = createHttp({
    parts,
    engine,
    auth,
    trustsHop,
    logSummaries,
    rateLimiter,
    onRefusal,
    isStopping: () => isStopping,
  })
  const server = createServer(HTTP_LIMITS, http.app)
  const connectionLimits = createConnectionLimits({
    rateLimiter,
    trustsHop,
    isSeated: ({ id, data }) =>
      data.sessions.some((sessionId: string) => engine.connections.isSeated(sessionId, id)),
  })
  const io = createSocketServer({ server, auth, connectionLimits, onRefusal, log })
  limitPackets(io.engine, { server, clock, rateLimiter, log })
  const router = createEventRouter<AppSocket>({ rateLimiter, log, metrics, onRefusal })
  const signaling = createSignaling({
    io,
    auth,
    engine,
    store,
    ice,
    connectionLimits,
    router,
    clock,
    heartbeatTimeoutMs: parts.heartbeatTimeoutMs,
    graceMs: parts.timeouts.graceMs,
    log,
  })
  addGauge(metrics, 'soulseer_sockets', 'Open sockets', () => io.engine.clientsCount)
  addSessionGauges(metrics, store)
  addMailGauges(metrics, engine.mail.counts, parts.mailServer !== undefined)

  return {
    server,
    routes: http.routes,
    events: router.events,
    recover: engine.recover,
    keepReaders: engine.presence.keepAll,
    startPolling: engine.wallet.startPolling,
    startMail: engine.outbox.start,
    admin: engine.admin,
    async stop() {
      isStopping = true
      await engine.stop()
      // A browser keeps spare connections open on which it never asks for anything: closing would
      // wait for them.
      const cutOff = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS)
      await signaling.stop()
      clearTimeout(cutOff)
    },
  }
}

function countEvent(metrics: Metrics, event: EngineEvent): void {
  if (event.type === 'charged') metrics.charges.inc()
  if (event.type === 'ended' && event.unbilledMs !== undefined) {
    metrics.unbilledSessions.inc()
    metrics.unbilledSeconds.inc(event.unbilledMs / 1000)
  }
}

interface HttpParts {
  parts: AppParts
  engine: Engine
  auth: Authentication
  trustsHop: TrustsHop
  logSummaries: LogSummaries
  rateLimiter: RateLimiter
  onRefusal: OnRefusal
  isStopping: () => boolean
}

function createHttp(http: HttpParts): { app: express.Express; routes: Route[] } {
  const { auth, trustsHop, logSummaries, rateLimiter, onRefusal } = http
  const { production, publicOrigin, standin, devMailbox, devStates, metrics, log } = http.parts
  const files = createPageFiles(http.parts.publicDir)
  const { operator, webhook, legal, pages, forUsers } = createRouters(http, files)
  const routes = routesOf([operator, webhook, legal, pages, ...forUsers])

  const app = express()
  app.disable('x-powered-by')
  app.set('query parser', 'simple')
  app.set('trust proxy', trustsHop)
  app.use(securityHeaders({ production, publicOrigin, stripe: http.parts.pageSettings.stripe }))
  app.use(setDate(http.parts.clock))
  // Before everything that could send the health check elsewhere: a redirect would count as
  // healthy.
  app.get('/healthz', operator)
  const pseudonymize = createPseudonymize(http.parts.sessionSecret)
  app.use(logRequests({ logSummaries, metrics, pseudonymize }))
  if (production && publicOrigin !== undefined) app.use(onlyOurOrigin(publicOrigin))
  app.use(onlyPlainAddresses, onlyKnownMethods(routes))
  app.use(operator, webhook)
  app.use(rejectCrossSite(auth))
  if (standin) app.use('/stripe-standin', standin)
  if (devMailbox) app.use('/dev/mailbox', devMailbox)
  if (devStates) app.use('/dev/states', devStates(pagesAndTexts(files, http.parts)))
  app.use(compressTexts, legal, pages)
  app.use(limitRequests({ rateLimiter, auth }))
  app.use(
    onlyJson,
    express.json({ limit: BODY_LIMIT_BYTES, inflate: false, type: () => true }),
    onlyPlainBodies,
  )
  app.use(forUsers)
  app.use(noSuchPage(files))
  app.use(() => {
    throw new Refusal('not_found', 'Page not found.')
  })
  app.use(sendErrors(log, onRefusal))
  return { app, routes }
}

/** Returns how the markup of any page is found, the texts' too. */
function pagesAndTexts({ pageFor }: PageFiles, parts: Parameters<typeof factsOf>[0]): PageFiles['pageFor'] {
  const texts = legalPages(factsOf(parts))
  return async (name, role) => texts[name.replace('.html', '')] ?? pageFor(name, role)
}

function createRouters(
  { parts, engine, auth, logSummaries, rateLimiter, isStopping }: HttpParts,
  files: PageFiles,
) {
  const { metrics, metricsToken, isShort, publicDir, clock, strictness } = parts
  const {
    accounts,
    proofs,
    passkeys,
    passwordReset,
    addresses,
    sessions,
    presence,
    limits,
    wallet,
    earningsReports,
    deletion,
  } = engine
  const throttle = createLoginThrottle({ clock, rateLimiter, strictness })
  const loginLog = createLoginLog({ logSummaries, metrics })
  return {
    operator: operatorRoutes({ metrics, metricsToken, isStopping, isShort }),
    webhook: stripeWebhook({ wallet }),
    legal: legalRoutes({ facts: factsOf(parts), clock, publicOrigin: parts.publicOrigin }),
    pages: pageRoutes({ auth, publicDir, files, settings: settingsOf(parts) }),
    forUsers: [
      loginRoutes({ auth, accounts, throttle, rateLimiter, loginLog }),
      passkeyRoutes({ auth, passkeys, proofs, throttle, rateLimiter, loginLog }),
      mailRoutes({ mailPreferences: engine.mailPreferences }),
      recoveryRoutes({ auth, passwordReset, addresses, rateLimiter }),
      authRoutes({ auth, accounts, presence, sessions, limits }),
      recordRoutes({ auth, presence, sessions, earningsReports, deletion, rateLimiter }),
      sessionRoutes({ auth, rateLimiter, sessions, limits }),
      stripeRoutes({ auth, wallet }),
    ],
  }
}

/** Returns the settings of the pages; every figure is the one that the engine uses. */
function settingsOf({ terms, timeouts, pageSettings }: AppParts): SettingsView {
  return {
    protocolVersion: PROTOCOL_VERSION,
    billingIntervalMs: terms.intervalMs,
    ringTimeoutMs: timeouts.ringMs,
    reconnectGraceMs: timeouts.graceMs,
    lowFundsCents: terms.lowFundsCents,
    partialMinute: terms.partialMinute,
    ...pageSettings,
  }
}

/**
 * Sets the header by which a page learns how far its clock is off from ours, to which all instants
 * belong.
 */
function setDate(clock: Clock): express.RequestHandler {
  return (_request, response, next) => {
    response.setHeader('Date', new Date(clock.now()).toUTCString())
    next()
  }
}
