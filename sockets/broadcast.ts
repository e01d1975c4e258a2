/** News for very many pages, told together once a second and a few at a time: all at once would keep a charge waiting. */
import type { Socket } from 'socket.io'
import type { Clock } from '../engine/ports.ts'
import { prepared } from './fast-path.ts'

const AT_ONCE = 200 // a few milliseconds' work

/** Each page is sent one message about a subject in this time, however often it changes. */
export const TOLD_EVERY_MS = 1_000

type Say = (page: Socket) => void

export interface Herald {
  /** Tells each of the pages, now or in the next round; older news of the same `subject` that waits is dropped. */
  tell(subject: string, event: string, payload: object): void
  stop(): void
}

/** `pages` names those who are to be told, and may change while they are being told. */
export function createHerald({ pages, clock }: { pages: () => Iterable<Socket>; clock: Clock }): Herald {
  const waiting = new Map<string, Say>()
  let resting = false
  let cancel: (() => void) | undefined

  function* telling(news: readonly Say[]): Generator<undefined> {
    for (const say of news) {
      for (const page of pages()) {
        say(page)
        yield
      }
    }
  }

  const tellSome = (work: Iterator<undefined>, nextAt: number): void => {
    for (let told = 0; told < AT_ONCE; told += 1) {
      if (work.next().done) {
        cancel = clock.at(nextAt, round)
        return
      }
    }
    setImmediate(tellSome, work, nextAt)
  }

  const round = (): void => {
    const news = [...waiting.values()]
    waiting.clear()
    resting = news.length > 0
    if (resting) tellSome(telling(news), clock.now() + TOLD_EVERY_MS)
  }

  return {
    tell(subject, event, payload) {
      waiting.delete(subject)
      waiting.set(subject, prepared(event, payload))
      if (!resting) round()
    },
    stop: () => cancel?.(),
  }
}
