/** Sends queued mails: several at once, again after a failure, and each with its end on record. */
import { Refusal } from '../../domain/errors.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../shared/time.ts'
import type { Act } from '../commit.ts'
import type { Clock, Log, MailOutcome, MailServer, Store } from '../ports.ts'
import {
  type Begun,
  beginAttempt,
  cleanUp,
  endAttempt,
  giveUpOverdue,
  noteCrash,
  planOf,
} from './progress.ts'
import type { WriteMail } from './writing.ts'

const AT_ONCE = 5
const REST_MS = 30 * SECOND_MS
const LONGEST_REST_MS = 10 * MINUTE_MS
const RECORD_AGAIN_MS = 10 * SECOND_MS
const A_COMMIT = 100
/** Time that mails which are being sent have at the end of the process. */
const FAREWELL_MS = 5 * SECOND_MS

interface Farewell {
  readonly mailId: string
  readonly to: string
}

export interface Outbox {
  /** Takes up what the last process left, and sends until {@link stop}. */
  start(): Promise<void>
  /**
   * Looks for mails to send; call it when one was queued. `farewell` is the address of an account
   * that was deleted.
   */
  wake(farewell?: Farewell): void
  /** Begins no more, and waits a little for those that are being sent. */
  stop(): Promise<void>
}

export function createOutbox(parts: {
  act: Act
  store: Pick<Store, 'read'>
  clock: Clock
  log: Log
  /** Undefined where no mail leaves. */
  server: MailServer | undefined
  write: WriteMail
}): Outbox {
  const { act, store, clock, log, server, write } = parts
  const farewells = new Map<string, string>()
  const inFlight = new Map<string, Promise<void>>()
  const timers = { look: () => {}, clean: () => {} }
  let waiting: string[] = []
  let isRunning = false
  let isLooking = false
  let isAwaited = false
  let failuresInARow = 0
  let restUntil = 0

  /** Resolves after a while, or at once when the outbox stops. */
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.at(clock.now() + ms, resolve))

  const isResting = () => clock.now() < restUntil

  const fill = (): void => {
    while (isRunning && !isResting() && inFlight.size < AT_ONCE) {
      const id = waiting.shift()
      if (id === undefined) {
        look()
        return
      }
      const sending = sendOne(id).finally(() => {
        inFlight.delete(id)
        // At rest, only now is it known when this one is due again.
        if (isResting()) look()
        else fill()
      })
      inFlight.set(id, sending)
    }
  }

  const look = (): void => {
    isAwaited = true
    if (isLooking || !isRunning || !server) return
    isLooking = true
    lookUntilFound()
      .catch((error) => noteUnexpected(log, error, 'queued mails could not be read'))
      .finally(() => {
        isLooking = false
        if (waiting.length > 0 && !isResting()) fill()
      })
  }

  const lookUntilFound = async (): Promise<void> => {
    while (isAwaited && isRunning) {
      isAwaited = false
      const { due, nextAt } = await store.read((view) => planOf(view, (id) => inFlight.has(id)))
      waiting = due
      timers.look()
      const wakeAt = Math.max(restUntil, due.length > 0 ? 0 : (nextAt ?? Number.POSITIVE_INFINITY))
      if (wakeAt <= clock.now()) {
        // The next one became due while the disk was asked.
        isAwaited ||= due.length === 0
      } else if (Number.isFinite(wakeAt)) timers.look = clock.at(wakeAt, look)
    }
  }

  const sendOne = async (id: string): Promise<void> => {
    try {
      const begun = await act((tx) => beginAttempt(tx, id, farewells.get(id)), 'mail')
      if (!begun || !server) return
      const outcome = await attempt(server, begun)
      noteServer(outcome)
      await record(begun, outcome)
      if (outcome.kind !== 'deferred') farewells.delete(id)
    } catch (error) {
      noteUnexpected(log, error, 'a mail could not be sent now')
      rest()
    }
  }

  const attempt = async (to: MailServer, begun: Begun): Promise<MailOutcome> => {
    const { id } = begun.mail
    const letter = await write(begun).catch((error: unknown) => {
      log.error({ mailId: id, err: error }, 'a mail could not be written')
    })
    if (!letter) return { kind: 'refused', words: 'it could not be written; see the log', isAddress: false }
    const outcome = await to.send(letter)
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
        if (!(error instanceof Refusal) || error.code !== 'storage_full' || !isRunning) throw error
        await pause(RECORD_AGAIN_MS)
      }
    }
  }

  /** Rests where the mail server takes no mail at all, rather than trying it with each. */
  const noteServer = (outcome: MailOutcome): void => {
    if (outcome.kind !== 'deferred' || !outcome.isOurs) failuresInARow = 0
    else rest(outcome.words)
  }

  const rest = (words?: string): void => {
    const restMs = Math.min(REST_MS * 2 ** failuresInARow, LONGEST_REST_MS)
    if (!isResting()) failuresInARow += 1 // those that were sent at once failed once
    restUntil = Math.max(restUntil, clock.now() + restMs)
    waiting = []
    if (words !== undefined) giveUp(words)
    look()
  }

  const giveUp = (words: string): void => {
    inCommits(() => act((tx) => giveUpOverdue(tx, words, A_COMMIT), 'mail')).catch((error) =>
      noteUnexpected(log, error, 'mails that waited for a day could not be given up'),
    )
  }

  const inCommits = async (some: () => Promise<boolean>): Promise<void> => {
    while (isRunning && (await some())) await pause(0)
  }

  const clean = (): void => {
    if (!server) giveUp('SMTP_URL is not set, so no mail leaves')
    inCommits(() => act((tx) => cleanUp(tx, A_COMMIT), 'mail')).catch((error) =>
      noteUnexpected(log, error, 'old mails could not be removed'),
    )
    timers.clean = clock.at(clock.now() + HOUR_MS, clean)
  }

  return {
    async start() {
      isRunning = true
      await act((tx) => noteCrash(tx), 'mail')
      clean()
      look()
    },

    wake(farewell) {
      if (farewell) farewells.set(farewell.mailId, farewell.to)
      look()
    },

    async stop() {
      isRunning = false
      timers.look()
      timers.clean()
      if (inFlight.size > 0) await Promise.race([Promise.all(inFlight.values()), pause(FAREWELL_MS)])
    },
  }
}

/** Logs a failure; a refusal is expected while the server stops or its disk is full. */
function noteUnexpected(log: Log, error: unknown, message: string): void {
  if (error instanceof Refusal) log.warn({ code: error.code }, message)
  else log.error({ err: error }, message)
}
