import * as billing from '../../domain/billing.ts'
import { draftOfLive } from '../../domain/drafts.ts'
import type { LiveSession, OpenSession } from '../../domain/session.ts'
import { isStarted } from '../../domain/session.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { EngineEvent } from '../events.ts'
import type { Clock, Log, Store, View } from '../ports.ts'
import { fundsOf, type Settlements, turnOf } from './charging.ts'

/** How long each state that waits for a person may last. */
export interface Patience {
  readonly ringMs: number
  readonly connectMs: number
  readonly graceMs: number
}

export interface Meter {
  /** Watches the session that an event is about, as it is now. Takes everything that is announced. */
  hear(event: EngineEvent): void
  /** Watches every open session, as after a start that has taken them up. */
  watchAll(): Promise<void>
  /** Begins to write down, again and again, the last instant at which the people of each live session were both connected. */
  start(): void
  stop(): void
}

/**
 * Wakes for each open session at the next instant that matters to it and does what that instant calls for. What is due
 * comes from stored instants, so a wake-up that is late, doubled or lost in a restart changes no amount.
 */
export function createMeter(parts: {
  act: Act
  store: Store
  clock: Clock
  log: Log
  settlements: Settlements
  terms: billing.Terms
  patience: Patience
  /** How often what is known of the connections is written down: what a crash may cost a reader at the most. */
  witnessMs: number
  /** The last instant at which both people of a live session were heard to be connected; undefined when unknown. */
  lastGoodAt: (sessionId: string) => number | undefined
  /** Whether anybody holds a seat of the session. */
  isAnyoneThere: (sessionId: string) => boolean
  /** [B18] How far both have proven to be connected, from where the meter stands; Infinity where neither page proves anything. */
  provenUntil: (live: LiveSession) => number
  /** Calls `wake` once they have proven to be connected up to `instant`; returns the way to call it off. */
  whenProven: (sessionId: string, instant: number, wake: () => void) => () => void
}): Meter {
  const { act, store, clock, log, settlements, terms, patience } = parts
  const alarms = new Map<string, () => void>()
  /** The sessions whose wake-up is being written; each is watched again when it is. */
  const waking = new Set<string>()
  let stopped = false

  const dueAt = (view: View, open: OpenSession): number => {
    if (open.status === 'requested') return open.requestedAt + patience.ringMs
    if (open.status === 'accepted') return open.acceptedAt + patience.connectMs
    if (open.status === 'paused') return open.pausedAt + patience.graceMs
    return Math.min(billing.nextWake(open, fundsOf(view, open), terms), turnOf(view, open))
  }

  const doWhatIsDue = (tx: TellingTx, open: OpenSession): void => {
    if (tx.now < dueAt(tx, open)) return
    if (open.status === 'requested') settlements.end(tx, open, 'missed')
    else if (open.status === 'accepted') settlements.end(tx, open, 'never_connected')
    else if (open.status === 'paused') settlements.end(tx, open, reasonOfAbsence(open))
    else settlements.advance(tx, open, tx.now, 'tick')
  }

  const reasonOfAbsence = (open: OpenSession) => {
    const stopped = open.status === 'paused' && open.pauses.at(-1)?.cause === 'server_stopped'
    return stopped && !parts.isAnyoneThere(open.id) ? 'server_stopped' : 'connection_lost'
  }

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

  /** A full disk refuses a settlement; nothing is lost by posting it later. */
  const tryAgain = (sessionId: string) => (error: unknown) => {
    log.error({ err: error, sessionId }, 'a settlement was refused; it will be tried again')
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

  const hear = (event: EngineEvent): void => {
    if (!isMove(event) || waking.has(event.session.id)) return
    const { id: sessionId } = event.session
    watch(sessionId).catch((error) => log.error({ err: error, sessionId }, 'a session could not be watched'))
  }

  /** At the instant, or as soon as both pages have proven to be connected up to it where it has come. */
  const wakeAt = (due: number, open: OpenSession): (() => void) => {
    const ring = () => wake(open.id)
    const isUnproven = open.status === 'live' && due <= clock.now() && parts.provenUntil(open) < due
    return isUnproven ? parts.whenProven(open.id, due, ring) : clock.at(due, ring)
  }

  const witnessed = (live: LiveSession): LiveSession => {
    const lastGoodAt = parts.lastGoodAt(live.id)
    if (lastGoodAt === undefined || lastGoodAt <= live.witnessedAt) return live
    const draft = draftOfLive(live)
    draft.witnessedAt = lastGoodAt
    return draft
  }

  const witness = async (): Promise<void> => {
    const ids = await store.read((view) => [...view.openSessions()].map(({ id }) => id))
    for (let from = 0; from < ids.length; from += WITNESS_BATCH) {
      await store.commit((tx) => {
        for (const id of ids.slice(from, from + WITNESS_BATCH)) {
          const open = tx.openSession(id)
          if (open?.status === 'live' && witnessed(open) !== open) tx.putSession(witnessed(open))
        }
      }, 'session')
    }
  }

  let cancelWitness: (() => void) | undefined
  const witnessLater = (): void => {
    cancelWitness = clock.at(clock.now() + parts.witnessMs, () => {
      witness()
        .catch((error) => log.error({ err: error }, 'the witness could not be written down'))
        .then(() => stopped || witnessLater())
    })
  }

  return {
    hear,

    async watchAll() {
      const ids = await store.read((view) => [...view.openSessions()].map(({ id }) => id))
      await Promise.all(ids.map(watch))
    },

    start: witnessLater,

    stop() {
      stopped = true
      cancelWitness?.()
      for (const cancel of alarms.values()) cancel()
      alarms.clear()
    },
  }
}

type Move = EngineEvent & { type: 'updated' | 'clock' }

/** Whether the event may change when its session is due; what has started tells its clock with every change. */
const isMove = (event: EngineEvent): event is Move =>
  event.type === 'clock' || (event.type === 'updated' && !isStarted(event.session))

const RETRY_MS = 1_000
const WITNESS_BATCH = 100 // a longer commit would keep a charge waiting
