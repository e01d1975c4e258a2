/** Runs the same relay work on any server: at a pace, then as fast as it goes. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Host } from './host.ts'
import type { Relayed, Seat, Traffic } from './traffic.ts'

export interface Comparison {
  readonly sockets: number
  readonly rssKbPerSocket: number
  readonly heapKbPerSocket: number
  readonly paced: Relayed & { readonly cpuMicrosPerMessage: number }
  readonly saturated: Relayed & { readonly cpuMicrosPerMessage: number }
}

const IN_FLIGHT = 256
const WARM_UP_SECONDS = 2 // at the most, and so the next
const IDLE_SECONDS = 3

/** Returns the memory that the sockets cost, from readings before and after they came. */
export async function memoryOf<T>(host: Host, sockets: number, open: () => Promise<T>) {
  const before = await host.memory()
  const opened = await open()
  const after = await host.memory()
  const kbEach = (bytes: number) => bytes / 1024 / sockets
  return {
    opened,
    rssKbPerSocket: kbEach(after.rssBytes - before.rssBytes),
    heapKbPerSocket: kbEach(after.heapBytes - before.heapBytes),
  }
}

/**
 * Relays at `perSecond` for `seconds`, then saturated for half as long. The CPU time of the idle
 * server is subtracted.
 */
export async function compareRelay(parts: {
  host: Host
  traffic: Traffic
  seats: readonly Seat[]
  perSecond: number
  seconds: number
}) {
  const { host, traffic, seats, perSecond, seconds } = parts
  await traffic.saturated(seats, IN_FLIGHT, Math.min(seconds, WARM_UP_SECONDS)) // until the relay's code has been compiled
  const idle = await cpuShare(host, () => pause(Math.min(seconds, IDLE_SECONDS) * 1000))
  const paced = await cpuShare(host, () => traffic.paced(seats, perSecond, seconds))
  const saturated = await cpuShare(host, () => traffic.saturated(seats, IN_FLIGHT, seconds / 2))
  return {
    paced: { ...paced.result, cpuMicrosPerMessage: microsEach(paced, idle.share, paced.result.arrived) },
    saturated: {
      ...saturated.result,
      cpuMicrosPerMessage: microsEach(saturated, idle.share, saturated.result.arrived),
    },
  }
}

export interface Watched<T> {
  readonly result: T
  readonly cpuSeconds: number
  readonly seconds: number
  /** Of one core. */
  readonly share: number
}

/** Returns the share of the host's CPU that was used while the work ran. */
export async function cpuShare<T>(host: Host, work: () => Promise<T>): Promise<Watched<T>> {
  const startedAt = performance.now()
  const before = host.cpuSeconds()
  const result = await work()
  const cpuSeconds = host.cpuSeconds() - before
  const seconds = (performance.now() - startedAt) / 1000
  return { result, cpuSeconds, seconds, share: cpuSeconds / seconds }
}

export function microsEach(watched: Watched<unknown>, idleShare: number, messages: number): number {
  return ((watched.cpuSeconds - idleShare * watched.seconds) * 1_000_000) / messages
}
