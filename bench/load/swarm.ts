/**
 * Plays the pages of many sessions: they join, report at every heartbeat that they are connected,
 * and note each charge.
 */
import type { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { createChargeBook, type Due } from './charges.ts'
import { now, within } from './figures.ts'
import { inParallel, type Line, later, openLine } from './line.ts'
import type { Pair, Seeded } from './seed.ts'
import { createTraffic, type Seat, type Traffic } from './traffic.ts'

export interface Swarm {
  readonly traffic: Traffic
  readonly seats: readonly Seat[]
  join(pairs: readonly Pair[], sessionIds: readonly string[]): Promise<void>
  /** Starts the meters of all sessions, one after the other. */
  goLive(): Promise<void>
  heartbeatsPerSecond(): number
  /** Waits until every charge due by then has been announced to both, or `ms` have passed. */
  chargesUntil(to: number, ms: number): Promise<void>
  chargesBetween(from: number, to: number): Due
  /** Stops the heartbeats; the pages stay. */
  stop(): void
  /** Returns the errors that occurred, in words. */
  troubles(): string[]
}

interface Page extends Seat {
  readonly heartbeat: string
}

const AT_ONCE = 64
const HEARTBEAT_MS = 3_333
const TURN_MS = 2
const JOIN = '421'
const JOINED = '431['
const BEAT = '422'
const BEAT_HEARD = '432['
const STARTING_WAIT_MS = 60_000 // only what never comes is waited for so long

export function createSwarm(parts: {
  url: string
  minuteMs: number
  /** As {@link openLine} takes it. */
  agent?: Agent
  headers?: Readonly<Record<string, string>>
  /** The time over which the meters are started; a minute where it is left out. */
  spreadMs?: number
}): Swarm {
  const { url, minuteMs, agent, headers = {}, spreadMs = minuteMs } = parts
  const traffic = createTraffic()
  const book = createChargeBook(minuteMs)
  const pages: Page[] = []
  const live: Page[] = []
  const troubles: string[] = []
  let refusedBeats = 0
  let stopped = false

  const hear = (text: string, sessionId: string, role: string): void => {
    if (text.startsWith(BEAT_HEARD)) {
      if (!text.includes('"ok":true')) refusedBeats += 1
    } else if (text.startsWith('42["session:')) book.hear(text, sessionId, role)
    else traffic.hear(text)
  }

  const open = async (person: Seeded, sessionId: string, role: string): Promise<Page> => {
    const joined = later()
    const lost = (why: string) => {
      if (!stopped) troubles.push(`a ${role}'s socket was lost: ${why}`)
    }
    const line = await openLine({
      url,
      cookie: person.cookie,
      headers,
      ...(agent === undefined ? {} : { agent }),
      lost,
      hear: (text) => {
        if (!text.startsWith(JOINED)) return hear(text, sessionId, role)
        if (text.includes('"ok":true')) joined.resolve()
        else joined.reject(new Error(`a ${role} could not join: ${text}`))
      },
    })
    line.say(`${JOIN}["session:join",{"sessionId":"${sessionId}"}]`)
    await joined.promise
    const heartbeat = `${BEAT}["rtc:state",{"sessionId":"${sessionId}","state":"connected"}]`
    return { line, sessionId, heartbeat }
  }

  const beating = startBeating(live)

  return {
    traffic,
    seats: pages,

    async join(pairs, sessionIds) {
      const opened = await inParallel(pairs, AT_ONCE, ({ client, reader }, index) => {
        const sessionId = sessionIds[index] ?? ''
        return Promise.all([open(client, sessionId, 'client'), open(reader, sessionId, 'reader')])
      })
      pages.push(...opened.flat())
    },

    async goLive() {
      const startedAt = now()
      for (let at = 0; at < pages.length; at += 2) {
        const dueAt = startedAt + (at / pages.length) * spreadMs
        if (dueAt > now()) await pause(dueAt - now())
        const both = pages.slice(at, at + 2)
        for (const page of both) page.line.say(page.heartbeat)
        live.push(...both)
      }
      const allLive = await within(STARTING_WAIT_MS, () => book.live() * 2 === pages.length)
      if (!allLive) troubles.push(`only ${book.live()} of ${pages.length / 2} sessions are live`)
    },

    heartbeatsPerSecond: () => Math.round((live.length * 1000) / HEARTBEAT_MS),

    async chargesUntil(to, ms) {
      await within(ms, () => book.between(to - minuteMs, to).lost === 0)
    },

    chargesBetween: book.between,

    stop() {
      stopped = true
      clearInterval(beating)
    },

    troubles: () => [
      ...troubles,
      ...book.troubles(),
      ...(refusedBeats > 0 ? [`${refusedBeats} heartbeats were refused`] : []),
    ],
  }
}

/**
 * Sends heartbeats from each page in turn, so that all of them have had theirs within a heartbeat's
 * time.
 */
function startBeating(live: readonly { line: Line; heartbeat: string }[]): NodeJS.Timeout {
  let at = 0
  let owed = 0
  let lastAt = now()
  return setInterval(() => {
    const instant = now()
    owed = Math.min(live.length, owed + ((instant - lastAt) * live.length) / HEARTBEAT_MS)
    lastAt = instant
    for (; owed >= 1; owed -= 1) {
      if (at >= live.length) at = 0
      const page = live[at]
      page?.line.say(page.heartbeat)
      at += 1
    }
  }, TURN_MS)
}
