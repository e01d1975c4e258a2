/**
 * Sends news to very many sockets, together once a second and a few at a time: all at once would
 * keep a charge waiting.
 */
import type { Socket } from 'socket.io'
import type { Clock } from '../engine/ports.ts'
import { prepared } from './fast-path.ts'

const AT_ONCE = 200 // a few milliseconds' work

/** Each socket gets one message about a subject in this time, however often it changes. */
export const SENT_EVERY_MS = 1_000

type Send = (socket: Socket) => void

export interface Broadcast {
  /**
   * Sends to each of the sockets, now or in the next round; older news of the same `subject` that
   * waits is dropped.
   */
  send(subject: string, event: string, payload: object): void
  stop(): void
}

/** Creates the broadcast to `sockets`, which may change while a round is sent. */
export function createBroadcast({
  sockets,
  clock,
}: {
  sockets: () => Iterable<Socket>
  clock: Clock
}): Broadcast {
  const waiting = new Map<string, Send>()
  let resting = false
  let cancel: (() => void) | undefined

  function* sending(news: readonly Send[]): Generator<undefined> {
    for (const send of news) {
      for (const socket of sockets()) {
        send(socket)
        yield
      }
    }
  }

  const sendSome = (work: Iterator<undefined>, nextAt: number): void => {
    for (let sent = 0; sent < AT_ONCE; sent += 1) {
      if (work.next().done) {
        cancel = clock.at(nextAt, round)
        return
      }
    }
    setImmediate(sendSome, work, nextAt)
  }

  const round = (): void => {
    const news = [...waiting.values()]
    waiting.clear()
    resting = news.length > 0
    if (resting) sendSome(sending(news), clock.now() + SENT_EVERY_MS)
  }

  return {
    send(subject, event, payload) {
      waiting.delete(subject)
      waiting.set(subject, prepared(event, payload))
      if (!resting) round()
    },
    stop: () => cancel?.(),
  }
}
