/** Tests that the journal's cost of a change does not grow with the history. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../dev/stripe/server.ts'
import { STRICT } from '../../domain/card-testing.ts'
import { pause, resume } from '../../domain/session.ts'
import { cents } from '../../shared/money.ts'
import { CARD, call, payAsPage } from '../dev/stripe/support.ts'
import { IS_LONG } from '../support/sample.ts'
import { type MemoryDisk, memoryDisk } from '../support/store/memory-disk.ts'
import { ana, liveSession, openOn, setUp } from '../support/store/store-parts.ts'
import { notify, openWalletWorld, paymentsAt, register, type WalletWorld } from './payments/wallet-support.ts'

const LIMITS = { ...STRICT, attempts: 10_000, attemptsFromAddress: 10_000, newAccountCents: 10_000_000 }
const LONG_HISTORIES = IS_LONG ? [100, 1_000] : [100]
const A_FEW_DIGITS = 48 // of a place in a list, of numbers of records, payments and cents
const NOTE = { by: 'Olu', why: 'she asked' }

let standin: Standin
let world: WalletWorld
let paid: string[]

beforeEach(async () => {
  standin = await startStripeStandin()
  world = await openWalletWorld({ payments: paymentsAt(standin.url), cardLimits: LIMITS })
  await register(world, 'ana')
  paid = []
})
afterEach(() => standin.stop())

/** Counts the bytes of the records: a segment is filled with zeros after its last one. */
function journalBytes(disk: MemoryDisk): number {
  const segments = disk.names().filter((name) => name.startsWith('journal-'))
  return segments.reduce((sum, name) => sum + disk.text(name).lastIndexOf('\n') + 1, 0)
}

async function bytesOf(deed: () => Promise<unknown>, disk = world.disk): Promise<number> {
  const before = journalBytes(disk)
  await deed()
  return journalBytes(disk) - before
}

/** Makes one top-up: started, paid, credited, its card recorded. */
async function topUp(): Promise<void> {
  const { paymentIntentId, clientSecret } = await world.wallet.addFunds({
    userId: 'ana',
    amountCents: cents(500),
  })
  await payAsPage(standin, clientSecret, CARD.good)
  await world.wallet.confirm({ userId: 'ana', paymentIntentId })
  paid.push(paymentIntentId)
}

async function refund(paymentIntentId: string): Promise<void> {
  await call(standin, 'POST', '/refunds', { payment_intent: paymentIntentId, amount: '5' })
  await notify(world, paymentIntentId, 'charge.refunded')
}

/** Opens and wins a dispute, after which the account is as free as before. */
async function dispute(paymentIntentId: string): Promise<void> {
  const { id } = standin.reversals.dispute(paymentIntentId)
  await notify(world, paymentIntentId, 'charge.dispute.created')
  standin.reversals.closeDispute(id, 'won')
  await notify(world, paymentIntentId, 'charge.dispute.funds_reinstated')
}

async function lengthenTo(count: number): Promise<void> {
  while (paid.length < count) await topUp()
}

/**
 * Measures each kind of change once there are `count` top-ups; changes of old ones are to the
 * first.
 */
async function costsAfter(count: number) {
  await lengthenTo(count)
  const [first = ''] = paid
  return {
    refund: await bytesOf(() => refund(first)),
    dispute: await bytesOf(() => dispute(first)),
    askedBack: await bytesOf(() => world.admin.refund('ana', 5, NOTE)),
    topUp: await bytesOf(topUp),
  }
}

it('a top-up, and what goes back of an old one, take as much of the journal after a long history as after a short one', async () => {
  const early = await costsAfter(10)
  for (const count of LONG_HISTORIES) {
    const late = await costsAfter(count)
    for (const deed of ['refund', 'dispute', 'askedBack', 'topUp'] as const) {
      expect(late[deed], `${deed} after ${count}`).toBeLessThan(early[deed] + A_FEW_DIGITS)
    }
  }
  expect(early.refund).toBeLessThan(300)
  expect(early.topUp).toBeLessThan(2_000)
})

it('what goes back of a new top-up is written so that older builds read it, and takes at most a thousand characters more', async () => {
  for (const count of [1, 2]) {
    const costs = await costsAfter(count)
    expect(costs.refund, `after ${count}`).toBeLessThan(300 + 1_000)
  }
  expect(world.disk.text('journal-000000000001.jsonl')).not.toContain('{"v":2')
})

it('twenty top-ups of which some go back take as much of the journal late as early', async () => {
  const twenty = async () => {
    for (let n = 0; n < 20; n += 1) {
      await topUp()
      if (n % 5 === 0) await refund(paid[Math.floor(paid.length / 2)] ?? '')
    }
  }
  await twenty()
  const early = await bytesOf(twenty)
  await lengthenTo(180)
  expect((await bytesOf(twenty)) / early).toBeLessThan(1.05)
})

it('a top-up of which much goes back, bit by bit, takes as much for the last part as for the first', async () => {
  await lengthenTo(3)
  const part = () => world.admin.refund('ana', 1, NOTE)
  for (let n = 0; n < 10; n += 1) await part()
  const early = await bytesOf(part)
  for (let n = 0; n < 80; n += 1) await part()
  expect(await bytesOf(part)).toBeLessThan(early + A_FEW_DIGITS)
})

it('an interruption takes as much of the journal after many as after one', async () => {
  const disk = memoryDisk()
  const { store } = await openOn(disk)
  await store.commit((tx) => {
    setUp(tx)
    tx.putSession(liveSession('s', Date.UTC(2026, 10, 22)))
  })
  const interrupt = async (n: number) => {
    const at = Date.UTC(2026, 10, 22) + n * 10_000
    await store.commit((tx) => {
      const session = tx.openSessionOf(ana.id)
      if (session?.status === 'live') tx.putSession(pause(session, 'client_connection', at))
    })
    await store.commit((tx) => {
      const session = tx.openSessionOf(ana.id)
      if (session?.status === 'paused') tx.putSession(resume(session, at + 5_000))
    })
  }
  await interrupt(1)
  const early = await bytesOf(() => interrupt(2), disk)
  for (let n = 3; n < 1_000; n += 1) await interrupt(n)
  expect(await bytesOf(() => interrupt(1_000), disk)).toBeLessThan(early + A_FEW_DIGITS)
  await store.close()
})
