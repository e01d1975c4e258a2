/** Draws what the stand-in for Stripe.js shows: a card form, and the bank's question. */
import { formatCents } from '../../shared/money.ts'

const NOTE = 'Test payment: no real card is charged.'

export interface CardForm {
  readonly element: HTMLElement
  /** Returns what is not filled in yet, in words; undefined when all is. */
  missing(): string | undefined
  /** Returns the card as Stripe's API takes it. */
  fields(): Record<string, string>
}

/** Creates a card form that is filled in with the card that always works. */
export function createCardForm(): CardForm {
  const number = field('Card number', '4242 4242 4242 4242')
  const expiry = field('Expiry', '12/34')
  const code = field('CVC', '123')
  const element = make('fieldset', 'standin-card')
  const pair = make('div', 'standin-pair')
  pair.append(expiry.element, code.element)
  element.append(make('legend', '', 'Card'), make('p', 'standin-note', NOTE), number.element, pair)

  return {
    element,
    missing() {
      if (digits(number.value()).length < 12) return 'The card number is incomplete.'
      if (!EXPIRY.test(expiry.value())) return 'The expiry date is incomplete.'
      return /^\d{3,4}$/.test(code.value()) ? undefined : 'The security code is incomplete.'
    },
    fields() {
      const [, month = '', year = ''] = EXPIRY.exec(expiry.value()) ?? []
      return {
        use_stripe_sdk: 'true',
        'payment_method_data[type]': 'card',
        'payment_method_data[card][number]': digits(number.value()),
        'payment_method_data[card][exp_month]': month,
        'payment_method_data[card][exp_year]': year,
        'payment_method_data[card][cvc]': code.value(),
      }
    },
  }
}

const EXPIRY = /^(\d{1,2})\s*\/\s*(\d{2}|\d{4})$/

let fields = 0

function field(name: string, value: string): { element: HTMLElement; value: () => string } {
  fields += 1
  const input = make('input', '')
  input.id = `standin-${fields}`
  input.type = 'text'
  input.value = value
  input.inputMode = 'numeric'
  // A browser must not offer a real card to a development form.
  input.autocomplete = 'off'
  const label = make('label', '', name)
  label.htmlFor = input.id
  const box = make('div', 'field-box')
  box.append(input)
  const element = make('div', 'field')
  element.append(label, box)
  return { element, value: () => input.value.trim() }
}

/**
 * Asks, over the page, what a bank would; resolves with whether the client passed. Escape fails.
 */
export function askBank(amountCents: number): Promise<boolean> {
  const dialog = make('dialog', 'dialog standin-bank')
  const title = make('h2', '', 'Your bank asks')
  title.id = 'standin-bank-title'
  title.tabIndex = -1
  dialog.setAttribute('aria-labelledby', title.id)
  const question = `A real bank would check here that it is you who pays ${formatCents(amountCents)}.`
  const passes = make('button', 'button primary', 'Complete authentication')
  const fails = make('button', 'button', 'Fail authentication')
  const actions = make('div', 'apart')
  actions.append(fails, passes)
  dialog.append(title, make('p', 'standin-note', NOTE), make('p', '', question), actions)
  document.body.append(dialog)
  dialog.showModal()
  title.focus()

  return new Promise((resolve) => {
    const answer = (passed: boolean) => () => {
      dialog.remove()
      resolve(passed)
    }
    passes.addEventListener('click', answer(true))
    fails.addEventListener('click', answer(false))
    dialog.addEventListener('cancel', answer(false))
  })
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = '',
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text) element.textContent = text
  return element
}

function digits(text: string): string {
  return text.replace(/\D/g, '')
}
