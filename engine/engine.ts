/** Wires together everything that SoulSeer does, except the outer layers and the outside world. */
import type { Terms } from '../domain/billing.ts'
import type { CardLimits } from '../domain/card-testing.ts'
import { type Access, createAccess } from './accounts/access.ts'
import { type AccountDeletion, createDeletion } from './accounts/deletion.ts'
import { createEarningsReports, type EarningsReports } from './accounts/earnings.ts'
import { type Admin, createAdmin } from './accounts/operator.ts'
import { createSuspensions } from './accounts/suspension.ts'
import { type Act, createAct } from './commit.ts'
import { type Announce, type Announcer, createAnnouncer } from './events.ts'
import { createMailOperations, type MailOperations } from './mail/operations.ts'
import { createOutbox, type Outbox } from './mail/outbox.ts'
import { createMailPreferences, type MailPreferences } from './mail/preferences.ts'
import { createWriting, type MailSettings } from './mail/writing.ts'
import { createMetering } from './metering.ts'
import { createWallet, type Wallet } from './payments/wallet.ts'
import type {
  Clock,
  DataKey,
  LastLook,
  Log,
  MailServer,
  NewId,
  Passwords,
  Payments,
  Store,
  WebAuthn,
} from './ports.ts'
import { createRecovery } from './recovery.ts'
import type { Charging } from './sessions/charging.ts'
import type { Connections } from './sessions/connections.ts'
import type { Timeouts } from './sessions/meter.ts'
import { createPresence, type Presence } from './sessions/presence.ts'
import { createSessionLog } from './sessions/session-log.ts'
import { createSessions, type Sessions } from './sessions/sessions.ts'
import { createLimits, type Limits } from './sessions/spending-limits.ts'

export interface EngineParts {
  store: Store
  clock: Clock
  log: Log
  newId: NewId
  payments: Payments
  passwords: Passwords
  webAuthn: WebAuthn
  dataKey: DataKey
  /** Undefined where no mail leaves. */
  mailServer: MailServer | undefined
  mail: MailSettings
  terms: Terms
  timeouts: Timeouts
  heartbeatTimeoutMs: number
  presenceGraceMs: number
  /** [B17] Bounds the interruptions of a session. */
  maxInterruptions: number
  /** Instant of the last complete look at the account at Stripe. */
  lastLook: LastLook
  /** Limits against card testing; undefined for none. */
  cardLimits: CardLimits | undefined
  /** Receives each event once it is on disk. */
  announce: Announce
}

export interface Engine extends Access {
  readonly sessions: Sessions
  readonly connections: Connections
  readonly presence: Presence
  readonly wallet: Wallet
  readonly limits: Limits
  readonly admin: Admin
  readonly earningsReports: EarningsReports
  readonly deletion: AccountDeletion
  readonly charging: Charging
  readonly outbox: Outbox
  readonly mail: MailOperations
  readonly mailPreferences: MailPreferences
  /** Recovers what the last run left open. */
  recover(): Promise<void>
  /** Refuses new sessions, pauses running ones, and stops all timers. */
  stop(): Promise<void>
}

/** Creates the engine. Each part is made from those before it. */
export function createEngine(parts: EngineParts): Engine {
  const { clock, log, newId, terms, passwords, webAuthn, dataKey } = parts
  const recovery = createRecovery({ store: parts.store, clock, log })
  const { store } = recovery
  const noteFailure = (message: string, fields: object) => (error: unknown) =>
    log.error({ ...fields, err: error }, message)

  const announcer = createAnnouncer()
  announcer.listen(createSessionLog(log))
  const act = createAct({ store, announce: announcer.announce })
  const metering = createMetering({
    act,
    announcer,
    store,
    clock,
    log,
    terms,
    timeouts: parts.timeouts,
    heartbeatTimeoutMs: parts.heartbeatTimeoutMs,
    maxInterruptions: parts.maxInterruptions,
  })
  const { charging, connections, meter, meterPort, gather, gatherOf } = metering
  const sessions = createSessions({
    act,
    store,
    newId,
    charging,
    terms,
    gather,
    sentMsOf: metering.evidence.sentMsOf,
  })
  const presence = createPresence({ act, store, clock, log, graceMs: parts.presenceGraceMs })
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
  announcer.listen(topUpWhenLow(wallet, noteFailure))
  const outbox = openOutbox(parts, { act, store, announcer, wallet })
  announcer.listen(parts.announce)
  const mail = createMailOperations({ act, store })
  const suspensions = createSuspensions({ act, charging, gather: gatherOf })
  const access = createAccess({ act, store, clock, log, newId, passwords, webAuthn, dataKey })
  const { passwordReset } = access
  const { origin } = parts.mail

  return {
    ...access,
    sessions,
    connections,
    presence,
    wallet,
    limits: createLimits({ act, store, charging }),
    admin: createAdmin({ act, store, newId, wallet, suspensions, meterPort, passwordReset, origin, mail }),
    earningsReports: createEarningsReports({ store }),
    deletion: createDeletion({
      act,
      store,
      mustProve: access.proofs.mustProve,
      cancelOpenPayments: wallet.cancelOpen,
      afterRemoval: forgetOutside(parts.mailServer, wallet, noteFailure),
    }),
    charging,
    outbox,
    mail,
    mailPreferences: createMailPreferences({ act, dataKey }),

    async recover() {
      await recovery.run(async () => {
        await sessions.recover()
        await meter.watchAll()
      })
      await presence.recover()
      metering.lastConfirmed.start()
    },

    async stop() {
      recovery.stop()
      meter.stop()
      metering.lastConfirmed.stop()
      wallet.stop()
      const sent = outbox.stop()
      // Changes that cannot be written now are made at the next start, from the last instant on
      // record.
      await sessions.stop().catch(noteFailure('running sessions could not be paused', {}))
      presence.stop()
      connections.stop()
      await passwordReset.stop()
      await sent
    },
  }
}

type NoteFailure = (message: string, fields: object) => (error: unknown) => void

/** Returns the function that removes what is kept of a deleted user outside the records. */
function forgetOutside(mailServer: MailServer | undefined, wallet: Wallet, noteFailure: NoteFailure) {
  return (userId: string): void => {
    mailServer?.forget([userId])
    wallet.deleteLeftCustomers().catch(noteFailure('a customer could not be deleted at Stripe', {}))
  }
}

/** Returns the listener that considers an automatic top-up whenever a client's money gets less. */
function topUpWhenLow(wallet: Wallet, noteFailure: NoteFailure): Announce {
  return (event) => {
    if (event.type !== 'charged' && event.type !== 'low') return
    const { clientId } = event.session
    wallet.automatic.consider(clientId).catch(noteFailure('an automatic top-up failed', { clientId }))
  }
}

/** Creates the outbox, which sends each mail soon after the commit that queued it. */
function openOutbox(
  { clock, log, dataKey, mail, mailServer, terms }: EngineParts,
  { act, store, announcer, wallet }: { act: Act; store: Store; announcer: Announcer; wallet: Wallet },
): Outbox {
  const { intervalMs } = terms
  const { noteCards } = wallet
  const write = createWriting({ store, dataKey, settings: mail, intervalMs, noteCards })
  const outbox = createOutbox({ act, store, clock, log, server: mailServer, write })
  announcer.listen((event) => {
    if (event.type === 'mail-queued') outbox.wake(event.farewell)
  })
  return outbox
}
