/** Keeps an open session in step with its client's wallet when money moves outside the session. */
import { isStarted } from '../../domain/session.ts'
import type { Act } from '../commit.ts'
import type { MeterPort } from '../payments/meter-port.ts'
import type { Log } from '../ports.ts'
import type { Charging } from './charging.ts'

export function createMeterPort(parts: {
  act: Act
  log: Log
  charging: Charging
  /** Asks both pages of a user's running session for what they have received until now. */
  gatherOf: (userId: string) => Promise<number | undefined>
}): MeterPort {
  const { act, log, charging } = parts

  const refresh = (clientId: string): Promise<void> =>
    act((tx) => {
      const open = tx.openSessionOf(clientId)
      if (open && isStarted(open)) charging.refresh(tx, open)
    }, 'session')

  return {
    gather: parts.gatherOf,

    beforeMove(tx, clientId, way) {
      const open = tx.openSessionOf(clientId)
      if (open && way === 'out') charging.end(tx, open, 'payment_reversed')
      else if (open?.status === 'live') charging.chargeUpTo(tx, open, tx.now, 'partial')
    },

    afterMove(clientId) {
      refresh(clientId).catch((error) =>
        log.error({ err: error, clientId }, 'a meter could not be updated after a top-up'),
      )
    },
  }
}
