/** Carries out one attempt to send a mail, from its mark to its end on record. */
import { Refusal } from '../../domain/errors.ts'
import { SECOND_MS } from '../../shared/time.ts'
import type { Act } from '../commit.ts'
import type { Log, MailOutcome, MailServer } from '../ports.ts'
import { type Begun, beginAttempt, endAttempt } from './progress.ts'
import type { WriteMail } from './writing.ts'

const RECORD_AGAIN_MS = 10 * SECOND_MS

/**
 * Sends a mail once; `farewell` is the address of an account that was deleted. Calls `noteOutcome`
 * before the end is recorded. Resolves with undefined where the mail is not to be sent.
 */
export type Deliver = (
  id: string,
  farewell: string | undefined,
  noteOutcome: (outcome: MailOutcome) => void,
) => Promise<MailOutcome | undefined>

export function createDelivery(parts: {
  act: Act
  log: Log
  server: MailServer
  write: WriteMail
  /** Resolves after a while. */
  pause: (ms: number) => Promise<void>
  isRunning: () => boolean
}): Deliver {
  const { act, log, server, write, pause, isRunning } = parts

  const attempt = async (begun: Begun): Promise<MailOutcome> => {
    const { id } = begun.mail
    const letter = await write(begun).catch((error: unknown) => {
      log.error({ mailId: id, err: error }, 'a mail could not be written')
    })
    if (!letter) return { kind: 'refused', words: 'it could not be written; see the log', isAddress: false }
    const outcome = await server.send(letter).catch((error: unknown): MailOutcome => {
      log.error({ mailId: id, err: error }, 'sending a mail failed unexpectedly')
      return { kind: 'unknown', words: 'sending it failed unexpectedly; see the log' }
    })
    if (outcome.kind === 'sent') log.info({ mailId: id }, 'a mail was sent')
    else
      log.warn({ mailId: id, outcome: outcome.kind }, 'a mail was not sent, or it is unknown whether it was')
    return outcome
  }

  /** Records an end, however long the disk has no room: until then the mail counts as being sent. */
  const record = async (begun: Begun, outcome: MailOutcome): Promise<void> => {
    for (;;) {
      try {
        return await act((tx) => endAttempt(tx, begun, outcome), 'mail')
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'storage_full' || !isRunning()) throw error
        await pause(RECORD_AGAIN_MS)
      }
    }
  }

  return async (id, farewell, noteOutcome) => {
    const begun = await act((tx) => beginAttempt(tx, id, farewell), 'mail')
    if (!begun) return undefined
    const outcome = await attempt(begun)
    noteOutcome(outcome)
    await record(begun, outcome)
    return outcome
  }
}
