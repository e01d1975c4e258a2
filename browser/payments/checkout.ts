import { type Signal, signal } from '@preact/signals'
import type { CardView } from '../../shared/protocol/views.ts'
import { storageOrMemory } from '../lib/page-storage.ts'
import { type Desk, openDesk } from './payment-element.ts'
import { loadStripe, type StripeJs } from './stripe-js.ts'
import { createAttempts } from './top-up-attempt.ts'
import { NO_FORM, sayPaid, UNSURE } from './top-up-messages.ts'
import { type Paid, pay, paySaved } from './top-up-pay.ts'
import type { TopUpServer } from './top-up-server.ts'

/** The card form, the saved cards, and one payment at a time; knows the page only as the place where the card form goes. */
export interface Till {
  readonly busy: Signal<boolean>
  /** What went wrong, in words for people; empty when nothing did. */
  readonly problem: Signal<string>
  readonly cards: Signal<readonly CardView[]>
  /** The saved card that pays; undefined for the one that is typed in. */
  readonly cardId: Signal<string | undefined>
  /** Whether the card that is typed in is to be saved. */
  readonly saveCard: Signal<boolean>
  /** Puts the card form there. */
  open(place: HTMLElement, amountCents: number): void
  changeAmount(amountCents: number): void
  choose(cardId: string | undefined): void
  keepCard(wanted: boolean): void
  /** Pays, and resolves with the new balance in cents; undefined, with {@link problem} set, when nothing was added. */
  pay(amountCents: number): Promise<number | undefined>
  close(): void
}

export function createTill({ userId, server }: { userId: string; server: TopUpServer }): Till {
  const busy = signal(false)
  const problem = signal('')
  const cards = signal<readonly CardView[]>([])
  const cardId = signal<string | undefined>(undefined)
  const saveCard = signal(false)
  const attempts = createAttempts(storageOrMemory(() => localStorage))
  let at: { place: HTMLElement; amountCents: number } | undefined
  let desk: Promise<Desk> | undefined
  let again = false

  /** The card form; one that failed to load is tried again when it is next needed. */
  const theDesk = async (): Promise<Desk> => {
    if (!at) throw new Error('the till is closed')
    desk ??= openDesk({ server, saveCard: saveCard.value, ...at })
    try {
      return await desk
    } catch (error) {
      desk = undefined
      problem.value = NO_FORM
      throw error
    }
  }

  const payOnce = async (amountCents: number): Promise<Paid | undefined> => {
    const wish = { userId, amountCents, server, attempts, again }
    const saved = cardId.value
    const open = saved === undefined ? await theDesk().catch(() => undefined) : undefined
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

  /** A card that was saved is offered first, unless the person has begun otherwise. */
  const findCards = async (): Promise<void> => {
    const answer = await server.cards()
    if (!answer.ok || !at) return
    cards.value = answer.value.cards
    if (!busy.value) cardId.value = answer.value.cards[0]?.id
  }

  return {
    busy,
    problem,
    cards,
    cardId,
    saveCard,
    open(place, amountCents) {
      at = { place, amountCents }
      void theDesk().catch(() => undefined)
      void findCards()
    },
    changeAmount(amountCents) {
      again = false
      if (at) at = { ...at, amountCents }
      void desk?.then(({ elements }) => elements.update({ amount: amountCents })).catch(() => undefined)
    },
    choose(next) {
      cardId.value = next
      problem.value = ''
    },
    keepCard(wanted) {
      saveCard.value = wanted
      const setupFutureUsage = wanted ? ('off_session' as const) : null
      void desk?.then(({ elements }) => elements.update({ setupFutureUsage })).catch(() => undefined)
    },
    async pay(amountCents) {
      if (busy.value) return undefined
      busy.value = true
      problem.value = ''
      const paid = await payOnce(amountCents)
      busy.value = false
      again = paid?.kind === 'refused' && paid.failure.code === 'twin_payment'
      if (paid?.kind === 'added') return paid.balanceCents
      if (paid) problem.value = sayPaid(paid)
      return undefined
    },
    close() {
      at = undefined
      void desk?.then((open) => open.close()).catch(() => undefined)
    },
  }
}

function stripeOf(server: TopUpServer): () => Promise<StripeJs> {
  return async () => {
    const settings = await server.settings()
    if (!settings.ok) throw new Error(settings.failure.code)
    return loadStripe(settings.value)
  }
}
