/**
 * Plays two pages that prove what they receive, over a media path and two sockets that a test cuts
 * and mends.
 */
import { setImmediate } from 'node:timers/promises'
import type { Client } from '../../domain/client.ts'
import type { Reader } from '../../domain/reader.ts'
import type { Engine } from '../../engine/engine.ts'
import type { EngineEvent } from '../../engine/events.ts'
import { createWorld, HEARTBEAT_TIMEOUT, type World } from './world.ts'

export type Who = 'client' | 'reader'
const BOTH = ['client', 'reader'] as const
const DOUBT_AFTER_MS = 1_500
const LATENCY_MS = 20

export interface ProvingPage {
  holder: string
  /** The time on its own clock, and the clock's speed. */
  rate: number
  /** The instants of its heartbeats; none once it has fallen silent. */
  beats: boolean
  /** True if it receives, and the instants between which it did without a gap. */
  hears: boolean
  heardSince: number
  heardAt: number | undefined
  state: 'connected' | 'interrupted'
  sentMs: number
  proves: boolean
}

export interface ProvingCall {
  readonly world: World
  readonly client: Client
  readonly reader: Reader
  readonly id: string
  readonly pages: Record<Who, ProvingPage>
  /**
   * Returns the milliseconds in which both received, as an observer sees it who sees everything.
   */
  connectedMs(): number
  /** Drops all media to this page. It notices after a second and a half. */
  cutMedia(...to: Who[]): void
  mendMedia(...to: Who[]): Promise<void>
  /** Sends neither sound nor picture from this page; the path holds. */
  stopSending(from: Who): void
  /** Closes the socket: nothing that the page says reaches the server. The page itself goes on. */
  cutSocket(who: Who, how?: 'closed' | 'cut' | 'silent'): void
  mendSocket(who: Who): Promise<void>
  beat(who: Who): Promise<void>
  session(): ReturnType<Engine['sessions']['find']>
}

export async function provingCall(
  options: Parameters<typeof createWorld>[0] & {
    money?: number
    rate?: number
    plain?: Who[]
    /** There is a path to this page, and nothing comes yet. */
    waiting?: Who[]
  } = {},
): Promise<ProvingCall> {
  let onAsk: (holder: string) => void = () => undefined
  const hear = (event: EngineEvent) => void (event.type === 'ask' && onAsk(event.holder))
  const world = await createWorld({ ...options, hear })
  const { clock } = world
  const client = await world.client('Ana', options.money ?? 5_000)
  const reader = await world.reader('Mara', options.rate ?? 600)
  const { sessions } = world.engine
  const { id } = await sessions.request(client, { readerId: reader.id, kind: 'video' })
  await sessions.accept(reader, id)
  const startedAt = clock.now()
  const pageOf = (who: Who): ProvingPage => ({
    holder: `page-of-${who}`,
    rate: 1,
    beats: true,
    hears: !options.waiting?.includes(who),
    heardSince: startedAt,
    heardAt: options.waiting?.includes(who) ? undefined : startedAt,
    state: 'connected',
    sentMs: 0,
    proves: !options.plain?.includes(who),
  })
  const pages = { client: pageOf('client'), reader: pageOf('reader') }
  const people = { client, reader }
  const seated = new Set<Who>()
  let connectedMs = 0
  let countedAt = startedAt
  let sockets = 0

  const count = (): void => {
    if (BOTH.every((who) => pages[who].hears)) connectedMs += clock.now() - countedAt
    countedAt = clock.now()
  }

  const readingOf = ({ rate }: ProvingPage, instant: number): number =>
    Math.round(5_000 + (instant - startedAt) * rate)

  const beat = async (who: Who): Promise<void> => {
    const page = pages[who]
    if (page.hears) page.heardAt = clock.now()
    if (!seated.has(who)) return
    const proof = {
      now: readingOf(page, clock.now()),
      ...(page.heardAt === undefined
        ? {}
        : { heardAt: readingOf(page, page.heardAt), heardSince: readingOf(page, page.heardSince) }),
      sentMs: page.sentMs,
    }
    const said = world.engine.connections.report(id, page.holder, page.state, page.proves ? proof : undefined)
    await Promise.race([said?.catch(() => seated.delete(who)), setImmediate()])
  }

  const keepBeating = (who: Who): void =>
    void clock.at(clock.now() + Math.floor(HEARTBEAT_TIMEOUT / 3), () => {
      if (pages[who].beats) void beat(who)
      keepBeating(who)
    })

  onAsk = (holder) => {
    const who = BOTH.find((each) => pages[each].holder === holder)
    if (!who || !pages[who].proves) return
    clock.at(clock.now() + LATENCY_MS, () => void (pages[who].beats && beat(who)))
  }

  const join = async (who: Who): Promise<void> => {
    const from = { tab: `name-of-${who}`, again: sockets > 2 }
    await world.engine.connections.join(id, people[who].id, pages[who].holder, from)
    seated.add(who)
  }

  for (const who of BOTH) {
    sockets += 1
    await join(who)
    keepBeating(who)
  }
  for (const who of BOTH) await beat(who)
  await beat('client')

  return {
    world,
    client,
    reader,
    id,
    pages,
    beat,
    session: () => world.engine.sessions.find(client, id),
    connectedMs() {
      count()
      return connectedMs
    },

    cutMedia(...to) {
      count()
      for (const who of to) {
        const page = pages[who]
        page.heardAt = clock.now()
        page.hears = false
        clock.at(clock.now() + DOUBT_AFTER_MS, () => {
          if (page.hears) return
          page.state = 'interrupted'
          void (page.beats && beat(who))
        })
      }
    },

    stopSending(from) {
      count()
      const page = pages[from === 'client' ? 'reader' : 'client']
      page.heardAt = clock.now()
      page.hears = false
    },

    async mendMedia(...to) {
      count()
      for (const who of to) {
        Object.assign(pages[who], {
          hears: true,
          heardSince: clock.now(),
          heardAt: clock.now(),
          state: 'connected',
        })
        if (pages[who].beats) await beat(who)
      }
    },

    cutSocket(who, how = 'cut') {
      seated.delete(who)
      world.engine.connections.leave(id, pages[who].holder, how)
    },

    async mendSocket(who) {
      sockets += 1
      pages[who].holder = `socket-${sockets}-of-${who}`
      await join(who)
      await beat(who)
    },
  }
}
