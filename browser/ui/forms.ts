/** Keeps the focus where what had it goes, and sends what was asked for once. */
import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

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

/**
 * Returns a function for when more rows are drawn in a list: it moves the focus to the first of
 * them where the button that asked for them is gone.
 */
export function followNewRows(list: HTMLElement | null): () => void {
  const rows = () => [...(list?.querySelectorAll('tbody tr') ?? [])]
  const before = rows().length
  const follow = () => {
    if (!isFocusLost()) return
    const [last, first = last] = rows().slice(Math.max(0, before - 1))
    first?.querySelector('a')?.focus()
  }
  return () => void setTimeout(follow)
}

/**
 * Returns whether a request is on its way, and a function that sends one. It resolves with
 * undefined where another is on its way, and where this part of the page is gone by the time of the
 * response: closed meanwhile, or opened again.
 */
export function useSending() {
  const sending = useSignal(false)
  const isHere = useIsHere()
  const send = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
    if (sending.value) return undefined
    sending.value = true
    const answer = await ask()
    sending.value = false
    return isHere() ? answer : undefined
  }
  return { sending: sending.value, send }
}

/** Returns a function that says whether this part of the page is still there. */
export function useIsHere(): () => boolean {
  const isHere = useRef(true)
  useEffect(
    () => () => {
      isHere.current = false
    },
    [],
  )
  return () => isHere.current
}
