/** Runs the payment form: the card form, the saved cards, and one payment at a time. */
import { type Signal, signal } from '@preact/signals'
import type { CardView } from '../../shared/protocol/views.ts'
import { storageOrMemory } from '../lib/page-storage.ts'
import { type OpenPaymentElement, openPaymentElement } from './payment-element.ts'
import { loadStripe, type StripeJs } from './stripe-js.ts'
import { createAttempts } from './top-up-attempt.ts'
import { NO_FORM, sayPaid, UNSURE } from './top-up-messages.ts'
import { type Paid, pay, paySaved } from './top-up-pay.ts'
import type { TopUpServer } from './top-up-server.ts'

/** Describes money that was added to the balance. */
export interface Added {
  readonly amountCents: number
  readonly balanceCents: number
  /** The address of its receipt. */
  readonly receipt: string
}

/** Runs one payment form. It knows the page only as the place of the card form. */
export interface Checkout {
  readonly busy: Signal<boolean>
  /** The error in words; empty when there is none. */
  readonly problem: Signal<string>
  readonly cards: Signal<readonly CardView[]>
  /** The saved card that pays; undefined for the card that is typed in. */
  readonly cardId: Signal<string | undefined>
  /** True if the card that is typed in is to be saved. */
  readonly saveCard: Signal<boolean>
  /** Puts the card form into `place`. */
  open(place: HTMLElement, amountCents: number): void
  changeAmount(amountCents: number): void
  choose(cardId: string | undefined): void
  keepCard(wanted: boolean): void
  /**
   * Pays, and resolves with what was added; undefined, with {@link problem} set, when nothing was.
   */
  pay(amountCents: number): Promise<Added | undefined>
  close(): void
}

interface CheckoutParts {
  userId: string
  server: TopUpServer
  openForm?: typeof openPaymentElement
}

export function createCheckout({ userId, server, openForm = openPaymentElement }: CheckoutParts): Checkout {
  const busy = signal(false)
  const problem = signal('')
  const { cards, cardId, noteChoice, find } = createCardChoice(server)
  const saveCard = signal(false)
  const attempts = createAttempts(storageOrMemory(() => localStorage))
  let at: { place: HTMLElement; amountCents: number } | undefined
  let paymentElement: Promise<OpenPaymentElement> | undefined
  let again = false

  /** Resolves with the card form; one that failed to load is tried again when it is next needed. */
  const openedPaymentElement = async (): Promise<OpenPaymentElement> => {
    if (!at) throw new Error('the checkout is closed')
    paymentElement ??= openForm({ server, saveCard: saveCard.value, onUse: noteChoice, ...at })
    try {
      return await paymentElement
    } catch (error) {
      paymentElement = undefined
      problem.value = NO_FORM
      throw error
    }
  }

  const payOnce = async (amountCents: number): Promise<Paid | undefined> => {
    const wish = { userId, amountCents, server, attempts, again }
    const saved = cardId.value
    const open = saved === undefined ? await openedPaymentElement().catch(() => undefined) : undefined
    if (saved === undefined && !open) return undefined
    try {
      if (saved !== undefined) return await paySaved({ ...wish, cardId: saved, stripe: stripeOf(server) })
      return open && (await pay({ ...wish, ...open, saveCard: saveCard.value }))
    } catch (error) {
      console.error(error)
      problem.value = UNSURE
      return undefined
    }
  }

  return {
    busy,
    problem,
    cards,
    cardId,
    saveCard,
    open(place, amountCents) {
      at = { place, amountCents }
      void openedPaymentElement().catch(() => undefined)
      void find()
    },
    changeAmount(amountCents) {
      again = false
      if (at) at = { ...at, amountCents }
      void paymentElement
        ?.then(({ elements }) => elements.update({ amount: amountCents }))
        .catch(() => undefined)
    },
    choose(next) {
      noteChoice()
      cardId.value = next
      problem.value = ''
    },
    keepCard(wanted) {
      noteChoice()
      saveCard.value = wanted
      const setupFutureUsage = wanted ? ('off_session' as const) : null
      void paymentElement
        ?.then(({ elements }) => elements.update({ setupFutureUsage }))
        .catch(() => undefined)
    },
    async pay(amountCents) {
      if (busy.value) return undefined
      noteChoice()
      busy.value = true
      problem.value = ''
      const paid = await payOnce(amountCents)
      busy.value = false
      again = paid?.kind === 'refused' && paid.failure.code === 'twin_payment'
      if (paid?.kind === 'added') return addedBy(paid, amountCents)
      if (paid) problem.value = sayPaid(paid)
      return undefined
    },
    close() {
      at = undefined
      void paymentElement?.then((open) => open.close()).catch(() => undefined)
    },
  }
}

/** Creates the choice between the saved cards and one that is typed in. */
function createCardChoice(server: Pick<TopUpServer, 'cards'>) {
  const cards = signal<readonly CardView[]>([])
  const cardId = signal<string | undefined>(undefined)
  let hasChosen = false
  return {
    cards,
    cardId,

    /** Notes that the client has chosen how to pay, if only by starting to type a card. */
    noteChoice() {
      hasChosen = true
    },

    /** Selects a saved card first, unless the client has already chosen otherwise. */
    async find(): Promise<void> {
      const answer = await server.cards()
      if (!answer.ok) return
      cards.value = answer.value.cards
      if (!hasChosen) cardId.value = answer.value.cards[0]?.id
    },
  }
}

function addedBy(paid: Extract<Paid, { kind: 'added' }>, amountCents: number): Added {
  const { balanceCents, paymentIntentId } = paid
  return { amountCents, balanceCents, receipt: `/payments/${paymentIntentId}` }
}

function stripeOf(server: TopUpServer): () => Promise<StripeJs> {
  return async () => {
    const settings = await server.settings()
    if (!settings.ok) throw new Error(settings.failure.code)
    return loadStripe(settings.value)
  }
}
