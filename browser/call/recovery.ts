/** Repairs a peer connection that has lost its path. */
import type { CallEnvironment } from './types.ts'

// A lost path often recovers within this time, and restarting sooner only adds traffic.
const HEALING_MS = 3_000
const RESTART_MS = 15_000
const RESTARTS_MAX = 3
// The polite side gives the other a head start, so that two restarts rarely cross.
const HEAD_START_MS = 2_000

interface RecoveryParts {
  peer: RTCPeerConnection
  polite: boolean
  /** Says whether the path carries something, as far as is known. */
  isHealthy(): boolean
  after: CallEnvironment['after']
  /** Says whether the other page can be reached to agree on a new path. */
  canSignal(): boolean
  /** Fetches fresh TURN credentials; the first may have expired since the call started. */
  renew(): Promise<void>
  /** Runs when restarts have failed often enough that only a new connection can help. */
  onHopeless(): void
}

export interface Recovery {
  /** Reacts to a change of the connection's state. */
  changed(): void
  /** Reacts when the other page can be reached again. */
  signalsBack(): void
  /** Restarts a path that was tested and carries nothing, whatever its state says. */
  mend(): void
  stop(): void
}

/**
 * Creates the repair of a connection: it waits a moment, restarts ICE a few times, then gives up.
 */
export function createRecovery(parts: RecoveryParts): Recovery {
  const { peer, after, isHealthy, canSignal, renew, onHopeless } = parts
  const headStartMs = parts.polite ? HEAD_START_MS : 0
  let restarts = 0
  let waiting = false
  let stopTimer = () => {}

  const wait = (ms: number, then: () => void) => {
    stopTimer()
    stopTimer = after(ms, then)
  }
  const restart = () => {
    waiting = !canSignal()
    if (waiting) return stopTimer()
    if (restarts >= RESTARTS_MAX) return onHopeless()
    restarts += 1
    wait(RESTART_MS, () => (isHealthy() ? recovered() : restart()))
    void renew().then(() => peer.signalingState === 'closed' || peer.restartIce())
  }
  const recovered = () => {
    stopTimer()
    restarts = 0
    waiting = false
  }
  const watch = async () => {
    const before = await bytesReceived(peer)
    if (peer.connectionState !== 'disconnected') return
    wait(HEALING_MS + headStartMs, async () => {
      const moved = (await bytesReceived(peer)) > before
      if (peer.connectionState !== 'disconnected') return
      if (moved) await watch()
      else restart()
    })
  }

  return {
    changed: () => {
      if (peer.connectionState === 'connected') recovered()
      // While a restart is being tried its own timer decides.
      if (restarts > 0 || waiting) return
      if (peer.connectionState === 'failed') wait(headStartMs, restart)
      if (peer.connectionState === 'disconnected') void watch()
    },
    signalsBack: () => {
      if (waiting) restart()
    },
    mend: () => {
      const worked = ['connected', 'disconnected', 'failed'].includes(peer.connectionState)
      if (worked && restarts === 0 && !waiting) wait(headStartMs, restart)
    },
    stop: () => stopTimer(),
  }
}

async function bytesReceived(peer: RTCPeerConnection): Promise<number> {
  let bytes = 0
  // A connection that was closed meanwhile has no statistics.
  const stats = await peer.getStats().catch(() => undefined)
  const reports: Iterable<{ type: string; bytesReceived?: number }> = stats?.values() ?? []
  for (const report of reports) {
    if (report.type === 'candidate-pair') bytes += report.bytesReceived ?? 0
  }
  return bytes
}
