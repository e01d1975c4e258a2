/**
 * Remembers in this browser why a reader missed a request; the server keeps the requests
 * themselves.
 */
import type { EndReason, SessionView } from '../../shared/protocol/session.ts'

/** Says why: it could not be heard, it rang behind other windows, or it rang in plain view. */
export type WhyMissed = 'silent' | 'behind' | 'rang'

const REASONS: readonly WhyMissed[] = ['silent', 'behind', 'rang']

const KEY = 'soulseer.missed'
const KEPT = 20
const WEEK_MS = 7 * 24 * 60 * 60 * 1000

export function noteMissed(sessionId: string, why: WhyMissed): void {
  const all = { ...notes(), [sessionId]: why }
  const latest = Object.fromEntries(Object.entries(all).slice(-KEPT))
  try {
    localStorage.setItem(KEY, JSON.stringify(latest))
  } catch {
    // No reasons are shown if the browser keeps nothing.
  }
}

/** Returns the reason; undefined where the request never reached this browser. */
export function whyMissed(sessionId: string): WhyMissed | undefined {
  return REASONS.find((reason) => reason === notes()[sessionId])
}

const MISSED: readonly (EndReason | undefined)[] = ['missed', 'cancelled']

/** Returns the requests that timed out or were cancelled in the week before `now`, latest first. */
export function missedLately(sessions: readonly SessionView[], now: number): SessionView[] {
  return sessions.filter(
    ({ endReason, requestedAt }) => MISSED.includes(endReason) && requestedAt > now - WEEK_MS,
  )
}

function notes(): Record<string, unknown> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return typeof kept === 'object' && kept !== null ? { ...kept } : {}
  } catch {
    return {}
  }
}
