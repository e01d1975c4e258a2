import type { SessionKind } from '../../shared/protocol/session.ts'
import type { JoinAck, RtcState } from '../../shared/protocol/socket.ts'
import { createEar } from './hearing.ts'
import { createPulse } from './heartbeat.ts'
import { createGate } from './send-gate.ts'
import type { Beat, Wire } from './signaling-channel.ts'
import type { Ahead, CallWorld, Hearing } from './types.ts'

interface CallMeterParts {
  world: Pick<CallWorld, 'after' | 'every' | 'now' | 'steady'>
  kind: SessionKind
  wire: Pick<Wire, 'report' | 'check'>
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
  const { world, wire, isConnected } = parts
  const gate = createGate({ world, onChange: () => parts.onHeld(!gate.isOpen()) })
  const ear = createEar({
    world,
    kind: parts.kind,
    stats: parts.stats,
    ping: parts.ping,
    onHearing: parts.onHearing,
    onChange: () => {
      gate.doubt(ear.isSilent())
      parts.onChange()
    },
    onMessage: () => pulse.nudge(),
  })
  const beatOf = (state: RtcState): Beat => {
    const heard = ear.heard()
    const now = Math.round(world.steady())
    // Rounded so that no more was heard than that.
    const heardAt = heard && Math.min(now, Math.floor(heard.heardAt))
    return {
      state,
      now,
      ...(heard && heardAt !== undefined
        ? { heardAt, heardSince: Math.min(heardAt, Math.ceil(heard.heardSince)) }
        : {}),
      sentMs: Math.round(gate.sentMs()),
    }
  }
  const pulse = createPulse({
    world,
    isConnected,
    isUrgent: gate.isUrgent,
    freshen: ear.freshen,
    report: (state) => wire.report(beatOf(state)),
  })

  return {
    attach: ear.attach,
    isProven: () => !ear.isSilent(),
    isHeld: () => !gate.isOpen(),
    joined: (ack: JoinAck) => {
      gate.joined(ack)
      pulse.start(ack.heartbeatMs)
    },
    offline: () => {
      gate.offline()
      pulse.stop()
    },
    count: (counting: boolean, { dueInMs, endsInMs }: Ahead = {}) => {
      gate.count(counting, endsInMs)
      const instants = [dueInMs, endsInMs].filter((ms) => ms !== undefined)
      pulse.expect(counting ? instants : [])
      pulse.nudge()
    },
    proven: gate.proven,
    asked: pulse.ask,
    changed: pulse.changed,
    /** Reports, and opens a new socket when the old one brings no answer. */
    check: () => wire.check(beatOf(pulse.state())),
    leave: () => wire.report(beatOf('interrupted')),
    stop: () => {
      gate.stop()
      ear.stop()
      pulse.stop()
    },
  }
}
