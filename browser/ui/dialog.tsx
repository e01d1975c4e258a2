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
  /** True for a window that must not wait behind one that opens after it. */
  urgent?: boolean
  /**
   * The id of the text that is read aloud with the title: text outside a dialog cannot be heard.
   */
  about?: string
  children: ComponentChildren
}

/** The urgent windows that are open. */
const onTop = new Set<HTMLDialogElement>()

/** Shows a window above all others but the urgent ones, which get the focus back from it. */
function show(dialog: HTMLDialogElement): void {
  const above = [...onTop].filter((one) => one !== dialog)
  for (const one of above) one.close()
  for (const one of [dialog, ...above]) {
    one.showModal()
    one.querySelector<HTMLElement>('h2')?.focus()
  }
}

/**
 * Draws the dialog. The focus starts on its title, so that a key already on its way presses
 * nothing, and returns to where it was when the dialog is closed.
 */
export function Dialog(props: DialogProps) {
  const { title, onClose, closeLabel, className = '', urgent = false, about, children } = props
  const box = useRef<HTMLDialogElement>(null)
  const titleId = useId()

  // Shown in the same frame as the press that opens it; closing gives the focus back.
  useLayoutEffect(() => {
    const dialog = box.current
    if (!dialog) return undefined
    if (urgent) onTop.add(dialog)
    show(dialog)
    return () => {
      onTop.delete(dialog)
      dialog.close()
    }
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
      <h2 id={titleId} tabIndex={-1}>
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
