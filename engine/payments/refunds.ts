/** Refunds unspent balance to the cards it came from. */
import type { Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import type { OperatorNote } from '../../domain/person.ts'
import { type Refund, type TopUp, unreturnedCents } from '../../domain/top-up.ts'
import { cents, formatCents } from '../../shared/money.ts'
import { ageOf, HOUR_MS } from '../../shared/time.ts'
import type { Log, NewId, Payments, Store, View } from '../ports.ts'
import type { CreditParts } from './apply-payment.ts'
import type { Reversals } from './reversals.ts'
import { changeTopUp, clientIn, topUpIn } from './top-up-records.ts'

/** Stripe may forget the key that makes a repeated refund harmless once it is 24 hours old. */
const KEY_LAPSES_MS = 24 * HOUR_MS
/** The last hour is left to requests that are still on their way. */
const ASK_AGAIN_MS = KEY_LAPSES_MS - HOUR_MS

export interface Refunds {
  /**
   * Takes unspent money out of the balance and sends it back to the cards it came from, oldest
   * top-up first. Returns what became of each part. Refuses `insufficient_funds` beyond what is
   * unspent, `wrong_state` during a session.
   */
  giveBack(clientId: string, amountCents: number, note: OperatorNote): Promise<readonly Refund[]>
  /**
   * Resolves refunds that a crash or a lost response left open: requests them again, and once their
   * key has lapsed checks whether Stripe has made them. [R4] One that it has not made has failed,
   * and is back in the balance. Resolves with true where all of them are known now.
   */
  resume(): Promise<boolean>
}

interface Part {
  readonly topUpId: string
  readonly paymentIntentId: string
  readonly refund: Refund
}

/** Creates the refunds. Each is on record and out of the balance before Stripe is asked. */
export function createRefunds(
  parts: CreditParts & {
    store: Store
    payments: Payments
    newId: NewId
    reversals: Reversals
  },
): Refunds {
  const { act, store, newId, reversals, meter } = parts
  const { ask, lookFor } = createQuestions(parts)

  const reserve = (clientId: string, amountCents: number, note: OperatorNote): Promise<Part[]> =>
    act((tx) => {
      const client = clientIn(tx, clientId)
      if (tx.openSessionOf(clientId)) {
        throw new Refusal('wrong_state', 'This client is in a session. Refund when it has ended.')
      }
      return split(client, amountCents).map(({ topUp, share }) => {
        const refund: Refund = {
          id: newId(),
          cents: cents(share),
          at: tx.now,
          ...note,
          status: 'asked',
        }
        const { refunds = [], id: topUpId, paymentIntentId = '' } = topUp
        changeTopUp(tx, clientId, topUpId, { refunds: [...refunds, refund] })
        reversals.drive(tx, clientId, topUpId)
        return { topUpId, paymentIntentId, refund }
      })
    }, 'operator')

  /**
   * Records the status of a refund, and moves the balance to match; an unknown one stays `asked`.
   */
  const carryOut = (clientId: string, part: Part, findOut = ask): Promise<Refund> =>
    reversals.inTurn(part.paymentIntentId, async () => {
      const { topUpId, refund } = part
      const status = await findOut(clientId, part)
      if (status === 'asked') return refund
      const told = { ...refund, status }
      await act((tx) => {
        const topUp = topUpIn(clientIn(tx, clientId), topUpId)
        const refunds = (topUp.refunds ?? []).map((each) => (each.id === refund.id ? told : each))
        changeTopUp(tx, clientId, topUpId, { refunds })
        reversals.drive(tx, clientId, topUpId)
      }, 'payment')
      if (status === 'failed') meter.afterMove(clientId)
      return told
    })

  return {
    async giveBack(clientId, amountCents, note) {
      const reserved = await reserve(clientId, amountCents, note)
      const done: Refund[] = []
      for (const part of reserved) done.push(await carryOut(clientId, part))
      return done
    },

    async resume() {
      const open = await store.read((view) => unanswered(view))
      const answers: boolean[] = []
      for (const { clientId, part } of open) {
        // Read for each part: those before it may have waited long for Stripe.
        const ageMs = ageOf(part.refund.at, await store.read((view) => view.now))
        if (ageMs < ASK_AGAIN_MS) answers.push(isKnown(await carryOut(clientId, part)))
        else if (ageMs < KEY_LAPSES_MS) answers.push(false)
        else answers.push(isKnown(await carryOut(clientId, part, lookFor)))
      }
      return answers.every(Boolean)
    },
  }
}

/** Creates the two ways to learn what became of a refund at Stripe. */
function createQuestions({ payments, log }: { payments: Payments; log: Log }) {
  /** Requests one refund from Stripe; repeating it changes nothing. */
  const ask = async (clientId: string, { paymentIntentId, refund }: Part): Promise<Refund['status']> => {
    const { id: refundId, cents: amountCents } = refund
    try {
      await payments.refund({ paymentIntentId, refundId, amountCents })
      return 'made'
    } catch (error) {
      return statusAfter(error, log, { clientId, refundId })
    }
  }

  /** Checks whether Stripe has made a refund that is too old to be requested again. */
  const lookFor = async (clientId: string, { paymentIntentId, refund }: Part): Promise<Refund['status']> => {
    const { id: refundId, cents: amountCents } = refund
    try {
      const listed = (await payments.reversalsOf(paymentIntentId)).refunds.find(
        (each) => each.refundId === refundId,
      )
      if (listed && !listed.failed) return 'made'
      log.error(
        { clientId, refundId, amountCents },
        'a refund was never made: the money is back in the balance',
      )
      return 'failed'
    } catch (error) {
      return statusAfter(error, log, { clientId, refundId })
    }
  }

  return { ask, lookFor }
}

const isKnown = ({ status }: Refund): boolean => status !== 'asked'

/**
 * Returns the top-ups that an amount comes out of, oldest first; disputed ones stay as they are.
 */
function split(client: Client, amountCents: number): { topUp: TopUp; share: number }[] {
  const shares: { topUp: TopUp; share: number }[] = []
  let left = Math.min(amountCents, client.balanceCents)
  for (const topUp of client.topUps) {
    const share = topUp.openDisputes ? 0 : Math.min(left, unreturnedCents(topUp))
    if (share > 0) shares.push({ topUp, share })
    left -= share
  }
  const found = shares.reduce((sum, { share }) => sum + share, 0)
  if (found === amountCents && amountCents > 0) return shares
  throw new Refusal(
    'insufficient_funds',
    `Only ${formatCents(refundableCents(client))} of it can be refunded.`,
  )
}

/** Returns what of a client's balance came in through cards and has not been spent. */
export function refundableCents(client: Client): number {
  const came = client.topUps.filter(({ openDisputes }) => !openDisputes)
  return Math.min(
    client.balanceCents,
    came.reduce((sum, topUp) => sum + unreturnedCents(topUp), 0),
  )
}

/** Stripe will not make it, or does not know the payment at all. */
const REFUSED = new Set<string>(['payment_mismatch', 'not_found'])

function statusAfter(error: unknown, log: Log, fields: object): 'failed' | 'asked' {
  if (!(error instanceof Refusal)) throw error
  log.error({ ...fields, code: error.code }, 'a refund was not made')
  return REFUSED.has(error.code) ? 'failed' : 'asked'
}

function unanswered(view: View): { clientId: string; part: Part }[] {
  return [...view.clients()].flatMap(({ id: clientId, topUps }) =>
    topUps.flatMap(({ id: topUpId, paymentIntentId = '', refunds = [] }) =>
      refunds
        .filter(({ status }) => status === 'asked')
        .map((refund) => ({ clientId, part: { topUpId, paymentIntentId, refund } })),
    ),
  )
}
