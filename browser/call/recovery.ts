import type { CallWorld } from './types.ts'

// A lost path often heals by itself within this time, and restarting sooner only adds traffic.
const HEALING_MS = 3_000
const RESTART_MS = 15_000
const RESTARTS_MAX = 3
// The polite side gives the other a head start, so that two restarts rarely cross.
const HEAD_START_MS = 2_000

interface RecoveryParts {
  peer: RTCPeerConnection
  polite: boolean
  /** Whether the path carries something, as far as is known. */
  isHealthy(): boolean
  after: CallWorld['after']
  /** Whether the other page can be reached to agree on a new path. */
  canSignal(): boolean
  /** Fetches fresh logins for the relay, which may have lapsed since the call began. */
  renew(): Promise<void>
  /** Restarting has been tried often enough: only a new connection can help. */
  onHopeless(): void
}

export interface Recovery {
  /** The connection's state has changed. */
  changed(): void
  /** The other page can be reached again. */
  signalsBack(): void
  /** The path was tried and carries nothing, whatever its state says: it is restarted now. */
  mend(): void
  stop(): void
}

/** Repairs a connection that lost its path: waits a moment, restarts ICE a few times, then calls it hopeless. */
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
  // A connection that is closed meanwhile has none.
  const stats = await peer.getStats().catch(() => undefined)
  const reports: Iterable<{ type: string; bytesReceived?: number }> = stats?.values() ?? []
  for (const report of reports) {
    if (report.type === 'candidate-pair') bytes += report.bytesReceived ?? 0
  }
  return bytes
}
