/** Gives up mails that have waited too long, and removes those that are done. */
import { HOUR_MS } from '../../shared/time.ts'
import type { Act } from '../commit.ts'
import type { Clock } from '../ports.ts'
import { cleanUp, giveUpOverdue } from './progress.ts'

const A_COMMIT = 100

export interface MailUpkeep {
  /** Gives up what has waited for a day; `words` says what for. */
  giveUp(words: string): void
  /** Looks every hour, until {@link stop}. */
  start(): void
  stop(): void
}

export function createMailUpkeep(parts: {
  act: Act
  clock: Clock
  /** False where no mail leaves. */
  hasServer: boolean
  /** Lets other work have a turn. */
  pause: (ms: number) => Promise<void>
  isRunning: () => boolean
  onFailure: (error: unknown, message: string) => void
}): MailUpkeep {
  const { act, clock, hasServer, pause, isRunning, onFailure } = parts
  let cancel = (): void => {}

  const inCommits = (some: () => Promise<boolean>, failed: string): void => {
    const all = async (): Promise<void> => {
      while (isRunning() && (await some())) await pause(0)
    }
    all().catch((error) => onFailure(error, failed))
  }

  const giveUp = (words: string): void =>
    inCommits(
      () => act((tx) => giveUpOverdue(tx, words, A_COMMIT), 'mail'),
      'mails that waited for a day could not be given up',
    )

  const start = (): void => {
    if (!hasServer) giveUp('SMTP_URL is not set, so no mail leaves')
    inCommits(() => act((tx) => cleanUp(tx, A_COMMIT), 'mail'), 'old mails could not be removed')
    cancel = clock.at(clock.now() + HOUR_MS, start)
  }

  return { giveUp, start, stop: () => cancel() }
}
