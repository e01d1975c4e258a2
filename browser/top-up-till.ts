import { type Signal, signal } from '@preact/signals'
import { createAttempts } from './top-up-attempt.ts'
import { type Desk, openDesk } from './top-up-desk.ts'
import { type Paid, pay } from './top-up-pay.ts'
import type { TopUpServer } from './top-up-server.ts'
import { NO_FORM, sayPaid, UNSURE } from './top-up-words.ts'

/** The card form and one payment at a time; knows the page only as the place where the card form goes. */
export interface Till {
  readonly busy: Signal<boolean>
  /** What went wrong, in words for people; empty when nothing did. */
  readonly problem: Signal<string>
  /** Puts the card form there. */
  open(place: HTMLElement, amountCents: number): void
  changeAmount(amountCents: number): void
  /** Pays, and resolves with the new balance in cents; undefined, with {@link problem} set, when nothing was added. */
  pay(amountCents: number): Promise<number | undefined>
  close(): void
}

export function createTill({ userId, server }: { userId: string; server: TopUpServer }): Till {
  const busy = signal(false)
  const problem = signal('')
  const attempts = createAttempts(sessionStorage)
  let at: { place: HTMLElement; amountCents: number } | undefined
  let desk: Promise<Desk> | undefined

  /** The card form; one that failed to load is tried again when it is next needed. */
  const theDesk = async (): Promise<Desk> => {
    if (!at) throw new Error('the till is closed')
    desk ??= openDesk({ server, ...at })
    try {
      return await desk
    } catch (error) {
      desk = undefined
      problem.value = NO_FORM
      throw error
    }
  }

  const payOnce = async (amountCents: number): Promise<Paid | undefined> => {
    const open = await theDesk().catch(() => undefined)
    if (!open) return undefined
    try {
      return await pay({ userId, amountCents, ...open, server, attempts })
    } catch (error) {
      console.error(error)
      problem.value = UNSURE
      return undefined
    }
  }

  return {
    busy,
    problem,
    open(place, amountCents) {
      at = { place, amountCents }
      void theDesk().catch(() => undefined)
    },
    changeAmount(amountCents) {
      if (at) at = { ...at, amountCents }
      void desk?.then(({ elements }) => elements.update({ amount: amountCents })).catch(() => undefined)
    },
    async pay(amountCents) {
      if (busy.value) return undefined
      busy.value = true
      problem.value = ''
      const paid = await payOnce(amountCents)
      busy.value = false
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
