/**
 * Runs this page's part in the meter: what it heard, what it reports, and when it holds its media.
 */
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { JoinAck, RtcState } from '../../shared/protocol/socket.ts'
import type { Heard } from './heard.ts'
import { createListener } from './hearing.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createSendGate } from './send-gate.ts'
import type { Beat, SignalingChannel } from './signaling-channel.ts'
import type { Ahead, CallEnvironment, Hearing } from './types.ts'

interface CallMeterParts {
  environment: Pick<CallEnvironment, 'after' | 'every' | 'now' | 'steady'>
  kind: SessionKind
  signaling: Pick<SignalingChannel, 'report' | 'check'>
  stats(): Promise<RTCStatsReport | undefined>
  /** Asks the other page for a sign at once. */
  ping(): void
  /** Says whether the call has a path, as far as is known. */
  isConnected(): boolean
  /** Runs when our media is held or released. */
  onHeld(held: boolean): void
  onHearing(hearing: Hearing): void
  /** Runs when the other page goes silent or is heard again. */
  onChange(): void
}

export type CallMeter = ReturnType<typeof createCallMeter>

/** Creates this page's part in the meter. */
export function createCallMeter(parts: CallMeterParts) {
  const { environment, signaling, isConnected } = parts
  const sendGate = createSendGate({ environment, onChange: () => parts.onHeld(!sendGate.isOpen()) })
  const listener = createListener({
    environment,
    kind: parts.kind,
    stats: parts.stats,
    ping: parts.ping,
    onHearing: parts.onHearing,
    onChange: () => {
      sendGate.doubt(listener.isSilent())
      parts.onChange()
    },
    // The server's meter may be waiting for the first moment that is heard after a gap.
    onHeard: () => {
      if (listener.heard()?.heardSince !== toldSince) heartbeat.now()
    },
    onMessage: () => heartbeat.nudge(),
  })
  let beatAt = 0
  /** Start of the stretch in the last report. */
  let toldSince: number | undefined
  const beatOf = (state: RtcState, heard = listener.heard()): Beat => {
    // No two heartbeats carry the same millisecond: the server would take the second for a
    // duplicate.
    const now = Math.max(Math.round(environment.steady()), beatAt + 1)
    beatAt = now
    // Both are rounded down, so that a stretch keeps its start from one heartbeat to the next.
    const span = heard && { heardAt: Math.floor(heard.heardAt), heardSince: Math.floor(heard.heardSince) }
    return { state, now, ...span, sentMs: Math.round(sendGate.sentMs()) }
  }
  const noteTaken = (heard: Heard | undefined) => () => heard && listener.taken(heard.heardAt)
  /**
   * Reports stretches that have ended and that the server may not know, each in a heartbeat of its
   * own.
   */
  const reportEnded = (state: RtcState) => {
    for (const heard of listener.ended()) signaling.report(beatOf(state, heard), noteTaken(heard))
  }
  const report = (state: RtcState) => {
    reportEnded(state)
    const heard = listener.heard()
    toldSince = heard?.heardSince
    signaling.report(beatOf(state, heard), noteTaken(heard))
  }
  /** The moment when the server's meter last stopped, as far as this page knows. */
  let knownStop: number | undefined
  const heartbeat = createHeartbeat({
    environment,
    isConnected,
    isUrgent: sendGate.isUrgent,
    freshen: listener.freshen,
    report,
  })

  return {
    attach: listener.attach,
    isProven: () => !listener.isSilent(),
    isHeld: () => !sendGate.isOpen(),
    joined: (ack: JoinAck) => {
      const stop = ack.session.pauses.findLast(({ cause }) => cause === 'server_stopped')?.from
      sendGate.joined({ ...ack, wasServerDown: stop !== undefined && stop !== knownStop })
      knownStop = stop
      heartbeat.start(ack.heartbeatMs)
    },
    offline: () => {
      sendGate.offline()
      heartbeat.stop()
    },
    count: (counting: boolean, { dueInMs, endsInMs }: Ahead = {}) => {
      sendGate.count(counting, endsInMs)
      const instants = [dueInMs, endsInMs].filter((ms) => ms !== undefined)
      heartbeat.expect(counting ? instants : [])
      heartbeat.nudge()
    },
    proven: sendGate.proven,
    asked: heartbeat.ask,
    changed: heartbeat.changed,
    /** Reports, and opens a new socket when the old one brings no reply. */
    check: () => {
      reportEnded(heartbeat.state())
      signaling.check(beatOf(heartbeat.state()))
    },
    leave: () => report('interrupted'),
    stop: () => {
      sendGate.stop()
      listener.stop()
      heartbeat.stop()
    },
  }
}
