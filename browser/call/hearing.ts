/** Listens for signs of the other page: packets, messages and replies to pings. */
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { Role } from '../../shared/protocol/views.ts'
import { ASLEEP_MS, createReception, type Heard, type Reception } from './heard.ts'
import { packetsIn } from './stats.ts'
import type { CallEnvironment, Hearing } from './types.ts'

const SAMPLE_MS = 250
// While the other page is awaited: so often is known when it was heard again.
const SAMPLE_OFTEN_MS = 80
// A page that was late itself has messages waiting, and must read them before it doubts.
const LATE_MS = 600
// A heartbeat waits no longer than this for a fresh sign.
const FRESH_MS = 400

interface HearingParts {
  environment: Pick<CallEnvironment, 'after' | 'every' | 'now' | 'steady'>
  kind: SessionKind
  /** Resolves with the statistics of the connection; undefined when there is none. */
  stats(): Promise<RTCStatsReport | undefined>
  onHearing(hearing: Hearing): void
  /** Asks the other page for a sign at once. */
  ping(): void
  /** Runs when the other page goes silent or is heard again. */
  onChange(): void
  /** Runs after each sample and message, when more may have been heard. */
  onHeard(): void
  /** Runs on a message: browsers hold back the timers of hidden pages, but not their messages. */
  onMessage(): void
}

export interface Listener {
  /** Listens to a new connection, in this person's role. */
  attach(channel: RTCDataChannel, role: Role): void
  heard(): Heard | undefined
  /** Returns the earlier stretches whose end the server may not know, the oldest first. */
  ended(): readonly Heard[]
  /** Notes that the server knows what was heard until then. */
  taken(heardAt: number): void
  /** Says whether a page that used to be heard no longer is. */
  isSilent(): boolean
  /**
   * Resolves once it is known what is heard right now: by a sample of the connection, or in chat by
   * a reply.
   */
  freshen(): Promise<void>
  stop(): void
}

/** Creates what listens for signs of the other page, packets and messages, four times a second. */
export function createListener(parts: HearingParts): Listener {
  const { environment, kind } = parts
  let reception: Reception | undefined
  let channel: RTCDataChannel | undefined
  let silent = false
  let told: Hearing = 'steady'
  let tickedAt = environment.steady()
  /** By how much the wall clock is ahead of the steady clock. */
  let aheadMs = environment.now() - environment.steady()
  const onSign: (() => void)[] = []

  const sample = async () => {
    const at = environment.steady()
    const of = channel
    // A connection that was closed meanwhile has no statistics.
    const report = await parts.stats().catch(() => undefined)
    if (of !== channel) return
    reception?.sample(at, report && packetsIn(report), environment.steady())
    notice()
  }
  const look = oneAtATime(sample)
  const tell = (next: Hearing) => {
    if (next === told) return
    told = next
    parts.onHearing(next)
  }
  const lookOften = createFastLooks(environment, look)
  const judge = () => {
    const at = environment.steady()
    const isNow = reception?.isSilent(at) ?? false
    tell(isNow ? 'unsteady' : reception?.sendsNothing(at) ? 'nothing' : 'steady')
    if (isNow === silent) return
    silent = isNow
    parts.onChange()
  }
  const notice = () => {
    lookOften(reception?.isAwaiting(environment.steady()) ?? false)
    if (silent) judge()
    parts.onHeard()
  }
  const tick = () => {
    const at = environment.steady()
    const isLate = at - tickedAt > LATE_MS
    const leaptMs = environment.now() - at - aheadMs
    tickedAt = at
    aheadMs += leaptMs
    // On some systems a sleeping machine stops the steady clock, but never the wall clock.
    if (leaptMs > ASLEEP_MS) reception?.slept()
    void look()
    if (!isLate) judge()
  }
  const hear = (data: unknown) => {
    const at = environment.steady()
    reception?.message(at, typeof data === 'string' && data.startsWith('{"type":"ping"'))
    if (at - tickedAt > LATE_MS) tick()
    // Delayed packets arrive all at once; the next turn would notice them 250 ms late.
    else if (silent) void look()
    notice()
    for (const done of onSign.splice(0)) done()
    parts.onMessage()
  }
  /** Resolves at the next message: in chat only messages prove anything, and they are sparse. */
  const nextSign = () =>
    new Promise<void>((resolve) => {
      onSign.push(resolve)
      parts.ping()
    })
  const stopTicking = environment.every(SAMPLE_MS, tick)

  return {
    attach: (next, role) => {
      reception ??= createReception(role, kind)
      reception.restart()
      channel = next
      void look()
      next.addEventListener('message', ({ data }: MessageEvent<unknown>) => next === channel && hear(data))
      judge()
    },
    heard: () => reception?.heard(),
    ended: () => reception?.ended() ?? [],
    taken: (heardAt) => reception?.taken(heardAt),
    isSilent: () => silent,
    freshen: () =>
      new Promise((resolve) => {
        const stopTimer = environment.after(FRESH_MS, resolve)
        const fresh = kind === 'chat' && !silent ? nextSign() : look()
        void fresh.then(() => {
          stopTimer()
          resolve()
        })
      }),
    stop: () => {
      channel = undefined // statistics that are under way must start nothing again
      stopTicking()
      lookOften(false)
    },
  }
}

/**
 * Returns a function that has `look` run often while the other page is awaited, so that what comes
 * proves no time before it came.
 */
function createFastLooks({ every }: Pick<CallEnvironment, 'every'>, look: () => Promise<void>) {
  let stop: (() => void) | undefined
  return (isAwaited: boolean) => {
    if (isAwaited) stop ??= every(SAMPLE_OFTEN_MS, () => void look())
    else {
      stop?.()
      stop = undefined
    }
  }
}

/** Returns a function that runs `run`, or waits for the run that is under way. */
function oneAtATime(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }
}
