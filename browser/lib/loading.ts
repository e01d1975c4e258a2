/** Loads what a page shows from the server. */
import type { Signal } from '@preact/signals'
import type { Answer, Failure } from './http.ts'

/** Describes something a page loads. A value once shown stays while it is loaded again. */
export type Loading<T> =
  | { state: 'waiting' }
  | { state: 'ready'; value: T }
  | { state: 'failed'; failure: Failure }

export const waiting = { state: 'waiting' } as const

/** Counts what was asked for and what is shown of it, for each place. */
const turns = new WeakMap<object, { asked: number; shown: number; put: number }>()

function turnsOf(place: object) {
  const known = turns.get(place) ?? { asked: 0, shown: 0, put: 0 }
  turns.set(place, known)
  return known
}

/**
 * Loads, and puts the result into `place`; a failure never replaces a value that is already shown,
 * nor does the response to an earlier request. Loads once more where {@link put} came in between.
 */
export async function load<T>(place: Signal<Loading<T>>, ask: () => Promise<Answer<T>>): Promise<void> {
  const turn = turnsOf(place)
  if (place.value.state === 'failed') place.value = waiting
  turn.asked += 1
  const mine = turn.asked
  const answer = await ask()
  if (!answer.ok) {
    if (place.value.state !== 'ready') place.value = { state: 'failed', failure: answer.failure }
  } else if (mine > turn.shown) {
    turn.shown = mine
    place.value = { state: 'ready', value: answer.value }
  } else if (mine < turn.put) await load(place, ask)
}

/** Shows what the response to a change returned: newer than all that was asked for before. */
export function put<T>(place: Signal<Loading<T>>, value: T): void {
  const turn = turnsOf(place)
  turn.asked += 1
  turn.shown = turn.asked
  turn.put = turn.asked
  place.value = { state: 'ready', value }
}
