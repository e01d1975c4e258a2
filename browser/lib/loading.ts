/** Loads what a page shows from the server. */
import type { Signal } from '@preact/signals'
import type { Answer, Failure } from './http.ts'

/** Describes something a page loads. A value once shown stays while it is loaded again. */
export type Loading<T> =
  | { state: 'waiting' }
  | { state: 'ready'; value: T }
  | { state: 'failed'; failure: Failure }

export const waiting = { state: 'waiting' } as const

/**
 * Loads, and puts the result into `place`; a failure never replaces a value that is already shown.
 */
export async function load<T>(place: Signal<Loading<T>>, ask: () => Promise<Answer<T>>): Promise<void> {
  const answer = await ask()
  if (answer.ok) place.value = { state: 'ready', value: answer.value }
  else if (place.value.state !== 'ready') place.value = { state: 'failed', failure: answer.failure }
}
