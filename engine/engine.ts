import type { Terms } from '../domain/billing.ts'
import type { CardLimits } from '../domain/card-testing.ts'
import { type Accounts, createAccounts } from './accounts/accounts.ts'
import { createFarewell, type Farewell } from './accounts/deletion.ts'
import { createTakings, type Takings } from './accounts/earnings.ts'
import { type Admin, createAdmin } from './accounts/operator.ts'
import { createBans } from './accounts/suspension.ts'
import { createAct } from './commit.ts'
import type { Announce } from './events.ts'
import { createWallet, type Wallet } from './payments/wallet.ts'
import type { Clock, LastLook, Log, NewId, Passwords, Payments, Store } from './ports.ts'
import { createRecovery } from './recovery.ts'
import { createSettlements, type Settlements } from './sessions/charging.ts'
import { type Connections, createConnections } from './sessions/connections.ts'
import { createMeter, type Patience } from './sessions/meter.ts'
import { createPresence, type Presence } from './sessions/presence.ts'
import { createSessionLog } from './sessions/session-log.ts'
import { createSessions, type Sessions } from './sessions/sessions.ts'
import { createLimits, type Limits } from './sessions/spending-limits.ts'
import { createMeterPort } from './sessions/wallet-moves.ts'

export interface EngineParts {
  store: Store
  clock: Clock
  log: Log
  newId: NewId
  payments: Payments
  passwords: Passwords
  terms: Terms
  patience: Patience
  heartbeatTimeoutMs: number
  presenceGraceMs: number
  /** [B17] Bounds the interruptions of a session. */
  maxInterruptions: number
  /** When the account at Stripe was last looked through. */
  lastLook: LastLook
  /** Against people who try out stolen cards; undefined where nothing is limited. */
  cardLimits: CardLimits | undefined
  /** Hears what happened, once it is on disk. */
  announce: Announce
}

export interface Engine {
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly connections: Connections
  readonly presence: Presence
  readonly wallet: Wallet
  readonly limits: Limits
  readonly admin: Admin
  readonly takings: Takings
  readonly farewell: Farewell
  readonly settlements: Settlements
  /** Takes up what the last run left open. */
  recover(): Promise<void>
  /** Refuses new sessions, pauses what runs, and wakes no more. */
  stop(): Promise<void>
}

/** What SoulSeer does, wired together: everything but the doors and the outside world. */
export function createEngine(parts: EngineParts): Engine {
  const { clock, log, newId, terms, heartbeatTimeoutMs } = parts
  const recovery = createRecovery(parts)
  const { store } = recovery
  const noteFailure = (message: string, fields: object) => (error: unknown) =>
    log.error({ ...fields, err: error }, message)

  const noteSession = createSessionLog(log)
  const announce: Announce = (event) => {
    noteSession(event)
    if ('session' in event) connections.note(event.session)
    if (event.type === 'ended') connections.forget(event.session.id)
    meter.hear(event)
    if (event.type === 'charged') topUpWhereDue(event.session.clientId)
    if (event.type === 'low') topUpWhereDue(event.session.clientId)
    parts.announce(event)
  }
  const act = createAct({ store, announce })
  const settlements = createSettlements(
    terms,
    (sessionId) => connections.silence(sessionId),
    parts.maxInterruptions,
    {
      provenUntil: (live) => connections.provenUntil(live),
      causeOf: (live) => connections.causeOf(live),
      sentMsOf: (sessionId) => connections.sentMsOf(sessionId),
    },
  )
  const connections = createConnections({
    act,
    store,
    clock,
    log,
    settlements,
    heartbeatTimeoutMs,
    graceMs: parts.patience.graceMs,
    ask: (sessionId, holder) => announce({ type: 'ask', sessionId, holder }),
  })
  const meter = createMeter({
    act,
    store,
    clock,
    log,
    settlements,
    terms,
    patience: parts.patience,
    witnessMs: Math.ceil(heartbeatTimeoutMs / 2),
    lastGoodAt: connections.lastGoodAt,
    isAnyoneThere: connections.isAnyoneThere,
    provenUntil: connections.provenUntil,
    whenProven: connections.whenProven,
  })
  const sessions = createSessions({
    act,
    store,
    newId,
    settlements,
    terms,
    gather: connections.gather,
  })
  const limits = createLimits({ act, store, settlements })
  const presence = createPresence({ act, store, clock, log, graceMs: parts.presenceGraceMs })
  const accounts = createAccounts({ act, store, newId, passwords: parts.passwords })
  /** Asks the pages of somebody's running session for what they have received until now. */
  const gatherOf = async (userId: string): Promise<number | undefined> => {
    const open = await store.read((view) => view.openSessionOf(userId))
    return open && connections.gather(open.id)
  }
  const meterPort = createMeterPort({ act, log, settlements, gatherOf })
  const wallet = createWallet({
    act,
    store,
    clock,
    payments: parts.payments,
    newId,
    log,
    lastLook: parts.lastLook,
    cardLimits: parts.cardLimits,
    meter: meterPort,
  })
  const topUpWhereDue = (clientId: string): void => {
    wallet.automatic.consider(clientId).catch(noteFailure('an automatic top-up failed', { clientId }))
  }
  const bans = createBans({ act, settlements, gather: gatherOf })
  const admin = createAdmin({ act, store, newId, wallet, bans, meter: meterPort })

  return {
    accounts,
    sessions,
    connections,
    presence,
    wallet,
    limits,
    admin,
    takings: createTakings({ store }),
    farewell: createFarewell({
      act,
      store,
      passwords: parts.passwords,
      cancelOpenPayments: wallet.cancelOpen,
      afterRemoval: () => {
        wallet.deleteLeftCustomers().catch(noteFailure('a customer could not be deleted at Stripe', {}))
      },
    }),
    settlements,

    async recover() {
      await recovery.run(async () => {
        await sessions.recover()
        await meter.watchAll()
      })
      await presence.recover()
      meter.start()
    },

    async stop() {
      recovery.stop()
      meter.stop()
      wallet.stop()
      // What cannot be written now is done by the next start, from the last instant on record.
      await sessions.stop().catch(noteFailure('running sessions could not be paused', {}))
      presence.stop()
      connections.stop()
    },
  }
}
