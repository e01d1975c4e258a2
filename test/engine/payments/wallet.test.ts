/** Tests top-ups, from the attempt to the credit. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import { signature } from '../../../dev/stripe/webhooks.ts'
import { Refusal } from '../../../domain/errors.ts'
import type { Payment, Payments } from '../../../engine/ports.ts'
import { cents } from '../../../shared/money.ts'
import { CARD, call, payAsPage, WEBHOOK_SECRET } from '../../dev/stripe/support.ts'
import fc from '../../support/properties.ts'
import { sampleSize } from '../../support/sample.ts'
import { crash, gate, type House, never, openHouse, paymentsAt, register } from './wallet-support.ts'

let standin: Standin
let stripe: Payments
let house: House

beforeAll(async () => {
  standin = await startStripeStandin()
  stripe = paymentsAt(standin.url)
})
afterAll(() => standin.stop())

beforeEach(async () => {
  house = await openHouse({ payments: stripe })
  await register(house, 'ana')
  await register(house, 'ben')
})

const HOUR_MS = 3_600_000
const refusal = (code: Refusal['code']) => expect.objectContaining({ name: 'Refusal', code })
const unreachable = () => Promise.reject(new Refusal('payment_unavailable', 'Stripe is down.'))
const twenty = { userId: 'ana', amountCents: 2000, attemptKey: 'click 1' }

/** Sends a webhook about a payment, as Stripe would. */
async function notify({ wallet }: House, paymentIntentId: string, type = 'payment_intent.succeeded') {
  const body = JSON.stringify({ object: 'event', type, data: { object: { id: paymentIntentId } } })
  const header = signature(body, WEBHOOK_SECRET, Math.floor(Date.now() / 1000))
  await wallet.takeNotice(Buffer.from(body), header)
}

async function paidTopUp(): Promise<string> {
  const { paymentIntentId, clientSecret } = await house.wallet.addFunds(twenty)
  await payAsPage(standin, clientSecret, CARD.good)
  return paymentIntentId
}

const balanceOf = async (in_: House, id = 'ana') => (await in_.client(id)).balanceCents
const announced = (in_: House) => in_.events.filter(({ type }) => type === 'balance')

describe('opening a payment', () => {
  it('credits nothing yet', async () => {
    const view = await house.wallet.addFunds(twenty)
    expect(view).toEqual({
      paymentIntentId: expect.stringMatching(/^pi_/),
      clientSecret: expect.stringContaining('_secret_'),
      status: 'pending',
      balanceCents: 0,
    })
    expect(announced(house)).toEqual([])
    expect((await house.client('ana')).topUps).toMatchObject([
      { status: 'pending', amountCents: 2000, paymentIntentId: view.paymentIntentId },
    ])
  })

  it('has the receipt sent to the client', async () => {
    const { paymentIntentId } = await house.wallet.addFunds(twenty)
    const { body } = await call(standin, 'GET', `/payment_intents/${paymentIntentId}`)
    expect(body.receipt_email).toBe('ana@example.com')
  })

  it('has the attempt on disk before Stripe is asked', async () => {
    let onDisk: string[] = []
    const watching: Payments = {
      ...stripe,
      create: async (wish) => {
        const next = await openHouse({ payments: stripe, disk: crash(watched) })
        onDisk = (await next.client('ana')).topUps.map(({ id }) => id)
        return stripe.create(wish)
      },
    }
    const watched = await openHouse({ payments: watching })
    await register(watched, 'ana')
    await watched.wallet.addFunds(twenty)
    expect(onDisk).toEqual((await watched.client('ana')).topUps.map(({ id }) => id))
    expect(onDisk).toHaveLength(1)
  })

  it('[T4] returns the same payment to the same attempt, at once or later', async () => {
    const [one, two] = await Promise.all([house.wallet.addFunds(twenty), house.wallet.addFunds(twenty)])
    const three = await house.wallet.addFunds(twenty)
    expect(two).toEqual(one)
    expect(three).toEqual(one)
    expect((await house.client('ana')).topUps).toHaveLength(1)
  })

  it('[T4] refuses the same attempt with another amount, and changes nothing', async () => {
    await house.wallet.addFunds(twenty)
    const before = await house.client('ana')
    await expect(house.wallet.addFunds({ ...twenty, amountCents: 3000 })).rejects.toEqual(
      refusal('idempotency_mismatch'),
    )
    expect(await house.client('ana')).toEqual(before)
  })

  it('keeps the attempts of two people apart, however they are named', async () => {
    const hers = await house.wallet.addFunds(twenty)
    const his = await house.wallet.addFunds({ ...twenty, userId: 'ben', amountCents: 3000 })
    expect(his.paymentIntentId).not.toBe(hers.paymentIntentId)
  })

  it('makes a payment for each attempt that is not named', async () => {
    const { userId, amountCents } = twenty
    const one = await house.wallet.addFunds({ userId, amountCents })
    const two = await house.wallet.addFunds({ userId, amountCents })
    expect(two.paymentIntentId).not.toBe(one.paymentIntentId)
  })

  it('leaves the attempt to be taken up again when Stripe cannot be reached', async () => {
    let isDown = true
    const flaky: Payments = {
      ...stripe,
      create: (wish) => (isDown ? unreachable() : stripe.create(wish)),
    }
    const shaken = await openHouse({ payments: flaky })
    await register(shaken, 'ana')
    await expect(shaken.wallet.addFunds(twenty)).rejects.toThrow('down')
    isDown = false
    expect((await shaken.wallet.addFunds(twenty)).status).toBe('pending')
    expect((await shaken.client('ana')).topUps).toHaveLength(1)
  })

  it('reports success when the attempt was paid and only the response was lost', async () => {
    const paymentIntentId = await paidTopUp()
    const again = await house.wallet.addFunds(twenty)
    expect(again).toMatchObject({ paymentIntentId, status: 'succeeded', balanceCents: 2000 })
  })
})

describe('confirming a payment', () => {
  it('credits it, on disk, and announces it to every page', async () => {
    const paymentIntentId = await paidTopUp()
    const answer = await house.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(answer).toEqual({ status: 'succeeded', balanceCents: 2000 })
    expect(announced(house)).toEqual([{ type: 'balance', userId: 'ana', balanceCents: 2000 }])
    const next = await openHouse({ payments: stripe, disk: crash(house) })
    expect(await balanceOf(next)).toBe(2000)
    expect((await next.client('ana')).topUps).toMatchObject([
      { status: 'succeeded', creditedAt: house.clock.now },
    ])
  })

  it('never believes the page: an unpaid payment stays pending', async () => {
    const { paymentIntentId } = await house.wallet.addFunds(twenty)
    const answer = await house.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(answer).toEqual({ status: 'pending', balanceCents: 0 })
  })

  it('credits one payment that was declined first and then paid with another card', async () => {
    const { paymentIntentId, clientSecret } = await house.wallet.addFunds(twenty)
    await payAsPage(standin, clientSecret, CARD.declined)
    await notify(house, paymentIntentId, 'payment_intent.payment_failed')
    expect((await house.client('ana')).topUps).toMatchObject([{ status: 'pending' }])
    await payAsPage(standin, clientSecret, CARD.good)
    await house.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(await balanceOf(house)).toBe(2000)
  })

  it('says that a payment cancelled at Stripe failed', async () => {
    const { paymentIntentId } = await house.wallet.addFunds(twenty)
    await call(standin, 'POST', `/payment_intents/${paymentIntentId}/cancel`)
    const answer = await house.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(answer).toEqual({ status: 'failed', balanceCents: 0 })
  })

  it("refuses another person's payment and an unknown one", async () => {
    const paymentIntentId = await paidTopUp()
    await expect(house.wallet.confirm({ userId: 'ben', paymentIntentId })).rejects.toEqual(
      refusal('forbidden'),
    )
    await expect(house.wallet.confirm({ userId: 'ben', paymentIntentId: 'pi_unknown' })).rejects.toEqual(
      refusal('not_found'),
    )
    expect(await balanceOf(house)).toBe(0)
    expect(await balanceOf(house, 'ben')).toBe(0)
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
    house = await openHouse({ payments: counted, disk: crash(house) })
    const paymentIntentId = await paidTopUp()
    await house.wallet.confirm({ userId: 'ana', paymentIntentId })
    asked.length = 0
    for (let n = 0; n < 100; n += 1) {
      const claims = [
        { userId: 'ben', paymentIntentId: `pi_invented${n}`, code: 'not_found' as const },
        { userId: 'ben', paymentIntentId, code: 'forbidden' as const },
      ]
      for (const { code, ...claim } of claims)
        await expect(house.wallet.confirm(claim)).rejects.toEqual(refusal(code))
      await house.wallet.confirm({ userId: 'ana', paymentIntentId })
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
      house = await openHouse({ payments: odd, disk: crash(house) })
      const paymentIntentId = await paidTopUp()
      await expect(house.wallet.confirm({ userId: 'ana', paymentIntentId })).rejects.toEqual(
        refusal('payment_mismatch'),
      )
      await notify(house, paymentIntentId)
      expect(await balanceOf(house)).toBe(0)
      expect(await balanceOf(house, 'ben')).toBe(0)
      expect(house.alarms.length).toBeGreaterThan(0)
      expect(announced(house)).toEqual([])
    },
  )

  it('sounds the alarm for a paid payment that belongs to no top-up, and takes the webhook', async () => {
    const foreign = await stripe.create({ topUpId: 'none', userId: 'nobody', amountCents: cents(2000) })
    await payAsPage(standin, foreign.clientSecret, CARD.good)
    await notify(house, foreign.id)
    expect(house.alarms).toMatchObject([{ fields: { paymentIntentId: foreign.id } }])
  })
})

describe('webhooks', () => {
  it('credit a payment whose page was closed', async () => {
    await notify(house, await paidTopUp())
    expect(await balanceOf(house)).toBe(2000)
  })

  it('[T1] credit once, however often and in whatever order they come', async () => {
    const paymentIntentId = await paidTopUp()
    await notify(house, paymentIntentId)
    await notify(house, paymentIntentId)
    await notify(house, paymentIntentId, 'payment_intent.payment_failed')
    await notify(house, paymentIntentId, 'payment_intent.created')
    expect(await balanceOf(house)).toBe(2000)
    expect(announced(house)).toHaveLength(1)
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
    const early = await openHouse({ payments: eager })
    await register(early, 'ana')
    const view = await early.wallet.addFunds(twenty)
    expect(view).toMatchObject({ status: 'succeeded', balanceCents: 2000 })
    expect(announced(early)).toHaveLength(1)
  })

  it('about other things, and about payments Stripe does not know, are taken and change nothing', async () => {
    await notify(house, 'ch_1', 'charge.refunded')
    await notify(house, 'pi_unknown')
    expect(await balanceOf(house)).toBe(0)
  })

  it('find the payment by our own record where our notes at Stripe are gone', async () => {
    const paymentIntentId = await paidTopUp()
    const retrieve = async (id: string) => {
      const payment = await stripe.retrieve(id)
      return { ...payment, userId: undefined, topUpId: undefined }
    }
    house = await openHouse({ payments: { ...stripe, retrieve }, disk: crash(house) })
    await expect(house.wallet.confirm({ userId: 'ben', paymentIntentId })).rejects.toEqual(
      refusal('forbidden'),
    )
    await notify(house, paymentIntentId)
    expect(await balanceOf(house)).toBe(2000)
  })

  it('fail, to be sent again, while Stripe cannot be asked', async () => {
    const paymentIntentId = await paidTopUp()
    const down = await openHouse({ payments: { ...stripe, retrieve: unreachable }, disk: crash(house) })
    await expect(notify(down, paymentIntentId)).rejects.toThrow('down')
  })

  it('[T7] that are not signed by Stripe are refused before anything is looked up', async () => {
    const body = Buffer.from('{"object":"event","type":"payment_intent.succeeded"}')
    await expect(house.wallet.takeNotice(body, 't=1,v1=00')).rejects.toEqual(refusal('bad_signature'))
  })
})

describe('[T1, T5] webhook, page and polling at once', () => {
  type Way = 'webhook' | 'page' | 'sweep' | 'retry'
  const take: Record<Way, (paymentIntentId: string) => Promise<unknown>> = {
    webhook: (paymentIntentId) => notify(house, paymentIntentId),
    page: (paymentIntentId) => house.wallet.confirm({ userId: 'ana', paymentIntentId }),
    sweep: () => house.wallet.sweep(),
    retry: () => house.wallet.addFunds(twenty),
  }

  it('credit once when they race', async () => {
    const paymentIntentId = await paidTopUp()
    await Promise.all(Object.values(take).map((way) => way(paymentIntentId)))
    expect(await balanceOf(house)).toBe(2000)
    expect(announced(house)).toEqual([{ type: 'balance', userId: 'ana', balanceCents: 2000 }])
  })

  it('end alike for every order and number of them, with crashes between', async () => {
    const step = fc.constantFrom<Way | 'crash'>('webhook', 'page', 'sweep', 'retry', 'crash')
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.boolean(), async (steps, paid) => {
        house = await openHouse({ payments: stripe })
        await register(house, 'ana')
        const { paymentIntentId, clientSecret } = await house.wallet.addFunds(twenty)
        if (paid) await payAsPage(standin, clientSecret, CARD.good)
        for (const each of steps) {
          if (each === 'crash') house = await openHouse({ payments: stripe, disk: crash(house) })
          else await take[each](paymentIntentId)
        }
        await house.wallet.sweep()
        expect(await balanceOf(house)).toBe(paid ? 2000 : 0)
        expect((await house.client('ana')).topUps).toHaveLength(1)
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
    run: (running: House) => Promise<unknown>,
  ): Promise<House> {
    const { reached, reach } = gate()
    const stop = () => {
      reach()
      return never
    }
    const running = await openHouse({ payments: payments(stop), disk: crash(house) })
    void run(running)
    await reached
    return openHouse({ payments: stripe, disk: crash(running), now: running.clock.now })
  }

  const addFunds = ({ wallet }: House) => wallet.addFunds(twenty)

  it('before Stripe was asked: the same attempt goes on', async () => {
    const next = await runInto((stop) => ({ ...stripe, create: stop }), addFunds)
    await next.wallet.sweep()
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
    const next = await openHouse({ payments: stripe, disk: crash(house) })
    await next.wallet.sweep()
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
    await next.wallet.sweep()
    expect(await balanceOf(next)).toBe(2000)
  })

  it('[T6] after the credit, before the response: nothing is credited again', async () => {
    const paymentIntentId = await paidTopUp()
    await house.wallet.confirm({ userId: 'ana', paymentIntentId })
    const next = await openHouse({ payments: stripe, disk: crash(house) })
    await next.wallet.sweep()
    await notify(next, paymentIntentId)
    const answer = await next.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(answer).toEqual({ status: 'succeeded', balanceCents: 2000 })
    expect(announced(next)).toEqual([])
  })
})

describe('polling', () => {
  it('asks nothing about what is final', async () => {
    await house.wallet.confirm({ userId: 'ana', paymentIntentId: await paidTopUp() })
    const next = await openHouse({ payments: { ...stripe, retrieve: unreachable }, disk: crash(house) })
    await next.wallet.sweep()
    expect(await balanceOf(next)).toBe(2000)
  })

  it('goes on to the next top-up when Stripe fails at one', async () => {
    const first = await house.wallet.addFunds(twenty)
    const second = await house.wallet.addFunds({ ...twenty, userId: 'ben' })
    await payAsPage(standin, second.clientSecret, CARD.good)
    await house.store.commit((tx) => {
      const ana = tx.user('ana')
      if (ana?.role === 'client') {
        tx.putUser({ ...ana, topUps: ana.topUps.map((topUp) => ({ ...topUp, paymentIntentId: 'pi_lost' })) })
      }
    })
    await house.wallet.sweep()
    expect(first.status).toBe('pending')
    expect(await balanceOf(house, 'ben')).toBe(2000)
  })

  it('gives up after three days what was not paid, and still credits it if it is paid after all', async () => {
    const { paymentIntentId, clientSecret } = await house.wallet.addFunds(twenty)
    house.clock.now += 71 * HOUR_MS
    await house.wallet.sweep()
    expect((await house.client('ana')).topUps).toMatchObject([{ status: 'pending' }])
    house.clock.now += 2 * HOUR_MS
    await house.wallet.sweep()
    expect((await house.client('ana')).topUps).toMatchObject([{ status: 'failed' }])
    await payAsPage(standin, clientSecret, CARD.good)
    await notify(house, paymentIntentId)
    expect(await balanceOf(house)).toBe(2000)
  })

  it('gives up after a day what never reached Stripe, since Stripe no longer knows its key', async () => {
    const deaf = await openHouse({ payments: { ...stripe, create: unreachable }, disk: crash(house) })
    await expect(deaf.wallet.addFunds(twenty)).rejects.toThrow('down')
    deaf.clock.now += 25 * HOUR_MS
    await deaf.wallet.sweep()
    expect((await deaf.client('ana')).topUps).toMatchObject([{ status: 'failed' }])
  })
})

describe('the meter of a live session', () => {
  it('is settled inside the credit, before the money moves, and checked again once it is on disk', async () => {
    const told: [string, number][] = []
    const hooks = {
      beforeCredit: (tx: { user(id: string): unknown }, _tell: unknown, clientId: string) =>
        void told.push([`before ${clientId}`, (tx.user(clientId) as { balanceCents: number }).balanceCents]),
      afterCredit: (clientId: string) => void told.push([`after ${clientId}`, announced(house).length]),
    }
    house = await openHouse({ payments: stripe, disk: crash(house), hooks })
    const paymentIntentId = await paidTopUp()
    await notify(house, paymentIntentId)
    await notify(house, paymentIntentId)
    expect(told).toEqual([
      ['before ana', 0],
      ['after ana', 1],
    ])
  })
})

describe('the balance', () => {
  it('is returned with its currency', async () => {
    expect(await house.wallet.checkBalance('ana')).toEqual({
      userId: 'ana',
      balanceCents: 0,
      currency: 'usd',
    })
  })

  it('is a client’s alone', async () => {
    await expect(house.wallet.checkBalance('nobody')).rejects.toEqual(refusal('not_found'))
  })
})
