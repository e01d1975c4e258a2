/** News for very many pages, told a few at a time: all of them at once would keep a charge waiting. */
import type { Socket } from 'socket.io'
import { prepared } from './wire.ts'

const AT_ONCE = 200 // a few milliseconds' work

export interface Herald {
  /** Tells each of the pages; older news of the same `subject` that has not been begun is dropped. */
  tell(subject: string, event: string, payload: object): void
}

/** `pages` names those who are to be told, and may change while they are being told. */
export function createHerald({ pages }: { pages: () => Iterable<Socket> }): Herald {
  const waiting = new Map<string, (page: Socket) => void>()
  let telling = false

  const tellSome = (say: (page: Socket) => void, audience: Iterator<Socket>): void => {
    for (let told = 0; told < AT_ONCE; told += 1) {
      const next = audience.next()
      if (next.done) {
        goOn()
        return
      }
      say(next.value)
    }
    setImmediate(tellSome, say, audience)
  }

  const goOn = (): void => {
    const next = waiting.entries().next()
    telling = !next.done
    if (next.done) return
    const [subject, say] = next.value
    waiting.delete(subject)
    tellSome(say, pages()[Symbol.iterator]())
  }

  return {
    tell(subject, event, payload) {
      waiting.delete(subject)
      waiting.set(subject, prepared(event, payload))
      if (!telling) goOn()
    },
  }
}
