import { type ControlFrame, parseControl, sendFrame } from './call-frames.ts'
import type { Level, PeerMedia } from './call-seam.ts'
import type { CallWorld } from './call-world.ts'

const PING_MS = 2_000
// Three pings: one may be late without the clock stopping for it.
const HEARD_MS = 6_000
const PROBE_MS = 3_000
// No timer of ours is this late unless the machine or the page was asleep.
const ASLEEP_MS = 10_000
const ROUND_TRIPS_MAX = 8

interface ControlParts {
  world: Pick<CallWorld, 'after' | 'every' | 'now'>
  /** What the other page says it sends; undefined until it says. */
  onPeerMedia(media: PeerMedia | undefined): void
  /** The other page was heard again, or has not been for too long. */
  onChange(): void
  /** The machine was asleep until now. */
  onAwake(): void
}

export interface Control {
  /** Talks over this channel from now on, with whoever is at its other end. */
  attach(channel: RTCDataChannel): void
  /** False once a page that used to be heard is not: a path that carries nothing is none. */
  isProven(): boolean
  /** Whether the other page answers right now; true as well for a program that does not know the question. */
  probe(): Promise<boolean>
  /** Tells the other page what we send. */
  say(media: PeerMedia): void
  /** How good we find what we receive; goes with every ping. */
  grade(level: Level | undefined): void
  /** The same, as the other page finds it. */
  peerLevel(): Level | undefined
  rttMs(): number | undefined
  stop(): void
}

/** The small talk of the two pages: who is there, what is sent, how well it comes in. */
export function createControl({ world, onPeerMedia, onChange, onAwake }: ControlParts): Control {
  let channel: RTCDataChannel | undefined
  let mine: PeerMedia | undefined
  let myLevel: Level | undefined
  let theirs: { heardAt?: number; level?: Level; media?: PeerMedia } = {}
  let number = 0
  let rttMs: number | undefined
  let proven = true
  let tickedAt = 0
  const sentAt = new Map<number, number>()
  let probes: { readonly number: number; end(answered: boolean): void }[] = []

  const post = (frame: ControlFrame) => sendFrame(channel, frame)
  const ping = (): number => {
    number += 1
    sentAt.set(number, world.now())
    sentAt.delete(number - ROUND_TRIPS_MAX)
    post({ type: 'ping', number, ...(myLevel ? { level: myLevel } : {}) })
    return number
  }
  // Either way: a clock that was set back must not make an old word look fresh.
  const isProven = () => theirs.heardAt === undefined || Math.abs(world.now() - theirs.heardAt) < HEARD_MS
  const weigh = () => {
    if (isProven() === proven) return
    proven = !proven
    onChange()
  }
  const hear = (frame: ControlFrame) => {
    if (frame.type === 'media') return hearMedia(frame)
    if (frame.type === 'pong') return hearPong(frame.number)
    // First what has been true until now: whoever asked meanwhile was told so, and must hear of the change.
    weigh()
    const { heardAt: _, level: __, ...rest } = theirs
    theirs = { ...rest, heardAt: world.now(), ...(frame.level ? { level: frame.level } : {}) }
    post({ type: 'pong', number: frame.number })
    weigh()
  }
  const hearMedia = ({ microphone, camera, screen }: PeerMedia) => {
    const media = { microphone, camera, screen }
    if (JSON.stringify(media) === JSON.stringify(theirs.media)) return
    theirs = { ...theirs, media }
    onPeerMedia(media)
  }
  const hearPong = (answered: number) => {
    const at = sentAt.get(answered)
    if (at === undefined) return
    sentAt.delete(answered)
    rttMs = Math.max(0, world.now() - at)
    for (const probe of probes.filter((one) => one.number <= answered)) probe.end(true)
  }
  const tick = () => {
    const slept = tickedAt > 0 && world.now() - tickedAt > ASLEEP_MS
    tickedAt = world.now()
    if (channel?.readyState === 'open') ping()
    weigh()
    if (slept) onAwake()
  }
  let stopTicking: (() => void) | undefined

  const greet = () => {
    if (mine) post({ type: 'media', ...mine })
    ping()
  }
  return {
    attach: (next) => {
      channel = next
      stopTicking ??= world.every(PING_MS, tick)
      if (theirs.media) onPeerMedia(undefined)
      theirs = {}
      rttMs = undefined
      next.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        const frame = next === channel ? parseControl(data) : undefined
        if (frame) hear(frame)
      })
      next.addEventListener('open', greet)
      weigh()
    },
    isProven,
    probe: () => {
      if (theirs.heardAt === undefined) return Promise.resolve(true)
      return new Promise((resolve) => {
        const asked = ping()
        const end = (answered: boolean) => {
          probes = probes.filter((probe) => probe.number !== asked)
          stopTimer()
          resolve(answered)
        }
        const stopTimer = world.after(PROBE_MS, () => end(false))
        probes.push({ number: asked, end })
      })
    },
    say: ({ microphone, camera, screen }) => {
      // No more than this: the names of our devices are not for the other page.
      mine = { microphone, camera, screen }
      post({ type: 'media', ...mine })
    },
    grade: (level) => {
      myLevel = level
    },
    peerLevel: () => theirs.level,
    rttMs: () => rttMs,
    stop: () => stopTicking?.(),
  }
}
