/** Exchanges pings, media states and grades between the two pages. */
import type { CallEnvironment, Level, PeerMedia } from '../types.ts'
import { type ControlFrame, parseControl, sendFrame } from './frames.ts'

const PING_MS = 1_000
// Timers of hidden pages may be late by far more than this.
const OVERDUE_MS = 500
const PROBE_MS = 3_000
// No timer of ours is this late unless the machine or the page was asleep.
const ASLEEP_MS = 10_000
const ROUND_TRIPS_MAX = 8

interface ControlParts {
  environment: Pick<CallEnvironment, 'after' | 'every' | 'steady'>
  /** Takes what the other page says it sends; undefined until it has said so. */
  onPeerMedia(media: PeerMedia | undefined): void
  /** Says whether this page reaches our server. */
  isOnline(): boolean
  /** Runs when the other page reaches our server again. */
  onPeerOnline(): void
  /** Runs when the machine was asleep until now. */
  onAwake(): void
}

export interface Control {
  /** Uses this channel from now on, with the page at its other end. */
  attach(channel: RTCDataChannel): void
  /**
   * Resolves with whether the other page replies right now; true as well for a program that does
   * not know the question.
   */
  probe(): Promise<boolean>
  /** Sends a ping without waiting for the reply. */
  ping(): void
  /** Sends the other page what media we send. */
  say(media: PeerMedia): void
  /** Sets our grade of what we receive; it goes with every ping. */
  grade(level: Level | undefined): void
  /** Returns the other page's grade of what it receives from us. */
  peerLevel(): Level | undefined
  rttMs(): number | undefined
  stop(): void
}

/** Creates the control channel of the two pages: presence, media states and grades. */
export function createControl({
  environment,
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
  const pings = createPings(environment, (number) =>
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
    if (environment.steady() - tickedAt > PING_MS + OVERDUE_MS) tick()
  }
  const hearMedia = ({ microphone, camera, screen }: PeerMedia) => {
    const media = { microphone, camera, screen }
    if (JSON.stringify(media) === JSON.stringify(theirs.media)) return
    theirs = { ...theirs, media }
    onPeerMedia(media)
  }
  const tick = () => {
    const slept = tickedAt > 0 && environment.steady() - tickedAt > ASLEEP_MS
    tickedAt = environment.steady()
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
      stopTicking ??= environment.every(PING_MS, tick)
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
      // Only this much: the names of our devices are not for the other page.
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

/** Creates numbered pings, which measure how long a reply takes, and whether one comes at all. */
function createPings(environment: Pick<CallEnvironment, 'after' | 'steady'>, post: (number: number) => void) {
  let number = 0
  let rttMs: number | undefined
  const sentAt = new Map<number, number>()
  let probes: { readonly number: number; end(answered: boolean): void }[] = []

  const send = (): number => {
    number += 1
    sentAt.set(number, environment.steady())
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
      rttMs = Math.max(0, environment.steady() - at)
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
        const stopTimer = environment.after(PROBE_MS, () => end(false))
        probes.push({ number: asked, end })
      }),
    rttMs: () => rttMs,
    /** Forgets open pings, because another page may be at the other end. */
    forget: () => {
      rttMs = undefined
    },
  }
}
