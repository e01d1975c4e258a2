/**
 * Reads fields that a password manager or an old phone filled without an `input` event: what is
 * seen is what is sent.
 */

const heard = new WeakMap<EventTarget, string>()
const TYPED = 'input:not([type=radio]):not([type=checkbox]), textarea'
type Box = HTMLInputElement | HTMLTextAreaElement

/**
 * Reports to the page every field whose value it has not heard: before anything else changes in
 * its form, because the redrawn form would empty the field, and before the form is submitted, which
 * waits until they are drawn.
 */
export function hearFilledBoxes(): void {
  document.addEventListener(
    'input',
    ({ target }) => {
      if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return
      heard.set(target, target.value)
      report(target.form)
    },
    true,
  )
  document.addEventListener(
    'click',
    ({ target }) => {
      if (target instanceof Element) report(target.closest('form'))
    },
    true,
  )
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
