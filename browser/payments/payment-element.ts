/** Opens Stripe's card form. */
import { type Elements, loadStripe, type PaymentElement, type StripeJs } from './stripe-js.ts'
import type { TopUpServer } from './top-up-server.ts'

/** Offers the card form, ready to be filled in. */
export interface OpenPaymentElement {
  readonly stripe: StripeJs
  readonly elements: Elements
  /** Takes the form off the page. */
  close(): void
}

/**
 * Puts Stripe's card form into `place`, for a payment of `amountCents`. Rejects when it cannot be
 * loaded.
 */
export async function openPaymentElement(parts: {
  server: TopUpServer
  place: HTMLElement
  amountCents: number
  /** True if the card is to be saved. */
  saveCard: boolean
  /** Runs when the client goes into the form. */
  onUse: () => void
}): Promise<OpenPaymentElement> {
  const settings = await parts.server.settings()
  if (!settings.ok) throw new Error(settings.failure.code)
  const stripe = await loadStripe(settings.value)
  const theme = matchMedia('(prefers-color-scheme: light)').matches ? 'stripe' : 'night'
  const elements = stripe.elements({
    mode: 'payment',
    amount: parts.amountCents,
    currency: 'usd',
    allowedPaymentMethodTypes: ['card'],
    appearance: { theme },
  })
  if (parts.saveCard) elements.update({ setupFutureUsage: 'off_session' })
  const form = elements.create('payment')
  const ready = readiness(form)
  form.on('focus', parts.onUse)
  form.mount(parts.place)
  await ready
  return { stripe, elements, close: () => form.destroy() }
}

function readiness(form: PaymentElement): Promise<void> {
  return new Promise((resolve, reject) => {
    form.on('ready', () => resolve())
    form.on('loaderror', ({ error }) =>
      reject(new Error(error.message ?? 'the card form could not be loaded')),
    )
  })
}
