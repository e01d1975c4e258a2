/** Makes commits that announce their events once they are on disk. */
import type { Announce, EngineEvent } from './events.ts'
import type { Decide, Purpose, Store, Tx } from './ports.ts'

/** A transaction of {@link Act}, whose events belong to the commit. */
export interface TellingTx extends Tx {
  /**
   * Announces an event once the commit is on disk, in the order of the calls; never where the
   * commit fails.
   */
  tell(event: EngineEvent): void
}

/** Commits like {@link Store.commit}, and announces its events before it resolves. */
export type Act = <T>(decide: Decide<TellingTx, T>, purpose?: Purpose) => Promise<T>

export function createAct({ store, announce }: { store: Store; announce: Announce }): Act {
  return async <T>(decide: Decide<TellingTx, T>, purpose?: Purpose): Promise<T> => {
    let told: EngineEvent[] = []
    const decideAndCollect = (tx: Tx): T => {
      told = []
      return decide(withTell(tx, (event) => told.push(event)))
    }
    const answer = await store.commit(decideAndCollect as Decide<Tx, T>, purpose)
    for (const event of told) announce(event)
    return answer
  }
}

/** Returns `tx` with `tell` added: `now` stays the getter that it is. */
const withTell = (tx: Tx, tell: Announce): TellingTx =>
  Object.assign<Tx, Pick<TellingTx, 'tell'>>(Object.create(tx), { tell })
