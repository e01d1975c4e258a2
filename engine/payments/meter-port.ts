/** Defines what payments need of the meter, where money moves outside a session. */
import type { TellingTx } from '../commit.ts'

export interface MeterPort {
  /**
   * Asks the pages of the client's running session for what they have received until now, before
   * money is taken back.
   */
  gather(clientId: string): Promise<unknown>
  /**
   * Charges a running session up to now (`in`), or ends an open one (`out`). Call it inside the
   * commit, just before a balance rises or falls.
   */
  beforeMove(tx: TellingTx, clientId: string, way: 'in' | 'out'): void
  /** Updates when the money of a session ends. Call it once a balance that has risen is on disk. */
  afterMove(clientId: string): void
}
