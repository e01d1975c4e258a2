import type { Announce, EngineEvent } from './events.ts'
import type { Decide, Purpose, Store, Tx } from './ports.ts'

/** A commit that also tells what happened, in the order decided, once it is on disk. */
export type Act = <T>(
  decide: ((tx: Tx, tell: Announce) => T) & (T extends PromiseLike<unknown> ? never : unknown),
  purpose?: Purpose,
) => Promise<T>

export function createAct({ store, announce }: { store: Store; announce: Announce }): Act {
  return async <T>(decide: (tx: Tx, tell: Announce) => T, purpose?: Purpose): Promise<T> => {
    let told: EngineEvent[] = []
    const decideAndNote = (tx: Tx): T => {
      told = []
      return decide(tx, (event) => told.push(event))
    }
    const answer = await store.commit(decideAndNote as Decide<Tx, T>, purpose)
    for (const event of told) announce(event)
    return answer
  }
}
