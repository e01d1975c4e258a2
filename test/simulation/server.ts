/**
 * Runs the server once: the real store and the real engine over a disk in memory, until it is
 * stopped or killed.
 */

import type { Disk, DiskFile } from '../../adapters/store/disk/disk.ts'
import { openStore } from '../../adapters/store/store.ts'
import { UNWATCHED } from '../../adapters/system/disk-space.ts'
import { createWebAuthn } from '../../adapters/webauthn/webauthn.ts'
import { createEngine, type Engine } from '../../engine/engine.ts'
import type { EngineEvent } from '../../engine/events.ts'
import type { Clock, NewId, Payments, Store } from '../../engine/ports.ts'
import { testDataKey } from '../support/data-key.ts'
import { memoryLastLook } from '../support/last-look.ts'
import { unsentMail } from '../support/mail.ts'
import { plainPasswords } from '../support/passwords.ts'
import { type MemoryDisk, memoryDisk } from '../support/store/memory-disk.ts'
import { silentLog } from '../support/world.ts'
import type { Settings } from './auditor/auditor.ts'

export interface Server {
  readonly engine: Engine
  readonly store: Store
  /** Returns the error that stopped it, if any did. */
  failure(): unknown
  /**
   * Kills it in the middle of the `operation`-th change of the disk from now, of which `torn`
   * reaches the disk.
   */
  killAt(operation: number, torn: number): void
  /** Returns true if it is dead; nothing of what it does from then on has an effect. */
  isDead(): boolean
  /** Ends it at once, and gives what the disk then holds. */
  kill(): MemoryDisk
  /** Ends it in good order, and gives what the disk then holds. */
  stop(): Promise<MemoryDisk>
}

export interface ServerParts {
  readonly disk: MemoryDisk
  readonly clock: Clock
  readonly payments: Payments
  readonly newId: NewId
  readonly settings: Settings
  readonly announce: (event: EngineEvent) => void
}

export async function startServer(parts: ServerParts): Promise<Server> {
  const { disk, clock, settings } = parts
  let remains: MemoryDisk | undefined
  let countdown: { left: number; torn: number } | undefined
  let failed: unknown

  const kill = (): MemoryDisk => {
    remains ??= copyOf(disk)
    return remains
  }

  /**
   * Returns the part of a change that reaches the disk before the process dies; undefined for all
   * of it.
   */
  const beforeChange = (bytes = 0): number | undefined => {
    if (!countdown || remains) return undefined
    countdown.left -= 1
    return countdown.left > 0 ? undefined : Math.floor(bytes * countdown.torn)
  }

  const living: Clock = {
    now: clock.now,
    at: (instant, wake) => clock.at(instant, () => remains || wake()),
  }
  const store = await openStore({
    disk: watched(disk, beforeChange, kill),
    dataKey: testDataKey,
    clock: living,
    log: silentLog,
    space: UNWATCHED,
    onFatal: (error) => {
      if (!remains) failed ??= error
    },
  })
  const engine = createEngine({
    store,
    clock: living,
    log: silentLog,
    newId: parts.newId,
    payments: parts.payments,
    passwords: plainPasswords,
    webAuthn: createWebAuthn({ now: clock.now, log: silentLog }),
    dataKey: testDataKey,
    ...unsentMail,
    terms: {
      intervalMs: 60_000,
      partialMinute: settings.partialMinute,
      lowFundsCents: settings.lowCents,
      feePercent: settings.feePercent,
      freeMs: settings.freeMs,
    },
    timeouts: { ringMs: settings.ringMs, connectMs: settings.connectMs, graceMs: settings.graceMs },
    heartbeatTimeoutMs: settings.heartbeatMs,
    presenceGraceMs: settings.presenceGraceMs,
    maxInterruptions: settings.maxInterruptions,
    lastLook: memoryLastLook(),
    cardLimits: undefined,
    announce: (event) => void (remains || parts.announce(event)),
  })
  await engine.recover()

  return {
    engine,
    store,
    failure: () => failed,
    killAt: (left, torn) => {
      countdown = { left, torn }
    },
    isDead: () => remains !== undefined,
    kill,
    async stop() {
      await engine.stop()
      await store.close()
      return kill()
    },
  }
}

/** Returns what a dead process leaves behind. */
export function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = memoryDisk()
  for (const name of disk.names()) copy.put(name, disk.bytes(name))
  return copy
}

/** Wraps a disk so that it asks before each change whether the process dies during it. */
function watched(
  disk: MemoryDisk,
  beforeChange: (bytes?: number) => number | undefined,
  kill: () => void,
): Disk {
  const orDie = () => {
    if (beforeChange() !== undefined) kill()
  }
  const file = (inner: DiskFile): DiskFile => ({
    ...inner,
    async write(bytes, position) {
      const reaching = beforeChange(bytes.length)
      if (reaching === undefined) return inner.write(bytes, position)
      await inner.write(bytes.subarray(0, reaching), position)
      kill()
      return reaching
    },
    async sync() {
      orDie()
      await inner.sync()
    },
    async truncate(length) {
      orDie()
      await inner.truncate(length)
    },
  })
  return {
    ...disk,
    open: async (name, mode) => {
      if (mode === 'create') orDie()
      return file(await disk.open(name, mode))
    },
    rename: async (from, to) => {
      orDie()
      await disk.rename(from, to)
    },
    remove: async (name) => {
      orDie()
      await disk.remove(name)
    },
    syncFolder: async () => {
      orDie()
      await disk.syncFolder()
    },
  }
}
