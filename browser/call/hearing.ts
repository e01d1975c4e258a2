import type { SessionKind } from '../../shared/protocol/session.ts'
import type { Role } from '../../shared/protocol/views.ts'
import { ASLEEP_MS, createHearsay, type Heard, type Hearsay } from './heard.ts'
import { packetsIn } from './stats.ts'
import type { CallWorld, Hearing } from './types.ts'

const SAMPLE_MS = 250
// A page that was late itself has words waiting, and must take them in before it doubts.
const LATE_MS = 600
// A beat waits no longer than this for a fresh sign.
const FRESH_MS = 400

interface HearingParts {
  world: Pick<CallWorld, 'after' | 'every' | 'now' | 'steady'>
  kind: SessionKind
  /** The statistics of the connection; undefined when there is none. */
  stats(): Promise<RTCStatsReport | undefined>
  onHearing(hearing: Hearing): void
  /** Asks the other page for a sign at once. */
  ping(): void
  /** The other page went silent, or is heard again. */
  onChange(): void
  /** A message came: browsers hold back the timers of hidden pages, but not these. */
  onMessage(): void
}

export interface Ear {
  /** Listens to a new connection, as this of the two people. */
  attach(channel: RTCDataChannel, role: Role): void
  heard(): Heard | undefined
  /** Whether a page that used to be heard is not. */
  isSilent(): boolean
  /** Resolves once it is known what is heard at this moment: by a look at the connection, in chat by an answer. */
  freshen(): Promise<void>
  stop(): void
}

/** Listens for signs of the other page: packets and messages, four times a second. */
export function createEar(parts: HearingParts): Ear {
  const { world, kind } = parts
  let hearsay: Hearsay | undefined
  let channel: RTCDataChannel | undefined
  let silent = false
  let told: Hearing = 'steady'
  let tickedAt = world.steady()
  /** By how much the wall's clock is ahead of the steady one. */
  let aheadMs = world.now() - world.steady()
  let looking: Promise<void> | undefined
  const onSign: (() => void)[] = []

  const sample = async () => {
    const at = world.steady()
    const of = channel
    // A connection that is closed meanwhile has none.
    const report = kind === 'chat' ? undefined : await parts.stats().catch(() => undefined)
    if (of === channel) hearsay?.sample(at, report && packetsIn(report))
  }
  const look = () => {
    looking ??= sample().finally(() => {
      looking = undefined
    })
    return looking
  }
  const tell = (next: Hearing) => {
    if (next === told) return
    told = next
    parts.onHearing(next)
  }
  const judge = () => {
    const at = world.steady()
    const isNow = hearsay?.isSilent(at) ?? false
    tell(isNow ? 'unsteady' : hearsay?.sendsNothing(at) ? 'nothing' : 'steady')
    if (isNow === silent) return
    silent = isNow
    parts.onChange()
  }
  const tick = () => {
    const at = world.steady()
    const isLate = at - tickedAt > LATE_MS
    const leaptMs = world.now() - at - aheadMs
    tickedAt = at
    aheadMs += leaptMs
    // A machine that sleeps stops the steady clock on some systems, and never the wall's.
    if (leaptMs > ASLEEP_MS) hearsay?.slept()
    void look()
    if (!isLate) judge()
  }
  const hear = (data: unknown) => {
    const at = world.steady()
    hearsay?.message(at, typeof data === 'string' && data.startsWith('{"type":"ping"'))
    if (at - tickedAt > LATE_MS) tick()
    if (silent) judge()
    for (const done of onSign.splice(0)) done()
    parts.onMessage()
  }
  /** In chat words alone prove anything, and the last may be a second old. */
  const nextSign = () =>
    new Promise<void>((resolve) => {
      onSign.push(resolve)
      parts.ping()
    })
  const stopTicking = world.every(SAMPLE_MS, tick)

  return {
    attach: (next, role) => {
      hearsay ??= createHearsay(role, kind)
      hearsay.restart()
      channel = next
      void look()
      next.addEventListener('message', ({ data }: MessageEvent<unknown>) => next === channel && hear(data))
      judge()
    },
    heard: () => hearsay?.heard(),
    isSilent: () => silent,
    freshen: () =>
      new Promise((resolve) => {
        const stopTimer = world.after(FRESH_MS, resolve)
        const fresh = kind === 'chat' && !silent ? nextSign() : look()
        void fresh.then(() => {
          stopTimer()
          resolve()
        })
      }),
    stop: stopTicking,
  }
}
