/** Counts and logs every log-in, so that the operator finds whose account was tried. */
import type { Request } from 'express'
import { Refusal } from '../../domain/errors.ts'
import { LINES, type LogSummaries } from '../log-summaries.ts'
import type { Metrics } from '../metrics.ts'
import { notesOf } from '../request-log.ts'

const DONE = 'logged_in'

/** The account that a log-in was for. */
export interface TriedAccount {
  /** Undefined where there is none. */
  readonly userId: string | undefined
  /** The browser has been logged in to it before. */
  readonly isKnown: boolean
}

export interface LoginLog {
  /** Runs `logIn` and notes what came of it. */
  noting<T>(req: Request, tried: TriedAccount, logIn: () => Promise<T>): Promise<T>
}

export function createLoginLog(parts: { logSummaries: LogSummaries; metrics: Metrics }): LoginLog {
  const { logSummaries, metrics } = parts

  const note = (req: Request, { userId, isKnown: knownDevice }: TriedAccount, outcome: string): void => {
    const notes = notesOf(req)
    metrics.logins.inc({ outcome })
    const fields = { ...notes, userId, path: req.path, security: 'login', outcome, knownDevice }
    const kind = `login ${outcome}`
    logSummaries.write(
      { level: 'info', sender: notes?.from ?? '', kind, fields, message: 'a log-in' },
      outcome === DONE ? LINES.answered : LINES.refused,
    )
  }

  return {
    async noting(req, tried, logIn) {
      try {
        const done = await logIn()
        note(req, tried, DONE)
        return done
      } catch (error) {
        note(req, tried, error instanceof Refusal ? error.code : 'internal')
        throw error
      }
    },
  }
}
