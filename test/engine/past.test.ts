/** Tests the pages of a client's top-ups, activity and sessions. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../dev/stripe/server.ts'
import type { Refusal } from '../../domain/errors.ts'
import type { EndedSession } from '../../domain/session.ts'
import type { TopUp } from '../../domain/top-up.ts'
import { activityOf } from '../../engine/accounts/activity.ts'
import { cents } from '../../shared/money.ts'
import { CARD, payAsPage } from '../dev/stripe/support.ts'
import { openWalletWorld, paymentsAt, register, type WalletWorld } from './payments/wallet-support.ts'

const NOTE = { by: 'Olu', why: 'asked for' }
let standin: Standin
let world: WalletWorld

beforeEach(async () => {
  standin = await startStripeStandin()
  world = await openWalletWorld({ payments: paymentsAt(standin.url) })
  await register(world, 'ana')
})

afterEach(() => standin.stop())

async function pay(amountCents: number): Promise<string> {
  const { paymentIntentId, clientSecret } = await world.wallet.addFunds({
    userId: 'ana',
    amountCents: cents(amountCents),
  })
  await payAsPage(standin, clientSecret, CARD.good)
  await world.wallet.confirm({ userId: 'ana', paymentIntentId })
  return (await world.wallet.payments('ana')).payments[0]?.id ?? ''
}

/** Writes more top-ups than a test could make by paying. */
async function giveTopUps(count: number): Promise<void> {
  const topUps = Array.from({ length: count }, (_, index): TopUp => {
    const createdAt = 1_000 * (index + 1)
    return { id: `t${index}`, attemptKey: `k${index}`, amountCents: cents(500), status: 'failed', createdAt }
  })
  const ana = await world.client('ana')
  await world.store.commit((tx) => tx.putUser({ ...ana, topUps }))
}

describe('a client’s top-ups', () => {
  it('come newest first, a page at a time, each once', async () => {
    await giveTopUps(120)
    const seen: string[] = []
    const sizes: number[] = []
    let cursor: string | undefined
    do {
      const { payments, nextCursor } = await world.wallet.payments('ana', cursor)
      seen.push(...payments.map(({ id }) => id))
      sizes.push(payments.length)
      cursor = nextCursor
    } while (cursor !== undefined)
    expect(sizes).toEqual([50, 50, 20])
    expect(seen).toEqual(Array.from({ length: 120 }, (_, index) => `t${119 - index}`))
    await expect(world.wallet.payments('ana', 'not one of them')).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })

  it('each have a receipt that shows what went back, to their client alone', async () => {
    const id = await pay(2_000)
    await world.admin.refund('ana', 750, NOTE)
    expect(await world.wallet.receipt('ana', id)).toMatchObject({
      clientName: 'ana',
      amountCents: 2_000,
      creditedAt: expect.any(Number),
      returns: [{ cents: 750, at: expect.any(Number) }],
    })
    expect(JSON.stringify(await world.wallet.receipt('ana', id))).not.toMatch(/Olu|asked for|attemptKey/)
    await register(world, 'ben')
    const refused = expect.objectContaining({ code: 'not_found' satisfies Refusal['code'] })
    await expect(world.wallet.receipt('ben', id)).rejects.toEqual(refused)
  })

  it('are shown with what the operator made good for', async () => {
    expect(await world.wallet.payments('ana')).not.toHaveProperty('credits')
    await world.admin.goodwill('ana', 300, NOTE)
    expect((await world.wallet.payments('ana')).credits).toMatchObject([{ cents: 300 }])
  })
})

describe('everything that moved a client’s money', () => {
  async function* sessionsAt(...instants: number[]): AsyncGenerator<EndedSession> {
    const agreed = {
      clientId: 'ana',
      clientName: 'ana',
      readerId: 'mara',
      readerName: 'Mara',
      kind: 'chat',
    } as const
    for (const endedAt of instants) {
      yield {
        ...agreed,
        id: `s${endedAt}`,
        rateCents: cents(100),
        status: 'ended',
        requestedAt: endedAt - 1,
        endedAt,
        endReason: 'cancelled',
        durationSeconds: 0,
        billedMs: 0,
        chargedCents: cents(0),
        earnedCents: cents(0),
        charges: [],
        pauses: [],
      }
    }
  }

  it('is listed newest first, whatever comes between', async () => {
    await giveTopUps(3)
    const told: [string, number][] = []
    for await (const { what, at } of activityOf(await world.client('ana'), sessionsAt(9_000, 2_500, 500))) {
      told.push([what, at])
    }
    expect(told).toEqual([
      ['session', 9_000],
      ['top-up', 3_000],
      ['session', 2_500],
      ['top-up', 2_000],
      ['top-up', 1_000],
      ['session', 500],
    ])
  })

  it('sums to the balance', async () => {
    await pay(2_000)
    await pay(5_000)
    await world.admin.refund('ana', 2_750, NOTE)
    await world.admin.goodwill('ana', 300, NOTE)
    let sum = 0
    for await (const entry of activityOf(await world.client('ana'), sessionsAt())) sum += entry.cents
    expect(sum).toBe((await world.client('ana')).balanceCents)
    expect(sum).toBe(4_550)
  })
})
