/** What the tests of the store share: a quiet log, a clock that stands still, and two people. */
import type { request } from '../../domain/session.ts'
import type { Client, Reader } from '../../domain/user.ts'
import type { Clock, Log } from '../../engine/ports.ts'
import { cents, NO_CENTS } from '../../shared/money.ts'

export const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

export interface StillClock extends Clock {
  /** Moves on and wakes whoever is due. */
  advance(ms: number): void
}

export function stillClock(startAt = 1_700_000_000_000): StillClock {
  let now = startAt
  let alarms: { instant: number; wake: () => void }[] = []
  return {
    now: () => now,
    at: (instant, wake) => {
      const alarm = { instant, wake }
      alarms.push(alarm)
      return () => {
        alarms = alarms.filter((other) => other !== alarm)
      }
    },
    advance: (ms) => {
      now += ms
      const due = alarms.filter((alarm) => alarm.instant <= now)
      alarms = alarms.filter((alarm) => alarm.instant > now)
      for (const alarm of due) alarm.wake()
    },
  }
}

/** Parts for a store that must not fail: a fatal error is thrown where the test can see it. */
export function testParts(clock: Clock = stillClock()) {
  return {
    clock,
    log: quiet,
    onFatal: (error: unknown) => {
      throw error
    },
  }
}

export const ana: Client = {
  id: 'ana',
  role: 'client',
  name: 'Ana',
  email: 'ana@example.com',
  passwordHash: 'hash',
  createdAt: 1,
  logins: [],
  balanceCents: NO_CENTS,
  topUps: [],
}

export const rosa: Reader = {
  id: 'rosa',
  role: 'reader',
  name: 'Rosa',
  email: 'rosa@example.com',
  passwordHash: 'hash',
  createdAt: 1,
  logins: [],
  rateCents: cents(200),
  available: true,
}

export const agreed: Parameters<typeof request>[0] = {
  id: 's1',
  clientId: 'ana',
  clientName: 'Ana',
  readerId: 'rosa',
  readerName: 'Rosa',
  kind: 'video',
  rateCents: cents(200),
  requestedAt: 1,
}
