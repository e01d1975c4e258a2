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
  // The button is gone at once, and the heading stays whatever comes.
  const again = ({ currentTarget }: { currentTarget: HTMLElement }) => {
    const heading = currentTarget.closest('section')?.querySelector('h2')
    if (heading) {
      heading.tabIndex = -1
      heading.focus()
    }
    retry()
  }
  return (
    <Alert>
      <p>{sayNotLoaded(what, of.failure)}</p>
      <button type="button" class="button" onClick={again}>
        Try again
      </button>
    </Alert>
  )
}
