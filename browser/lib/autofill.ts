/**
 * Reads fields that a password manager or an old phone filled without an `input` event: what is
 * seen is what is sent.
 */

const heard = new WeakMap<EventTarget, string>()
const TYPED = 'input:not([type=radio]):not([type=checkbox]), textarea'
type Box = HTMLInputElement | HTMLTextAreaElement

/**
 * Before a form is submitted, reports to the page every field whose value it has not heard, and
 * submits once it is drawn.
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
  document.addEventListener(
    'submit',
    (event) => {
      const { target: form, submitter } = event
      if (!(form instanceof HTMLFormElement)) return
      const unheard = [...form.querySelectorAll<Box>(TYPED)].filter(
        (box) => box.value !== (heard.get(box) ?? ''),
      )
      if (unheard.length === 0) return
      event.preventDefault()
      event.stopImmediatePropagation()
      for (const box of unheard) {
        heard.set(box, box.value)
        box.dispatchEvent(new Event('input', { bubbles: true }))
      }
      setTimeout(() => form.requestSubmit(submitter))
    },
    true,
  )
}
