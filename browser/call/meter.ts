import type { SessionKind } from '../../shared/protocol/session.ts'
import type { JoinAck, RtcState } from '../../shared/protocol/socket.ts'
import { createEar } from './hearing.ts'
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
  /** Whether the call has a path, as far as is known. */
  isConnected(): boolean
  /** What we send is held from now on, or not any more. */
  onHeld(held: boolean): void
  onHearing(hearing: Hearing): void
  /** The other page went silent, or is heard again. */
  onChange(): void
}

export type CallMeter = ReturnType<typeof createCallMeter>

/** This page's part in the meter: what it hears of the other, what it tells the server of that, and when it holds. */
export function createCallMeter(parts: CallMeterParts) {
  const { environment, signaling, isConnected } = parts
  const sendGate = createSendGate({ environment, onChange: () => parts.onHeld(!sendGate.isOpen()) })
  const ear = createEar({
    environment,
    kind: parts.kind,
    stats: parts.stats,
    ping: parts.ping,
    onHearing: parts.onHearing,
    onChange: () => {
      sendGate.doubt(ear.isSilent())
      parts.onChange()
    },
    onMessage: () => heartbeat.nudge(),
  })
  const beatOf = (state: RtcState): Beat => {
    const heard = ear.heard()
    const now = Math.round(environment.steady())
    // Rounded so that no more was heard than that.
    const heardAt = heard && Math.min(now, Math.floor(heard.heardAt))
    return {
      state,
      now,
      ...(heard && heardAt !== undefined
        ? { heardAt, heardSince: Math.min(heardAt, Math.ceil(heard.heardSince)) }
        : {}),
      sentMs: Math.round(sendGate.sentMs()),
    }
  }
  const heartbeat = createHeartbeat({
    environment,
    isConnected,
    isUrgent: sendGate.isUrgent,
    freshen: ear.freshen,
    report: (state) => signaling.report(beatOf(state)),
  })

  return {
    attach: ear.attach,
    isProven: () => !ear.isSilent(),
    isHeld: () => !sendGate.isOpen(),
    joined: (ack: JoinAck) => {
      sendGate.joined(ack)
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
    /** Reports, and opens a new socket when the old one brings no answer. */
    check: () => signaling.check(beatOf(heartbeat.state())),
    leave: () => signaling.report(beatOf('interrupted')),
    stop: () => {
      sendGate.stop()
      ear.stop()
      heartbeat.stop()
    },
  }
}
