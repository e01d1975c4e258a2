/** Commits that announce what happened in them once they are on disk. */
import type { Announce, EngineEvent } from './events.ts'
import type { Decide, Purpose, Store, Tx } from './ports.ts'

/** A transaction of {@link Act}: what is told in it belongs to the commit. */
export interface TellingTx extends Tx {
  /** Has an event announced once the commit is on disk, in the order told; never where it is not. */
  tell(event: EngineEvent): void
}

/** Commits like {@link Store.commit}, and announces what was told before it resolves. */
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

/** Returns a transaction that is `tx` in everything else: `now` stays the getter that it is. */
const withTell = (tx: Tx, tell: Announce): TellingTx =>
  Object.assign<Tx, Pick<TellingTx, 'tell'>>(Object.create(tx), { tell })
