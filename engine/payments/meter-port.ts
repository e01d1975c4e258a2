/** What payments need of the meter, where money moves by anything but a session. */
import type { TellingTx } from '../commit.ts'

export interface MeterPort {
  /** Asks the pages of the client's running session for what they have received until now, before money is taken back. */
  gather(clientId: string): Promise<unknown>
  /**
   * To be called inside the commit, just before a balance rises or falls: `in` charges a running session up to now, `out` ends
   * an open one.
   */
  beforeMove(tx: TellingTx, clientId: string, way: 'in' | 'out'): void
  /** To be called once a balance that has risen is on disk: a session finds out anew when the money ends. */
  afterMove(clientId: string): void
}
