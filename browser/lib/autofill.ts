/** Boxes that were filled without an `input` event, by a password manager or an old phone: what is seen in them is what is sent. */

const heard = new WeakMap<EventTarget, string>()
const TYPED = 'input:not([type=radio]):not([type=checkbox]), textarea'
type Box = HTMLInputElement | HTMLTextAreaElement

/** Before a form is submitted, lets the page hear every box whose value it has not heard, and submits once it is drawn. */
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
