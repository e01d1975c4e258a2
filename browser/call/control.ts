import { type ControlFrame, parseControl, sendFrame } from './frames.ts'
import type { CallWorld, Level, PeerMedia } from './types.ts'

const PING_MS = 1_000
// Timers of hidden pages may be late by far more than this.
const OVERDUE_MS = 500
const PROBE_MS = 3_000
// No timer of ours is this late unless the machine or the page was asleep.
const ASLEEP_MS = 10_000
const ROUND_TRIPS_MAX = 8

interface ControlParts {
  world: Pick<CallWorld, 'after' | 'every' | 'steady'>
  /** What the other page says it sends; undefined until it says. */
  onPeerMedia(media: PeerMedia | undefined): void
  /** Whether this page reaches our server. */
  isOnline(): boolean
  /** The other page reaches our server again. */
  onPeerOnline(): void
  /** The machine was asleep until now. */
  onAwake(): void
}

export interface Control {
  /** Talks over this channel from now on, with whoever is at its other end. */
  attach(channel: RTCDataChannel): void
  /** Whether the other page answers right now; true as well for a program that does not know the question. */
  probe(): Promise<boolean>
  /** Asks it, whoever waits for the answer. */
  ping(): void
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
export function createControl({
  world,
  isOnline,
  onPeerMedia,
  onPeerOnline,
  onAwake,
}: ControlParts): Control {
  let channel: RTCDataChannel | undefined
  let mine: PeerMedia | undefined
  let myLevel: Level | undefined
  let theirs: { pings?: true; online?: boolean; level?: Level; media?: PeerMedia } = {}
  let tickedAt = 0

  const post = (frame: ControlFrame) => sendFrame(channel, frame)
  const pings = createPings(world, (number) =>
    post({ type: 'ping', number, online: isOnline(), ...(myLevel ? { level: myLevel } : {}) }),
  )
  const hear = (frame: ControlFrame) => {
    if (frame.type === 'media') return hearMedia(frame)
    if (frame.type === 'pong') return pings.answered(frame.number)
    const { level: _, ...rest } = theirs
    const { level, online } = frame
    theirs = {
      ...rest,
      pings: true,
      ...(level ? { level } : {}),
      ...(online === undefined ? {} : { online }),
    }
    post({ type: 'pong', number: frame.number })
    if (online && rest.online === false) onPeerOnline()
    if (world.steady() - tickedAt > PING_MS + OVERDUE_MS) tick()
  }
  const hearMedia = ({ microphone, camera, screen }: PeerMedia) => {
    const media = { microphone, camera, screen }
    if (JSON.stringify(media) === JSON.stringify(theirs.media)) return
    theirs = { ...theirs, media }
    onPeerMedia(media)
  }
  const tick = () => {
    const slept = tickedAt > 0 && world.steady() - tickedAt > ASLEEP_MS
    tickedAt = world.steady()
    if (channel?.readyState === 'open') pings.send()
    if (slept) onAwake()
  }
  let stopTicking: (() => void) | undefined

  const greet = () => {
    if (mine) post({ type: 'media', ...mine })
    pings.send()
  }
  return {
    attach: (next) => {
      channel = next
      stopTicking ??= world.every(PING_MS, tick)
      if (theirs.media) onPeerMedia(undefined)
      theirs = {}
      pings.forget()
      next.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        const frame = next === channel ? parseControl(data) : undefined
        if (frame) hear(frame)
      })
      next.addEventListener('open', greet)
    },
    ping: () => void pings.send(),
    probe: () => (theirs.pings ? pings.probe() : Promise.resolve(true)),
    say: ({ microphone, camera, screen }) => {
      // No more than this: the names of our devices are not for the other page.
      mine = { microphone, camera, screen }
      post({ type: 'media', ...mine })
    },
    grade: (level) => {
      myLevel = level
    },
    peerLevel: () => theirs.level,
    rttMs: pings.rttMs,
    stop: () => stopTicking?.(),
  }
}

/** Numbered questions to the other page: how long an answer takes, and whether one comes at all. */
function createPings(world: Pick<CallWorld, 'after' | 'steady'>, post: (number: number) => void) {
  let number = 0
  let rttMs: number | undefined
  const sentAt = new Map<number, number>()
  let probes: { readonly number: number; end(answered: boolean): void }[] = []

  const send = (): number => {
    number += 1
    sentAt.set(number, world.steady())
    sentAt.delete(number - ROUND_TRIPS_MAX)
    post(number)
    return number
  }
  return {
    send,
    answered: (answered: number) => {
      const at = sentAt.get(answered)
      if (at === undefined) return
      sentAt.delete(answered)
      rttMs = Math.max(0, world.steady() - at)
      for (const probe of probes.filter((one) => one.number <= answered)) probe.end(true)
    },
    probe: () =>
      new Promise<boolean>((resolve) => {
        const asked = send()
        const end = (answered: boolean) => {
          probes = probes.filter((probe) => probe.number !== asked)
          stopTimer()
          resolve(answered)
        }
        const stopTimer = world.after(PROBE_MS, () => end(false))
        probes.push({ number: asked, end })
      }),
    rttMs: () => rttMs,
    /** Another page may be at the other end. */
    forget: () => {
      rttMs = undefined
    },
  }
}
