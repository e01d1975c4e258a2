/** Waits for conditions, for as long as a busy machine may take to reach them. */
import { vi } from 'vitest'

/** Far beyond what any of them takes: only a test that fails waits for it. */
const PATIENCE_MS = 30_000

/** Resolves with what `check` returns as soon as it does not throw; rejects with its last error. */
export function waitFor<T>(check: () => T | Promise<T>, intervalMs = 10): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: intervalMs })
}
