/** Keeps the focus where a form takes the place of the button that opened it. */
import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'

/**
 * Moves the focus into the form when the button that had it is gone, and to the button that comes
 * back when the form is closed.
 */
export function useFormFocus(form: RefObject<HTMLFormElement | null>): void {
  useEffect(() => {
    const place = form.current?.parentElement
    if (isFocusLost()) form.current?.querySelector<HTMLElement>('input, textarea')?.focus()
    return () =>
      void setTimeout(() => {
        if (isFocusLost()) place?.querySelector<HTMLElement>('button')?.focus()
      })
  }, [])
}

const isFocusLost = () => document.activeElement === document.body || document.activeElement === null
