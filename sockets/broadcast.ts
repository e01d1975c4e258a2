/**
 * Sends news to very many sockets, together once a second and a few at a time: all at once would
 * keep a charge waiting.
 */
import type { Socket } from 'socket.io'
import type { Clock } from '../engine/ports.ts'
import { NEWS_KEPT_MS } from '../shared/bounds.ts'
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
  /** Sends the newest of every subject to a socket that may have connected after it was sent. */
  catchUp(socket: Socket): void
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
  /** By subject, the oldest first. */
  const recent = new Map<string, { send: Send; at: number }>()
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

  const forgetOld = (now: number): void => {
    for (const [subject, { at }] of recent) {
      if (now - at <= NEWS_KEPT_MS) return
      recent.delete(subject)
    }
  }

  return {
    send(subject, event, payload) {
      const news = prepared(event, payload)
      waiting.delete(subject)
      waiting.set(subject, news)
      forgetOld(clock.now())
      recent.delete(subject)
      recent.set(subject, { send: news, at: clock.now() })
      if (!resting) round()
    },
    catchUp(socket) {
      forgetOld(clock.now())
      for (const { send } of recent.values()) send(socket)
    },
    stop: () => cancel?.(),
  }
}
