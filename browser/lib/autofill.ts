/**
 * Reads fields that a password manager or an old phone filled without an `input` event: what is
 * seen is what is sent.
 */

const heard = new WeakMap<EventTarget, string>()
const TYPED = 'input:not([type=radio]):not([type=checkbox]), textarea'
type Box = HTMLInputElement | HTMLTextAreaElement

/** These come before a value changes; a field drawn again while it changes would lose the change. */
const BEFORE_CHANGES = ['focusin', 'pointerdown', 'keydown', 'beforeinput'] as const

/**
 * Reports to the page every field whose value it has not heard: before anything else changes in
 * its form, because the redrawn form would empty the field, and before the form is submitted, which
 * waits until they are drawn.
 */
export function hearFilledBoxes(): void {
  document.addEventListener(
    'input',
    ({ target }) => {
      if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
        heard.set(target, target.value)
      }
    },
    true,
  )
  for (const type of BEFORE_CHANGES) {
    document.addEventListener(
      type,
      ({ target }) => {
        if (target instanceof Element) report(target.closest('form'))
      },
      true,
    )
  }
  document.addEventListener(
    'submit',
    (event) => {
      const { target: form, submitter } = event
      if (!(form instanceof HTMLFormElement) || !report(form)) return
      event.preventDefault()
      event.stopImmediatePropagation()
      setTimeout(() => form.requestSubmit(submitter))
    },
    true,
  )
}

/** Reports the unheard fields of a form. Returns whether there were any. */
function report(form: HTMLFormElement | null): boolean {
  let hadAny = false
  for (const box of form?.querySelectorAll<Box>(TYPED) ?? []) {
    if (box.value === (heard.get(box) ?? '')) continue
    hadAny = true
    heard.set(box, box.value)
    box.dispatchEvent(new Event('input', { bubbles: true }))
  }
  return hadAny
}
