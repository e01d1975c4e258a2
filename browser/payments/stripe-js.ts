/** Declares the part of Stripe.js that the payment form uses, and loads it. */
import type { SettingsView } from '../../shared/protocol/views.ts'

// The name of Stripe.js is the API release that the server's SDK is pinned to, and it may only come
// from there.
const STRIPE_JS = 'https://js.stripe.com/endive/stripe.js'
const STANDIN_JS = '/stripe-standin.js'

export interface StripeJs {
  elements(options: ElementsOptions): Elements
  /** Pays with what was typed into the form, or with a saved card. */
  confirmPayment(
    options: { clientSecret: string; redirect: 'if_required' } & (
      | { elements: Elements }
      | { confirmParams: { payment_method: string } }
    ),
  ): Promise<{ paymentIntent?: PaymentSeen; error?: StripeJsError }>
  /** Lets the client confirm to the bank, for a payment that our server has started. */
  handleNextAction(options: {
    clientSecret: string
  }): Promise<{ paymentIntent?: PaymentSeen; error?: StripeJsError }>
}

/** Says whether the card is to be kept for later: the payment is made the same way. */
export type FutureUse = 'off_session' | null

/**
 * Describes a form without a payment yet: it is shown from the start, and the payment is made when
 * the client presses Pay.
 */
export interface ElementsOptions {
  mode: 'payment'
  /** In cents. */
  amount: number
  currency: 'usd'
  /**
   * The same as the payment allows: cards, Apple Pay and Google Pay among them, whatever the
   * account's settings are.
   */
  allowedPaymentMethodTypes: readonly 'card'[]
  appearance?: { theme: 'stripe' | 'night' }
}

export interface Elements {
  create(type: 'payment'): PaymentElement
  update(change: { amount?: number; setupFutureUsage?: FutureUse }): unknown
  /** Checks what was typed, and lets wallets ask the client. */
  submit(): Promise<{ error?: StripeJsError }>
}

export interface PaymentElement {
  mount(place: HTMLElement): void
  destroy(): void
  on(event: 'ready' | 'focus', told: () => void): unknown
  on(event: 'loaderror', told: (event: { error: StripeJsError }) => void): unknown
}

/** Describes a payment as a page may see it; only our server decides what it means. */
export interface PaymentSeen {
  id: string
  status: string
}

export interface StripeJsError {
  type: string
  code?: string
  decline_code?: string
  message?: string
  payment_intent?: PaymentSeen
}

declare global {
  interface Window {
    Stripe?: (publishableKey: string) => StripeJs
  }
}

let loading: Promise<void> | undefined

/**
 * Resolves with Stripe.js, or its stand-in, loaded when first needed. Rejects when it cannot be
 * loaded; a later call tries again.
 */
export async function loadStripe(settings: SettingsView): Promise<StripeJs> {
  loading ??= loadScript(settings.stripe === 'standin' ? STANDIN_JS : STRIPE_JS)
  await loading.catch((error: unknown) => {
    loading = undefined
    throw error
  })
  if (!window.Stripe) throw new Error('Stripe.js did not start')
  return window.Stripe(settings.stripePublishableKey)
}

function loadScript(src: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script')
    if (src === STANDIN_JS) script.type = 'module'
    script.src = src
    script.addEventListener('load', () => resolve())
    script.addEventListener('error', () => {
      script.remove()
      reject(new Error(`${src} could not be loaded`))
    })
    document.head.append(script)
  })
}
