/**
 * Wakes for each open session at the next instant that matters to it, and does what is due then.
 */
import * as billing from '../../domain/billing.ts'
import { isStarted, type OpenSession } from '../../domain/session.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { EngineEvent } from '../events.ts'
import type { Clock, Log, Store, View } from '../ports.ts'
import { fundsOf, turnOf } from './charge-up-to.ts'
import type { Charging } from './charging.ts'
import type { Evidence } from './evidence.ts'
import type { Gatherer } from './gathering.ts'

/** Longest time of each state that waits for a person. */
export interface Timeouts {
  readonly ringMs: number
  readonly connectMs: number
  readonly graceMs: number
}

export interface Meter {
  /**
   * Watches the session that an event is about, in its new state. Takes every event that is
   * announced.
   */
  hear(event: EngineEvent): void
  /** Watches every open session; for a start, once recovery is done. */
  watchAll(): Promise<void>
  stop(): void
}

interface MeterParts {
  act: Act
  store: Store
  clock: Clock
  log: Log
  charging: Charging
  evidence: Pick<Evidence, 'isAnyoneThere' | 'provenUntil'>
  gatherer: Pick<Gatherer, 'whenProven'>
  terms: billing.Terms
  timeouts: Timeouts
}

/**
 * Creates the meter. What is due comes from stored instants, so a wake-up that is late, doubled or
 * lost in a restart changes no amount.
 */
export function createMeter(parts: MeterParts): Meter {
  const { act, store, clock, log, evidence, gatherer } = parts
  const { dueAt, doWhatIsDue } = createDues(parts)
  const alarms = new Map<string, () => void>()
  /** The sessions whose wake-up is being committed; each is watched again when it is. */
  const waking = new Set<string>()
  let stopped = false

  const wake = (sessionId: string): void => {
    alarms.delete(sessionId)
    waking.add(sessionId)
    act((tx) => {
      const open = tx.openSession(sessionId)
      if (open) doWhatIsDue(tx, open)
    }, 'session')
      .finally(() => waking.delete(sessionId))
      .then(() => watch(sessionId), tryAgain(sessionId))
  }

  /** Retries later: a full disk refuses a charge, and nothing is lost by posting it later. */
  const tryAgain = (sessionId: string) => (error: unknown) => {
    log.error({ err: error, sessionId }, 'a charge was refused; it will be retried')
    if (!stopped)
      alarms.set(
        sessionId,
        clock.at(clock.now() + RETRY_MS, () => wake(sessionId)),
      )
  }

  const watch = async (sessionId: string): Promise<void> => {
    if (stopped) return
    const next = await store.read((view) => {
      const open = view.openSession(sessionId)
      return open && { due: dueAt(view, open), open }
    })
    alarms.get(sessionId)?.()
    alarms.delete(sessionId)
    if (next && !stopped) alarms.set(sessionId, wakeAt(next.due, next.open))
  }

  /**
   * Wakes at the instant or, where it has come, as soon as both pages have proven to be connected
   * up to it.
   */
  const wakeAt = (due: number, open: OpenSession): (() => void) => {
    const ring = () => wake(open.id)
    const isUnproven = open.status === 'live' && due <= clock.now() && evidence.provenUntil(open) < due
    return isUnproven ? gatherer.whenProven(open.id, due, ring) : clock.at(due, ring)
  }

  return {
    hear(event) {
      if (!isMove(event) || waking.has(event.session.id)) return
      const { id: sessionId } = event.session
      watch(sessionId).catch((error) =>
        log.error({ err: error, sessionId }, 'a session could not be watched'),
      )
    },

    async watchAll() {
      const ids = await store.read((view) => [...view.openSessions()].map(({ id }) => id))
      await Promise.all(ids.map(watch))
    },

    stop() {
      stopped = true
      for (const cancel of alarms.values()) cancel()
      alarms.clear()
    },
  }
}

interface Dues {
  /** Returns the next instant that matters to an open session. */
  dueAt(view: View, open: OpenSession): number
  /** Does what is due by now, if anything is. */
  doWhatIsDue(tx: TellingTx, open: OpenSession): void
}

function createDues({ charging, evidence, terms, timeouts }: MeterParts): Dues {
  const dueAt = (view: View, open: OpenSession): number => {
    if (open.status === 'requested') return open.requestedAt + timeouts.ringMs
    if (open.status === 'accepted') return open.acceptedAt + timeouts.connectMs
    if (open.status === 'paused') return open.pausedAt + timeouts.graceMs
    return Math.min(billing.nextWake(open, fundsOf(view, open), terms), turnOf(view, open))
  }

  const reasonOfAbsence = (open: OpenSession) => {
    const stopped = open.status === 'paused' && open.pauses.at(-1)?.cause === 'server_stopped'
    return stopped && !evidence.isAnyoneThere(open.id) ? 'server_stopped' : 'connection_lost'
  }

  return {
    dueAt,
    doWhatIsDue(tx, open) {
      if (tx.now < dueAt(tx, open)) return
      if (open.status === 'requested') charging.end(tx, open, 'missed')
      else if (open.status === 'accepted') charging.end(tx, open, 'never_connected')
      else if (open.status === 'paused') charging.end(tx, open, reasonOfAbsence(open))
      else charging.chargeUpTo(tx, open, tx.now, 'tick')
    },
  }
}

type Move = EngineEvent & { type: 'updated' | 'clock' }

/**
 * Returns true where the event may change when its session is due. A started session announces its
 * clock with every change.
 */
const isMove = (event: EngineEvent): event is Move =>
  event.type === 'clock' || (event.type === 'updated' && !isStarted(event.session))

const RETRY_MS = 1_000
