/** Tests the mapping of Stripe's objects to ours. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reversalsOf } from '../../../adapters/stripe/mapping.ts'
import type { Dispute } from '../../../dev/stripe/objects.ts'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import { CARD, call, payAsPage } from '../../dev/stripe/support.ts'

let standin: Standin
/** Of $10.00, at an account that settles in euros: 870 cents were withdrawn. */
let opened: Dispute

beforeAll(async () => {
  standin = await startStripeStandin()
  standin.settlesIn('eur', 0.87)
  const { body } = await call(standin, 'POST', '/payment_intents', { amount: '1000', currency: 'usd' })
  await payAsPage(standin, String(body.client_secret), CARD.good)
  opened = standin.reversals.dispute(String(body.id))
})
afterAll(() => standin.stop())

type Move = [amount: number, day: number, category?: 'fee']

function dispute(status: Dispute['status'], moves: readonly Move[]): Dispute {
  const [template] = opened.balance_transactions
  if (!template) throw new Error('a dispute withdraws')
  return {
    ...opened,
    status,
    balance_transactions: moves.map(([amount, day, category = 'dispute']) => ({
      ...template,
      amount,
      created: template.created + day * 86_400,
      reporting_category: category,
    })),
  }
}

describe('what a dispute has out', () => {
  it.each<[string, Dispute['status'], Move[], number]>([
    ['is nothing before anything is withdrawn', 'needs_response', [], 0],
    ['is nothing where only a fee was taken', 'needs_response', [[-1_500, 0, 'fee']], 0],
    ['is its amount from the withdrawal on', 'under_review', [[-870, 0]], 1_000],
    [
      'is its amount beside a fee',
      'under_review',
      [
        [-870, 0],
        [-1_500, 1, 'fee'],
      ],
      1_000,
    ],
    ['is its amount once it is lost', 'lost', [[-870, 0]], 1_000],
    [
      'is its amount where the part that was refunded before came back',
      'lost',
      [
        [-870, 0],
        [300, 60],
      ],
      1_000,
    ],
    [
      'is nothing where all came back although it is lost',
      'lost',
      [
        [-870, 0],
        [870, 60],
      ],
      0,
    ],
    ['is its amount while a won one has not come back yet', 'won', [[-870, 0]], 1_000],
    [
      'is nothing once a won one came back at a worse rate',
      'won',
      [
        [-870, 0],
        [850, 60],
      ],
      0,
    ],
    [
      'is nothing once a won one came back at a better rate',
      'won',
      [
        [-870, 0],
        [900, 60],
      ],
      0,
    ],
    [
      'is nothing in whatever order Stripe lists it',
      'won',
      [
        [850, 60],
        [-870, 0],
      ],
      0,
    ],
    [
      'is its amount where the bank took it again',
      'won',
      [
        [-870, 0],
        [850, 60],
        [-860, 90],
      ],
      1_000,
    ],
    [
      'is nothing after a fee that came later',
      'won',
      [
        [-870, 0],
        [850, 60],
        [-1_500, 61, 'fee'],
      ],
      0,
    ],
  ])('%s', (_what, status, moves, withdrawnCents) => {
    expect(reversalsOf([], [dispute(status, moves)])).toMatchObject({ withdrawnCents })
  })

  it.each([
    ['needs_response', 1],
    ['under_review', 1],
    ['appeal_needs_response', 1],
    ['appeal_under_review', 1],
    ['warning_needs_response', 0],
    ['warning_under_review', 0],
    ['warning_closed', 0],
    ['prevented', 0],
    ['won', 0],
    ['lost', 0],
  ] as const)('%s freezes an account: %i', (status, openDisputes) => {
    expect(reversalsOf([], [dispute(status, [])])).toMatchObject({ openDisputes })
  })
})
