/**
 * Draws a part of a page that is loaded: its outline, then its content, or what went wrong with a
 * retry.
 */
import type { ComponentChildren } from 'preact'
import type { Loading } from '../lib/loading.ts'
import { sayNotLoaded } from '../lib/messages.ts'
import { Alert } from './alert.tsx'

interface LoadedProps<T> {
  of: Loading<T>
  /** Begins the sentence that says what is missing: `"Your payments"`. */
  what: string
  retry: () => void
  children: (value: T) => ComponentChildren
}

export function Loaded<T>({ of, what, retry, children }: LoadedProps<T>) {
  if (of.state === 'ready') return <>{children(of.value)}</>
  if (of.state === 'waiting') return <p class="loading">Loading…</p>
  return (
    <Alert>
      <p>{sayNotLoaded(what, of.failure)}</p>
      <button type="button" class="button" onClick={retry}>
        Try again
      </button>
    </Alert>
  )
}
