/** Draws a dialog over the page. */
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

interface DialogProps {
  title: string
  /**
   * Runs on Escape and the close button, where closing is safe; without it only the dialog's own
   * buttons close it.
   */
  onClose?: () => void
  closeLabel?: string
  className?: string
  /**
   * The id of the text that is read aloud with the title: text outside a dialog cannot be heard.
   */
  about?: string
  children: ComponentChildren
}

/**
 * Draws the dialog. The focus starts on its title, so that a key already on its way presses
 * nothing, and returns to where it was when the dialog is closed.
 */
export function Dialog({ title, onClose, closeLabel, className = '', about, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const titleId = useId()

  // Shown in the same frame as the press that opens it; closing gives the focus back.
  useLayoutEffect(() => {
    const dialog = box.current
    dialog?.showModal()
    heading.current?.focus()
    return () => dialog?.close()
  }, [])

  const refuseEscape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    onClose?.()
  }

  return (
    <dialog
      ref={box}
      class={`dialog ${className}`}
      aria-labelledby={titleId}
      aria-describedby={about}
      onKeyDown={refuseEscape}
      onCancel={(event) => {
        event.preventDefault()
        onClose?.()
      }}
    >
      <h2 id={titleId} ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {children}
      {onClose && closeLabel && (
        <button type="button" class="button quiet" onClick={onClose}>
          {closeLabel}
        </button>
      )}
    </dialog>
  )
}
