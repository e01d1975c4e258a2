/** Logs the start and the end of each session, with nothing of the users but their ids. */
import type { EndedSession, OpenSession } from '../../domain/session.ts'
import { MINUTE_MS } from '../../shared/time.ts'
import type { EngineEvent } from '../events.ts'
import type { Log } from '../ports.ts'

/**
 * Returns a listener that logs a line when the meter of a session first runs and one when the
 * session ends. After the loss of a disk they are the only record of it.
 */
export function createSessionLog(log: Log): (event: EngineEvent) => void {
  const running = new Set<string>()

  return (event) => {
    if (event.type === 'updated' && event.session.status === 'live') {
      const { session } = event
      // One that runs again after a pause has started before, in this process or an earlier one.
      if (session.pauses.length > 0 || running.has(session.id)) return
      running.add(session.id)
      log.info(aboutOf(session), 'a session started')
    }
    if (event.type === 'ended') {
      running.delete(event.session.id)
      log.info(
        { ...aboutOf(event.session), ...outcomeOf(event.session), ...unbilledIn(event.unbilledMs) },
        'a session ended',
      )
    }
  }
}

function aboutOf({ id: sessionId, clientId, readerId, kind, rateCents }: OpenSession | EndedSession): object {
  return { sessionId, clientId, readerId, kind, rateCents }
}

const unbilledIn = (unbilledMs: number | undefined): object =>
  unbilledMs === undefined ? {} : { unbilledMs }

function outcomeOf({ billedMs, chargedCents, earnedCents, endReason }: EndedSession): object {
  const minutes = Math.round((billedMs / MINUTE_MS) * 1000) / 1000
  return { minutes, chargedCents, earnedCents, endReason }
}
