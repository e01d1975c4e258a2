/** Tests top-ups, from the attempt to the credit. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import { signature } from '../../../dev/stripe/webhooks.ts'
import { Refusal } from '../../../domain/errors.ts'
import type { MeterPort } from '../../../engine/payments/meter-port.ts'
import type { Payment, Payments } from '../../../engine/ports.ts'
import { cents } from '../../../shared/money.ts'
import { CARD, call, payAsPage, WEBHOOK_SECRET } from '../../dev/stripe/support.ts'
import fc from '../../support/properties.ts'
import { sampleSize } from '../../support/sample.ts'
import {
  crash,
  gate,
  never,
  openWalletWorld,
  paymentsAt,
  register,
  STILL_METER,
  type WalletWorld,
  withMeter,
} from './wallet-support.ts'

let standin: Standin
let stripe: Payments
let world: WalletWorld

beforeAll(async () => {
  standin = await startStripeStandin()
  stripe = paymentsAt(standin.url)
})
afterAll(() => standin.stop())

beforeEach(async () => {
  world = await openWalletWorld({ payments: stripe })
  await register(world, 'ana')
  await register(world, 'ben')
})

const HOUR_MS = 3_600_000
const refusal = (code: Refusal['code']) => expect.objectContaining({ name: 'Refusal', code })
const unreachable = () => Promise.reject(new Refusal('payment_unavailable', 'Stripe is down.'))
const twenty = { userId: 'ana', amountCents: cents(2000), attemptKey: 'click 1' }

/** Sends a webhook about a payment, as Stripe would. */
async function notify({ wallet }: WalletWorld, paymentIntentId: string, type = 'payment_intent.succeeded') {
  const body = JSON.stringify({ object: 'event', type, data: { object: { id: paymentIntentId } } })
  const header = signature(body, WEBHOOK_SECRET, Math.floor(Date.now() / 1000))
  await wallet.handleWebhook(Buffer.from(body), header)
}

async function paidTopUp(): Promise<string> {
  const { paymentIntentId, clientSecret } = await world.wallet.addFunds(twenty)
  await payAsPage(standin, clientSecret, CARD.good)
  return paymentIntentId
}

const balanceOf = async (in_: WalletWorld, id = 'ana') => (await in_.client(id)).balanceCents
const announced = (in_: WalletWorld) => in_.events.filter(({ type }) => type === 'balance')

describe('opening a payment', () => {
  it('credits nothing yet', async () => {
    const view = await world.wallet.addFunds(twenty)
    expect(view).toEqual({
      paymentIntentId: expect.stringMatching(/^pi_/),
      clientSecret: expect.stringContaining('_secret_'),
      status: 'pending',
      balanceCents: 0,
    })
    expect(announced(world)).toEqual([])
    expect((await world.client('ana')).topUps).toMatchObject([
      { status: 'pending', amountCents: 2000, paymentIntentId: view.paymentIntentId },
    ])
  })

  it('has the receipt sent to the client', async () => {
    const { paymentIntentId } = await world.wallet.addFunds(twenty)
    const { body } = await call(standin, 'GET', `/payment_intents/${paymentIntentId}`)
    expect(body.receipt_email).toBe('ana@example.com')
  })

  it('has the attempt on disk before Stripe is asked', async () => {
    let onDisk: string[] = []
    const watching: Payments = {
      ...stripe,
      create: async (wish) => {
        const next = await openWalletWorld({ payments: stripe, disk: crash(watched) })
        onDisk = (await next.client('ana')).topUps.map(({ id }) => id)
        return stripe.create(wish)
      },
    }
    const watched = await openWalletWorld({ payments: watching })
    await register(watched, 'ana')
    await watched.wallet.addFunds(twenty)
    expect(onDisk).toEqual((await watched.client('ana')).topUps.map(({ id }) => id))
    expect(onDisk).toHaveLength(1)
  })

  it('[T4] returns the same payment to the same attempt, at once or later', async () => {
    const [one, two] = await Promise.all([world.wallet.addFunds(twenty), world.wallet.addFunds(twenty)])
    const three = await world.wallet.addFunds(twenty)
    expect(two).toEqual(one)
    expect(three).toEqual(one)
    expect((await world.client('ana')).topUps).toHaveLength(1)
  })

  it('[T4] refuses the same attempt with another amount, and changes nothing', async () => {
    await world.wallet.addFunds(twenty)
    const before = await world.client('ana')
    await expect(world.wallet.addFunds({ ...twenty, amountCents: cents(3000) })).rejects.toEqual(
      refusal('idempotency_mismatch'),
    )
    expect(await world.client('ana')).toEqual(before)
  })

  it('keeps the attempts of two people apart, however they are named', async () => {
    const hers = await world.wallet.addFunds(twenty)
    const his = await world.wallet.addFunds({ ...twenty, userId: 'ben', amountCents: cents(3000) })
    expect(his.paymentIntentId).not.toBe(hers.paymentIntentId)
  })

  it('makes a payment for each attempt that is not named', async () => {
    const { userId, amountCents } = twenty
    const one = await world.wallet.addFunds({ userId, amountCents: cents(amountCents) })
    const two = await world.wallet.addFunds({ userId, amountCents: cents(amountCents) })
    expect(two.paymentIntentId).not.toBe(one.paymentIntentId)
  })

  it('leaves the attempt to be taken up again when Stripe cannot be reached', async () => {
    let isDown = true
    const flaky: Payments = {
      ...stripe,
      create: (wish) => (isDown ? unreachable() : stripe.create(wish)),
    }
    const shaken = await openWalletWorld({ payments: flaky })
    await register(shaken, 'ana')
    await expect(shaken.wallet.addFunds(twenty)).rejects.toThrow('down')
    isDown = false
    expect((await shaken.wallet.addFunds(twenty)).status).toBe('pending')
    expect((await shaken.client('ana')).topUps).toHaveLength(1)
  })

  it('reports success when the attempt was paid and only the response was lost', async () => {
    const paymentIntentId = await paidTopUp()
    const again = await world.wallet.addFunds(twenty)
    expect(again).toMatchObject({ paymentIntentId, status: 'succeeded', balanceCents: 2000 })
  })
})

describe('confirming a payment', () => {
  it('credits it, on disk, and announces it to every page', async () => {
    const paymentIntentId = await paidTopUp()
    const answer = await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(answer).toEqual({ status: 'succeeded', balanceCents: 2000 })
    expect(announced(world)).toEqual([{ type: 'balance', userId: 'ana', balanceCents: 2000 }])
    const next = await openWalletWorld({ payments: stripe, disk: crash(world) })
    expect(await balanceOf(next)).toBe(2000)
    expect((await next.client('ana')).topUps).toMatchObject([
      { status: 'succeeded', creditedAt: world.clock.now },
    ])
  })

  it('never believes the page: an unpaid payment stays pending', async () => {
    const { paymentIntentId } = await world.wallet.addFunds(twenty)
    const answer = await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(answer).toEqual({ status: 'pending', balanceCents: 0 })
  })

  it('credits one payment that was declined first and then paid with another card', async () => {
    const { paymentIntentId, clientSecret } = await world.wallet.addFunds(twenty)
    await payAsPage(standin, clientSecret, CARD.declined)
    await notify(world, paymentIntentId, 'payment_intent.payment_failed')
    expect((await world.client('ana')).topUps).toMatchObject([{ status: 'pending' }])
    await payAsPage(standin, clientSecret, CARD.good)
    await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(await balanceOf(world)).toBe(2000)
  })

  it('says that a payment cancelled at Stripe failed', async () => {
    const { paymentIntentId } = await world.wallet.addFunds(twenty)
    await call(standin, 'POST', `/payment_intents/${paymentIntentId}/cancel`)
    const answer = await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(answer).toEqual({ status: 'failed', balanceCents: 0 })
  })

  it("refuses another person's payment and an unknown one", async () => {
    const paymentIntentId = await paidTopUp()
    await expect(world.wallet.confirm({ userId: 'ben', paymentIntentId })).rejects.toEqual(
      refusal('forbidden'),
    )
    await expect(world.wallet.confirm({ userId: 'ben', paymentIntentId: 'pi_unknown' })).rejects.toEqual(
      refusal('not_found'),
    )
    expect(await balanceOf(world)).toBe(0)
    expect(await balanceOf(world, 'ben')).toBe(0)
  })
})

describe('Stripe’s quota', () => {
  it('is not spent on payments that are invented, another’s or credited already', async () => {
    const asked: string[] = []
    const counted: Payments = {
      ...stripe,
      retrieve: async (id) => {
        asked.push(id)
        return stripe.retrieve(id)
      },
    }
    world = await openWalletWorld({ payments: counted, disk: crash(world) })
    const paymentIntentId = await paidTopUp()
    await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    asked.length = 0
    for (let n = 0; n < 100; n += 1) {
      const claims = [
        { userId: 'ben', paymentIntentId: `pi_invented${n}`, code: 'not_found' as const },
        { userId: 'ben', paymentIntentId, code: 'forbidden' as const },
      ]
      for (const { code, ...claim } of claims)
        await expect(world.wallet.confirm(claim)).rejects.toEqual(refusal(code))
      await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    }
    expect(asked).toEqual([])
  })
})

describe('[T2] money that is not what we asked for', () => {
  const wrongs: [string, Partial<Payment>][] = [
    ['another currency', { currency: 'eur' }],
    ['a cent too little', { amountReceivedCents: 1999 }],
    ['a cent too much', { amountReceivedCents: 2001 }],
    ['another owner', { userId: 'ben' }],
    ['another top-up', { topUpId: 'other' }],
  ]

  it.each(wrongs)(
    'credits nothing for %s, says so to the page and sounds the alarm',
    async (_what, wrong) => {
      const odd: Payments = {
        ...stripe,
        retrieve: async (id) => ({ ...(await stripe.retrieve(id)), ...wrong }),
      }
      world = await openWalletWorld({ payments: odd, disk: crash(world) })
      const paymentIntentId = await paidTopUp()
      await expect(world.wallet.confirm({ userId: 'ana', paymentIntentId })).rejects.toEqual(
        refusal('payment_mismatch'),
      )
      await notify(world, paymentIntentId)
      expect(await balanceOf(world)).toBe(0)
      expect(await balanceOf(world, 'ben')).toBe(0)
      expect(world.alarms.length).toBeGreaterThan(0)
      expect(announced(world)).toEqual([])
    },
  )

  it('sounds the alarm for a paid payment that belongs to no top-up, and takes the webhook', async () => {
    const foreign = await stripe.create({ topUpId: 'none', userId: 'nobody', amountCents: cents(2000) })
    await payAsPage(standin, foreign.clientSecret, CARD.good)
    await notify(world, foreign.id)
    expect(world.alarms).toMatchObject([{ fields: { paymentIntentId: foreign.id } }])
  })
})

describe('webhooks', () => {
  it('credit a payment whose page was closed', async () => {
    await notify(world, await paidTopUp())
    expect(await balanceOf(world)).toBe(2000)
  })

  it('[T1] credit once, however often and in whatever order they come', async () => {
    const paymentIntentId = await paidTopUp()
    await notify(world, paymentIntentId)
    await notify(world, paymentIntentId)
    await notify(world, paymentIntentId, 'payment_intent.payment_failed')
    await notify(world, paymentIntentId, 'payment_intent.created')
    expect(await balanceOf(world)).toBe(2000)
    expect(announced(world)).toHaveLength(1)
  })

  it('that come before our own response credit by the name we gave the payment', async () => {
    const eager: Payments = {
      ...stripe,
      create: async (wish) => {
        const payment = await stripe.create(wish)
        await payAsPage(standin, payment.clientSecret, CARD.good)
        await notify(early, payment.id)
        return payment
      },
    }
    const early = await openWalletWorld({ payments: eager })
    await register(early, 'ana')
    const view = await early.wallet.addFunds(twenty)
    expect(view).toMatchObject({ status: 'succeeded', balanceCents: 2000 })
    expect(announced(early)).toHaveLength(1)
  })

  it('about other things, and about payments Stripe does not know, are taken and change nothing', async () => {
    await notify(world, 'ch_1', 'charge.refunded')
    await notify(world, 'pi_unknown')
    expect(await balanceOf(world)).toBe(0)
  })

  it('find the payment by our own record where our notes at Stripe are gone', async () => {
    const paymentIntentId = await paidTopUp()
    const retrieve = async (id: string) => {
      const payment = await stripe.retrieve(id)
      return { ...payment, userId: undefined, topUpId: undefined }
    }
    world = await openWalletWorld({ payments: { ...stripe, retrieve }, disk: crash(world) })
    await expect(world.wallet.confirm({ userId: 'ben', paymentIntentId })).rejects.toEqual(
      refusal('forbidden'),
    )
    await notify(world, paymentIntentId)
    expect(await balanceOf(world)).toBe(2000)
  })

  it('fail, to be sent again, while Stripe cannot be asked', async () => {
    const paymentIntentId = await paidTopUp()
    const down = await openWalletWorld({ payments: { ...stripe, retrieve: unreachable }, disk: crash(world) })
    await expect(notify(down, paymentIntentId)).rejects.toThrow('down')
  })

  it('[T7] that are not signed by Stripe are refused before anything is looked up', async () => {
    const body = Buffer.from('{"object":"event","type":"payment_intent.succeeded"}')
    await expect(world.wallet.handleWebhook(body, 't=1,v1=00')).rejects.toEqual(refusal('bad_signature'))
  })
})

describe('[T1, T5] webhook, page and polling at once', () => {
  type Way = 'webhook' | 'page' | 'polling' | 'retry'
  const take: Record<Way, (paymentIntentId: string) => Promise<unknown>> = {
    webhook: (paymentIntentId) => notify(world, paymentIntentId),
    page: (paymentIntentId) => world.wallet.confirm({ userId: 'ana', paymentIntentId }),
    polling: () => world.wallet.poll(),
    retry: () => world.wallet.addFunds(twenty),
  }

  it('credit once when they race', async () => {
    const paymentIntentId = await paidTopUp()
    await Promise.all(Object.values(take).map((way) => way(paymentIntentId)))
    expect(await balanceOf(world)).toBe(2000)
    expect(announced(world)).toEqual([{ type: 'balance', userId: 'ana', balanceCents: 2000 }])
  })

  it('end alike for every order and number of them, with crashes between', async () => {
    const step = fc.constantFrom<Way | 'crash'>('webhook', 'page', 'polling', 'retry', 'crash')
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.boolean(), async (steps, paid) => {
        world = await openWalletWorld({ payments: stripe })
        await register(world, 'ana')
        const { paymentIntentId, clientSecret } = await world.wallet.addFunds(twenty)
        if (paid) await payAsPage(standin, clientSecret, CARD.good)
        for (const each of steps) {
          if (each === 'crash') world = await openWalletWorld({ payments: stripe, disk: crash(world) })
          else await take[each](paymentIntentId)
        }
        await world.wallet.poll()
        expect(await balanceOf(world)).toBe(paid ? 2000 : 0)
        expect((await world.client('ana')).topUps).toHaveLength(1)
      }),
      { numRuns: sampleSize(40, 400) },
    )
  })
})

describe('a crash between any two steps ends right at the next start', () => {
  /**
   * Runs until `payments` reaches the point where the process ends; gives what the next start
   * finds.
   */
  async function runInto(
    payments: (stop: () => Promise<never>) => Payments,
    run: (running: WalletWorld) => Promise<unknown>,
  ): Promise<WalletWorld> {
    const { reached, reach } = gate()
    const stop = () => {
      reach()
      return never
    }
    const running = await openWalletWorld({ payments: payments(stop), disk: crash(world) })
    void run(running)
    await reached
    return openWalletWorld({ payments: stripe, disk: crash(running), now: running.clock.now })
  }

  const addFunds = ({ wallet }: WalletWorld) => wallet.addFunds(twenty)

  it('before Stripe was asked: the same attempt goes on', async () => {
    const next = await runInto((stop) => ({ ...stripe, create: stop }), addFunds)
    await next.wallet.poll()
    const view = await next.wallet.addFunds(twenty)
    expect(view.status).toBe('pending')
    expect((await next.client('ana')).topUps).toMatchObject([{ paymentIntentId: view.paymentIntentId }])
  })

  it('[T4] after Stripe was asked: the same attempt finds the payment that was made', async () => {
    let made: Payment | undefined
    const next = await runInto(
      (stop) => ({
        ...stripe,
        create: async (wish) => {
          made = await stripe.create(wish)
          return stop()
        },
      }),
      addFunds,
    )
    const view = await next.wallet.addFunds(twenty)
    expect(view.paymentIntentId).toBe(made?.id)
  })

  it('after the card was charged: polling credits it', async () => {
    await paidTopUp()
    const next = await openWalletWorld({ payments: stripe, disk: crash(world) })
    await next.wallet.poll()
    expect(await balanceOf(next)).toBe(2000)
    expect(announced(next)).toHaveLength(1)
  })

  it('after Stripe said it succeeded, before the credit: polling credits it', async () => {
    const paymentIntentId = await paidTopUp()
    const next = await runInto(
      (stop) => ({ ...stripe, retrieve: async () => stop() }),
      ({ wallet }) => wallet.confirm({ userId: 'ana', paymentIntentId }),
    )
    expect(await balanceOf(next)).toBe(0)
    await next.wallet.poll()
    expect(await balanceOf(next)).toBe(2000)
  })

  it('[T6] after the credit, before the response: nothing is credited again', async () => {
    const paymentIntentId = await paidTopUp()
    await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    const next = await openWalletWorld({ payments: stripe, disk: crash(world) })
    await next.wallet.poll()
    await notify(next, paymentIntentId)
    const answer = await next.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(answer).toEqual({ status: 'succeeded', balanceCents: 2000 })
    expect(announced(next)).toEqual([])
  })
})

describe('polling', () => {
  it('asks nothing about what is final', async () => {
    await world.wallet.confirm({ userId: 'ana', paymentIntentId: await paidTopUp() })
    const next = await openWalletWorld({ payments: { ...stripe, retrieve: unreachable }, disk: crash(world) })
    await next.wallet.poll()
    expect(await balanceOf(next)).toBe(2000)
  })

  it('goes on to the next top-up when Stripe fails at one', async () => {
    const first = await world.wallet.addFunds(twenty)
    const second = await world.wallet.addFunds({ ...twenty, userId: 'ben' })
    await payAsPage(standin, second.clientSecret, CARD.good)
    await world.store.commit((tx) => {
      const ana = tx.user('ana')
      if (ana?.role === 'client') {
        tx.putUser({ ...ana, topUps: ana.topUps.map((topUp) => ({ ...topUp, paymentIntentId: 'pi_lost' })) })
      }
    })
    await world.wallet.poll()
    expect(first.status).toBe('pending')
    expect(await balanceOf(world, 'ben')).toBe(2000)
  })

  it('gives up after three days what was not paid, and still credits it if it is paid after all', async () => {
    const { paymentIntentId, clientSecret } = await world.wallet.addFunds(twenty)
    world.clock.now += 71 * HOUR_MS
    await world.wallet.poll()
    expect((await world.client('ana')).topUps).toMatchObject([{ status: 'pending' }])
    world.clock.now += 2 * HOUR_MS
    await world.wallet.poll()
    expect((await world.client('ana')).topUps).toMatchObject([{ status: 'failed' }])
    await payAsPage(standin, clientSecret, CARD.good)
    await notify(world, paymentIntentId)
    expect(await balanceOf(world)).toBe(2000)
  })

  it('gives up after a day what never reached Stripe, since Stripe no longer knows its key', async () => {
    const deaf = await openWalletWorld({ payments: { ...stripe, create: unreachable }, disk: crash(world) })
    await expect(deaf.wallet.addFunds(twenty)).rejects.toThrow('down')
    deaf.clock.now += 25 * HOUR_MS
    await deaf.wallet.poll()
    expect((await deaf.client('ana')).topUps).toMatchObject([{ status: 'failed' }])
  })
})

describe('the meter of a live session', () => {
  it('is settled inside the credit, before the money moves, and checked again once it is on disk', async () => {
    const told: [string, number][] = []
    const meter: MeterPort = {
      ...STILL_METER,
      beforeMove: (tx, clientId) =>
        void told.push([`before ${clientId}`, (tx.user(clientId) as { balanceCents: number }).balanceCents]),
      afterMove: (clientId) => void told.push([`after ${clientId}`, announced(world).length]),
    }
    world = withMeter(world, stripe, meter)
    const paymentIntentId = await paidTopUp()
    await notify(world, paymentIntentId)
    await notify(world, paymentIntentId)
    expect(told).toEqual([
      ['before ana', 0],
      ['after ana', 1],
    ])
  })
})

describe('the balance', () => {
  it('is returned with its currency', async () => {
    expect(await world.wallet.checkBalance('ana')).toEqual({
      userId: 'ana',
      balanceCents: 0,
      currency: 'usd',
    })
  })

  it('is a client’s alone', async () => {
    await expect(world.wallet.checkBalance('nobody')).rejects.toEqual(refusal('not_found'))
  })
})
