/** Wires what runs, charges and watches the open sessions, each part from those before it. */
import type { Terms } from '../domain/billing.ts'
import type { Act } from './commit.ts'
import type { Announcer } from './events.ts'
import type { MeterPort } from './payments/meter-port.ts'
import type { Clock, Log, Store } from './ports.ts'
import { type Charging, createCharging } from './sessions/charging.ts'
import { type Connections, createConnections } from './sessions/connections.ts'
import { createEvidence, type Evidence } from './sessions/evidence.ts'
import { createGatherer } from './sessions/gathering.ts'
import { createHearing } from './sessions/hearing.ts'
import { createLastConfirmed, type LastConfirmed } from './sessions/last-confirmed.ts'
import { createMeter, type Meter, type Timeouts } from './sessions/meter.ts'
import { createSeatBook } from './sessions/seats.ts'
import { createMeterPort } from './sessions/wallet-moves.ts'

export interface Metering {
  readonly charging: Charging
  readonly connections: Connections
  readonly meter: Meter
  readonly lastConfirmed: LastConfirmed
  readonly meterPort: MeterPort
  readonly evidence: Evidence
  /**
   * Asks the pages of a running session for what they have received. Resolves with the instant at
   * which it asked, undefined where there was no page to ask.
   */
  gather(sessionId: string): Promise<number | undefined>
  /** Does the same for the running session of a user. */
  gatherOf(userId: string): Promise<number | undefined>
}

export function createMetering(parts: {
  act: Act
  announcer: Announcer
  store: Store
  clock: Clock
  log: Log
  terms: Terms
  timeouts: Timeouts
  heartbeatTimeoutMs: number
  maxInterruptions: number
}): Metering {
  const { act, announcer, store, clock, log, terms, timeouts, heartbeatTimeoutMs, maxInterruptions } = parts
  const seats = createSeatBook()
  const hearing = createHearing({ seats, clock, heartbeatTimeoutMs, graceMs: timeouts.graceMs })
  const evidence = createEvidence({ seats, clock, hearing, heartbeatTimeoutMs })
  const charging = createCharging({ terms, maxInterruptions, evidence })
  const gatherer = createGatherer({
    seats,
    clock,
    send: (sessionId, holder) => announcer.announce({ type: 'ask', sessionId, holder }),
  })
  const connections = createConnections({
    act,
    store,
    clock,
    log,
    charging,
    seats,
    hearing,
    gatherer,
    heartbeatTimeoutMs,
  })
  announcer.listen((event) => {
    if ('session' in event) connections.note(event.session)
    if (event.type === 'ended') connections.forget(event.session.id)
  })
  const meter = createMeter({ act, store, clock, log, charging, evidence, gatherer, terms, timeouts })
  announcer.listen(meter.hear)
  const everyMs = Math.ceil(heartbeatTimeoutMs / 2)
  const lastConfirmed = createLastConfirmed({ store, clock, log, evidence, everyMs })
  const gatherOf = async (userId: string): Promise<number | undefined> => {
    const open = await store.read((view) => view.openSessionOf(userId))
    return open && gatherer.gatherOf(open.id)
  }
  const meterPort = createMeterPort({ act, log, charging, gatherOf })
  const gather = gatherer.gatherOf
  return { charging, connections, meter, lastConfirmed, meterPort, evidence, gather, gatherOf }
}
