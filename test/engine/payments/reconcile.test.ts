/** Tests the reconciliation with the account at Stripe. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLastLook } from '../../../adapters/store/last-look.ts'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import { Refusal } from '../../../domain/errors.ts'
import type { Payments } from '../../../engine/ports.ts'
import { cents } from '../../../shared/money.ts'
import { CARD, call, payAsPage } from '../../dev/stripe/support.ts'
import { memoryDisk } from '../../support/store/memory-disk.ts'
import { crash, openWalletWorld, paymentsAt, register, type WalletWorld } from './wallet-support.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 22)

let standin: Standin
let stripe: Payments
let isDown: boolean
/** Each look through the whole account: how far back it went, in days. */
let looks: number[]
let alarms: { instant: number; wake: () => void }[]
let world: WalletWorld
const folder = { disk: memoryDisk() }

beforeEach(async () => {
  standin = await startStripeStandin() // an account of its own: what one test paid is not another's
  stripe = paymentsAt(standin.url)
  isDown = false
  looks = []
  folder.disk = memoryDisk()
  world = await start(NOW, memoryDisk())
  await register(world, 'ana')
  const { paymentIntentId, clientSecret } = await world.wallet.addFunds({
    userId: 'ana',
    amountCents: cents(2_000),
  })
  await payAsPage(standin, clientSecret, CARD.good)
  await world.wallet.confirm({ userId: 'ana', paymentIntentId })
})
afterEach(() => standin.stop())

/** Starts one run of the server over what the last one left. */
async function start(now: number, disk = crash(world)): Promise<WalletWorld> {
  alarms = []
  const payments: Payments = {
    ...stripe,
    since: async (instant) => {
      looks.push((world.clock.now - instant) / DAY)
      if (isDown) throw new Refusal('payment_unavailable', 'Stripe is down.')
      return stripe.since(instant)
    },
  }
  const opened = await openWalletWorld({
    payments,
    now,
    disk,
    lastLook: await openLastLook(folder.disk),
    at: (instant, wake) => {
      const alarm = { instant, wake }
      alarms.push(alarm)
      return () => {
        alarms = alarms.filter((each) => each !== alarm)
      }
    },
  })
  world = opened
  return opened
}

/** Lets the hours pass in which nothing but the daily looks happens. */
async function look(now: number): Promise<void> {
  world.clock.now = now
  await world.wallet.startPolling()
  world.wallet.stop()
}

describe('a look through the account at Stripe', () => {
  it('goes 30 days back at a start', async () => {
    await look(NOW)
    expect(looks).toEqual([30])
  })

  it('goes back to the last one that Stripe completed, over restarts', async () => {
    await look(NOW)
    isDown = true
    await start(NOW + 10 * DAY)
    await look(NOW + 10 * DAY)
    await start(NOW + 50 * DAY)
    await look(NOW + 50 * DAY)
    isDown = false
    await start(NOW + 60 * DAY)
    await look(NOW + 60 * DAY)
    expect(looks).toEqual([30, 30, 52, 62])
    await look(NOW + 61 * DAY)
    expect(looks.at(-1)).toBe(30)
  })

  it('finds, a minute later, the refund whose message was lost while Stripe was down', async () => {
    isDown = true
    const [topUp] = (await world.client('ana')).topUps
    await call(standin, 'POST', '/refunds', { payment_intent: topUp?.paymentIntentId ?? '', amount: '500' })
    await world.wallet.startPolling()
    expect((await world.client('ana')).balanceCents).toBe(2_000)
    const again = alarms.find(({ instant }) => instant === NOW + MINUTE)
    isDown = false
    world.clock.now = NOW + MINUTE
    again?.wake()
    await expect.poll(async () => (await world.client('ana')).balanceCents).toBe(1_500)
    world.wallet.stop()
  })

  it('is not clean when one payment of it could not be asked about', async () => {
    const lastLook = await openLastLook(folder.disk)
    const deaf: Payments = {
      ...stripe,
      reversalsOf: () => Promise.reject(new Refusal('payment_unavailable', 'Stripe is down.')),
    }
    const [topUp] = (await world.client('ana')).topUps
    await call(standin, 'POST', '/refunds', { payment_intent: topUp?.paymentIntentId ?? '', amount: '500' })
    world = await openWalletWorld({ payments: deaf, disk: crash(world), lastLook })
    await look(NOW)
    expect(lastLook.at()).toBeUndefined()
  })
})
