/** Schedules when each open payment, and the whole account at Stripe, is asked about. */
import { ageOf, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../shared/time.ts'
import type { Clock, Log } from '../ports.ts'
import type { Polling, Unfinished } from './polling.ts'
import type { Reconcile } from './reconcile.ts'

/**
 * Ages at which a payment is polled: soon while a client waits, and then every six hours for three
 * days.
 */
const AGES_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS]
const THEN_EVERY_MS = 6 * HOUR_MS
const DAILY_MS = 24 * HOUR_MS
/**
 * Delays after which the whole account is reconciled again when Stripe did not respond, and before
 * the daily time.
 */
const AGAIN_MS = [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS]

/** Returns the age at which a payment of this age is polled next, in milliseconds. */
export function nextAge(ageMs: number): number {
  const soon = AGES_MS.find((each) => each > ageMs)
  if (soon !== undefined) return soon
  return HOUR_MS + THEN_EVERY_MS * (Math.floor((ageMs - HOUR_MS) / THEN_EVERY_MS) + 1)
}

export interface PollingSchedule {
  /**
   * Polls everything that is open now, and from then on each payment at its times and the whole
   * account once a day: also 1, 5 and 30 minutes after Stripe did not respond.
   */
  start(): Promise<void>
  /**
   * Reconciles the account in a minute, as after a look without a response; does nothing before
   * {@link start}.
   */
  lookSoon(): void
  /** Schedules a new top-up that is on disk; does nothing before {@link start}. */
  watch(open: Unfinished): void
  stop(): void
}

export function createPollingSchedule(parts: {
  clock: Clock
  log: Log
  polling: Polling
  /** Covers everything else that Stripe knows: refunds, disputes, unmatched payments. */
  reconcile: Reconcile
}): PollingSchedule {
  const { clock, log, polling, reconcile } = parts
  const alarms = new Map<string, () => void>()
  let running = false

  const ring = (key: string, instant: number, work: () => Promise<void>): void => {
    if (!running) return
    alarms.get(key)?.()
    const wake = () => {
      alarms.delete(key)
      work().catch((error) => log.error({ err: error, key }, 'payments could not be reconciled'))
    }
    alarms.set(key, clock.at(instant, wake))
  }

  const watch = ({ userId, topUp }: Unfinished): void => {
    const { id, createdAt } = topUp
    const ageMs = ageOf(createdAt, clock.now())
    ring(id, clock.now() + nextAge(ageMs) - ageMs, () => again(userId, id))
  }

  const again = async (userId: string, topUpId: string): Promise<void> => {
    const open = await polling.find(userId, topUpId)
    if (open) await polling.one(open)
    const still = open && (await polling.find(userId, topUpId))
    if (still) watch(still)
  }

  const pollAll = async (): Promise<boolean> => {
    const answers: boolean[] = []
    for (const open of await polling.unfinished()) answers.push(await polling.one(open))
    return answers.every(Boolean)
  }

  /** Reconciles the account; `tries` counts the looks since `failedAt` without a response. */
  const look = async (
    first: boolean,
    isAnswered: boolean,
    failedAt = clock.now(),
    tries = 0,
  ): Promise<void> => {
    const isClean = await reconcile(first).catch((error: unknown) => {
      log.error({ err: error }, 'the look through the account at Stripe is not complete')
      return false
    })
    if (!isClean || !isAnswered) lookAgain(first, failedAt, tries)
  }

  const lookAgain = (first: boolean, failedAt: number, tries: number): void => {
    const afterMs = AGAIN_MS[tries]
    if (afterMs === undefined) return
    ring('again', failedAt + afterMs, async () => look(first, await pollAll(), failedAt, tries + 1))
  }

  const everyDay = (): void =>
    ring('day', clock.now() + DAILY_MS, async () => {
      everyDay()
      await look(false, true)
    })

  return {
    watch,

    async start() {
      running = true
      everyDay()
      const isAnswered = await pollAll()
      for (const open of await polling.unfinished()) watch(open)
      await look(true, isAnswered)
    },

    lookSoon() {
      if (!alarms.has('again')) lookAgain(false, clock.now(), 0)
    },

    stop() {
      running = false
      for (const cancel of alarms.values()) cancel()
      alarms.clear()
    },
  }
}
