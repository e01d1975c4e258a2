/** Sends queued mails: several at once, again after a failure, and each with its end on record. */
import { Refusal } from '../../domain/errors.ts'
import { isErased } from '../../domain/user.ts'
import { MINUTE_MS, SECOND_MS } from '../../shared/time.ts'
import type { Act } from '../commit.ts'
import type { Clock, Log, MailOutcome, MailServer, Store, View } from '../ports.ts'
import { createAgenda } from './agenda.ts'
import { createDelivery } from './delivery.ts'
import { noteCrash } from './progress.ts'
import { createMailUpkeep } from './upkeep.ts'
import type { WriteMail } from './writing.ts'

const AT_ONCE = 5
const REST_MS = 30 * SECOND_MS
const LONGEST_REST_MS = 10 * MINUTE_MS
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
  let isRunning = false
  const rests = createRests(clock)

  /** Resolves after a while, or at once when the outbox stops. */
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.at(clock.now() + ms, resolve))

  const living = { act, pause, isRunning: () => isRunning }
  const onFailure = (error: unknown, message: string) => noteUnexpected(log, error, message)
  const upkeep = createMailUpkeep({ ...living, clock, hasServer: server !== undefined, onFailure })
  const deliver = server && createDelivery({ ...living, log, server, write })

  const agenda = createAgenda({
    store,
    clock,
    onFailure,
    mayLook: () => isRunning && server !== undefined,
    restsUntil: rests.until,
    onFound: () => fill(),
  })

  const fill = (): void => {
    while (isRunning && !rests.isResting() && inFlight.size < AT_ONCE) {
      const id = agenda.next()
      if (id === undefined) {
        agenda.look()
        return
      }
      if (inFlight.has(id)) continue // it started while the next were being looked for
      const sending = sendOne(id).finally(() => {
        inFlight.delete(id)
        // At rest, only now is it known when this one is due again.
        if (rests.isResting()) agenda.look()
        else fill()
      })
      inFlight.set(id, sending)
    }
  }

  const sendOne = async (id: string): Promise<void> => {
    try {
      const outcome = await deliver?.(id, farewells.get(id), noteServer)
      if (outcome && outcome.kind !== 'deferred') farewells.delete(id)
    } catch (error) {
      onFailure(error, 'a mail could not be sent now')
      rest()
    }
  }

  /** Rests where the mail server takes no mail at all, rather than trying it with each. */
  const noteServer = (outcome: MailOutcome): void => {
    if (outcome.kind === 'deferred' && outcome.isOurs) {
      upkeep.giveUp(outcome.words)
      rest()
    } else rests.forget()
  }

  const rest = (): void => {
    rests.begin()
    agenda.forget()
    agenda.look()
  }

  return {
    async start() {
      isRunning = true
      // The last process may have ended between a deletion and this.
      server?.forget(await store.read(erasedIn))
      await act((tx) => noteCrash(tx), 'mail')
      upkeep.start()
      agenda.look()
    },

    wake(farewell) {
      if (farewell) farewells.set(farewell.mailId, farewell.to)
      agenda.look()
    },

    async stop() {
      isRunning = false
      agenda.stop()
      upkeep.stop()
      if (inFlight.size > 0) await Promise.race([Promise.all(inFlight.values()), pause(FAREWELL_MS)])
    },
  }
}

/** Creates the rests of the outbox, each longer than the one before it. */
function createRests(clock: Clock) {
  let failuresInARow = 0
  let until = 0
  const isResting = () => clock.now() < until
  return {
    isResting,
    until: () => until,
    begin: (): void => {
      const restMs = Math.min(REST_MS * 2 ** failuresInARow, LONGEST_REST_MS)
      if (!isResting()) failuresInARow += 1 // those that were sent at once failed once
      until = Math.max(until, clock.now() + restMs)
    },
    forget: (): void => {
      failuresInARow = 0
    },
  }
}

const erasedIn = (view: View): string[] => [...view.users()].filter(isErased).map(({ id }) => id)

/** Logs a failure; a refusal is expected while the server stops or its disk is full. */
function noteUnexpected(log: Log, error: unknown, message: string): void {
  if (error instanceof Refusal) log.warn({ code: error.code }, message)
  else log.error({ err: error }, message)
}
