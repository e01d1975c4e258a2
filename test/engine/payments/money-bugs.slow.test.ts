/** Checks that the random histories of money find each of these deliberate bugs. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { User } from '../../../domain/user.ts'
import type { createDeletion } from '../../../engine/accounts/deletion.ts'
import type { TellingTx } from '../../../engine/commit.ts'
import type { View } from '../../../engine/ports.ts'
import fc from '../../support/properties.ts'
import { IS_LONG } from '../../support/sample.ts'
import { type Mishearing, STEPS_OF_STORY, tellWhole } from './money-story.ts'

type DeletionParts = Parameters<typeof createDeletion>[0]

interface Bug {
  readonly name: string
  readonly isErased?: (user: User) => boolean
  readonly deletion?: (parts: DeletionParts) => DeletionParts
  readonly mishear?: Mishearing
  /** The beginning of every history, which chance alone would seldom reach. */
  readonly beginning?: readonly (readonly [string, number])[]
}

const planted: { bug: Omit<Bug, 'name' | 'beginning' | 'mishear'> } = { bug: {} }

vi.mock('../../../domain/user.ts', async (original) => {
  const real = await original<typeof import('../../../domain/user.ts')>()
  const isErased: typeof real.isErased = (user) => (planted.bug.isErased ?? real.isErased)(user)
  return { ...real, isErased }
})

vi.mock('../../../engine/accounts/deletion.ts', async (original) => {
  const real = await original<typeof import('../../../engine/accounts/deletion.ts')>()
  const createDeletion: typeof real.createDeletion = (parts) =>
    real.createDeletion(planted.bug.deletion?.(parts) ?? parts)
  return { ...real, createDeletion }
})

/** Returns the records as a reader sees them who overlooks a part of each user. */
const seenAs = <V extends View>(view: V, change: (user: User) => User): V => {
  const user = (id: string) => {
    const found = view.user(id)
    return found && change(found)
  }
  return Object.create(view, { user: { value: user } })
}

const lookingPast =
  (change: (user: User) => User) =>
  (parts: DeletionParts): DeletionParts => ({
    ...parts,
    act: (decide, purpose) => parts.act(((tx: TellingTx) => decide(seenAs(tx, change))) as never, purpose),
    store: {
      ...parts.store,
      read: (look) => parts.store.read(((view: View) => look(seenAs(view, change))) as never),
    },
  })

/** A payment is made, and the folder put back from a copy that has not heard of it. */
const FORGET = [
  ['keepCopy', 0],
  ['open', 2],
  ['pay', 2],
  ['putBack', 0],
] as const

const LEAVE = ['leave', 0] as const

const BUGS: readonly Bug[] = [
  {
    name: 'a payment that comes after its account was deleted is credited',
    isErased: () => false,
    beginning: [...FORGET, LEAVE, ['later', 1]],
  },
  {
    name: 'an account that owes money can be deleted',
    deletion: lookingPast((user) => {
      if (user.role !== 'client') return user
      const { debtCents: _, ...client } = user
      return client
    }),
    beginning: [['spend', 899], ['spend', 899], ['refund', 0], ['news', 16], LEAVE],
  },
  {
    name: 'an account with an open dispute can be deleted',
    deletion: lookingPast((user) =>
      user.role === 'client'
        ? { ...user, topUps: user.topUps.map((topUp) => ({ ...topUp, openDisputes: 0 })) }
        : user,
    ),
    beginning: [['dispute', 1], ['news', 33], LEAVE],
  },
  {
    name: 'the customer of a deleted account stays at Stripe',
    mishear: () => ({ deleteCustomer: async () => undefined }),
    beginning: [['open', 3], LEAVE],
  },
  {
    name: 'what an older copy forgot stays unmatched',
    mishear: (stripe) => ({
      retrieve: async (id) => ({ ...(await stripe.retrieve(id)), topUpId: undefined }),
      since: async (instant) => {
        const { paid, returned } = await stripe.since(instant)
        return { paid: paid.map((payment) => ({ ...payment, topUpId: undefined })), returned }
      },
    }),
    beginning: FORGET,
  },
  {
    name: 'a dispute takes what it is worth in another currency',
    mishear: (stripe) => ({
      reversalsOf: async (id) => {
        const returns = await stripe.reversalsOf(id)
        return { ...returns, withdrawnCents: Math.round(returns.withdrawnCents * 0.87) }
      },
    }),
  },
  {
    name: 'a refund that failed at Stripe stays out of the balance',
    mishear: (stripe) => ({
      reversalsOf: async (id) => {
        const returns = await stripe.reversalsOf(id)
        return { ...returns, refunds: returns.refunds.map((refund) => ({ ...refund, failed: false })) }
      },
    }),
  },
  {
    name: 'half of the money that went back is not heard of',
    mishear: (stripe) => ({
      reversalsOf: async (id) => {
        const returns = await stripe.reversalsOf(id)
        return { ...returns, refunds: returns.refunds.slice(1) }
      },
    }),
  },
]

const HISTORIES = 300 // a bug that none of these shows counts as not found

describe('the histories of money show that', () => {
  afterEach(() => {
    planted.bug = {}
  })

  it.each(BUGS)('$name', async ({ name, beginning = [], mishear, ...bug }) => {
    const step = fc.tuple(fc.constantFrom(...STEPS_OF_STORY), fc.nat(1_000_000))
    planted.bug = bug
    let shown = 0
    let told = 0
    for (const steps of fc.sample(fc.array(step, { minLength: 10, maxLength: 40 }), HISTORIES)) {
      told += 1
      shown += await tellWhole([...beginning, ...steps], mishear).then(
        () => 0,
        () => 1,
      )
      if (shown > 0 && !IS_LONG) break
    }
    if (IS_LONG) process.stdout.write(`${name}: shown by ${shown} of ${told} histories\n`)
    expect(shown).toBeGreaterThan(0)
  })
})
