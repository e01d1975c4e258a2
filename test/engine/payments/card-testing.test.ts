/** Tests the limits on attempts and declined cards. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import { signature } from '../../../dev/stripe/webhooks.ts'
import { STRICT } from '../../../domain/card-testing.ts'
import { Refusal } from '../../../domain/errors.ts'
import { cents } from '../../../shared/money.ts'
import { authenticateAsPage, CARD, call, payAsPage, WEBHOOK_SECRET } from '../../dev/stripe/support.ts'
import {
  crash,
  gate,
  openWalletWorld,
  paymentsAt,
  register,
  spend,
  type WalletWorld,
} from './wallet-support.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
let standin: Standin
let world: WalletWorld

beforeAll(async () => {
  standin = await startStripeStandin()
})
afterAll(() => standin.stop())

async function open(from?: WalletWorld): Promise<WalletWorld> {
  return openWalletWorld({
    payments: paymentsAt(standin.url),
    cardLimits: STRICT,
    ...(from ? { disk: crash(from), now: from.clock.now } : {}),
  })
}

beforeEach(async () => {
  world = await open()
  await register(world, 'ana')
  // Past the first day of the account.
  world.clock.now += 25 * HOUR
})

const tryOnce = (more: object = {}) =>
  world.wallet.addFunds({ userId: 'ana', amountCents: cents(500), from: '203.0.113.7', ...more })

/** Returns the seconds that a try has to wait; undefined when it goes through. */
async function waitOf(attempt: Promise<unknown>): Promise<number | undefined> {
  try {
    await attempt
    return undefined
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'rate_limited') throw error
    expect(error.message).toMatch(/[.]$/)
    return error.retryAfterSeconds
  }
}

/** Tries a card in the form; Stripe then reports the bank's response to us. */
async function declinedTry(clientSecret: string, number: string = CARD.declined): Promise<void> {
  const { body: asked } = await payAsPage(standin, clientSecret, number)
  const { body } = asked.error ? { body: asked } : await authenticateAsPage(standin, clientSecret, 'failed')
  const { payment_intent: object } = body.error as { payment_intent: { id: string; metadata?: object } }
  const event = JSON.stringify({ object: 'event', type: 'payment_intent.payment_failed', data: { object } })
  const header = signature(event, WEBHOOK_SECRET, Math.floor(Date.now() / 1000))
  await world.wallet.handleWebhook(Buffer.from(event), header)
}

describe('attempts', () => {
  it('are five in ten minutes, across restarts; a retry of one attempt is none', async () => {
    for (let n = 0; n < 5; n += 1) await tryOnce({ attemptKey: `try ${n}` })
    await tryOnce({ attemptKey: 'try 4' })
    world.clock.now += 4 * MINUTE
    world = await open(world)
    expect(await waitOf(tryOnce())).toBe(6 * 60)
    world.clock.now += 6 * MINUTE
    expect(await waitOf(tryOnce())).toBeUndefined()
  })

  it('are twenty from one address, whichever accounts they come from, across restarts', async () => {
    for (let n = 0; n < 4; n += 1) {
      await register(world, `person-${n}`)
      for (let m = 0; m < 5; m += 1) {
        if (n === 2 && m === 0) world = await open(world)
        await world.wallet.addFunds({ userId: `person-${n}`, amountCents: cents(500), from: '203.0.113.7' })
      }
    }
    expect(await waitOf(tryOnce())).toBe(600)
    expect(await waitOf(tryOnce({ from: '203.0.113.8' }))).toBeUndefined()
  })
})

describe('attempts and declines over IPv6', () => {
  it('are twice as many from a /56 as from one address, whatever its prefixes, across restarts', async () => {
    for (let n = 0; n < 8; n += 1) {
      await register(world, `person-${n}`)
      for (let m = 0; m < 5; m += 1) {
        await world.wallet.addFunds({
          userId: `person-${n}`,
          amountCents: cents(500),
          from: `2001:db8:0:10${n}`,
        })
      }
    }
    expect(await waitOf(tryOnce({ from: '2001:db8:0:1ff' }))).toBe(600)
    world = await open(world)
    expect(await waitOf(tryOnce({ from: '2001:db8:0:1ff' }))).toBe(600)
    expect(await waitOf(tryOnce({ from: '2001:db8:0:200' }))).toBeUndefined()
  })
})

describe('declines', () => {
  it('three within an hour make an hour’s pause, counted once each, and close what is open', async () => {
    const { clientSecret, paymentIntentId } = await tryOnce()
    for (const number of [CARD.declined, CARD.noFunds, CARD.declined]) await declinedTry(clientSecret, number)
    expect((await world.client('ana')).topUps[0]?.declines).toHaveLength(3)
    const { body } = await call(standin, 'GET', `/payment_intents/${paymentIntentId}`)
    expect(body.status).toBe('canceled')
    expect((await payAsPage(standin, clientSecret, CARD.good)).status).toBe(400)
    world = await open(world)
    expect(await waitOf(tryOnce())).toBe(3_600)
    world.clock.now += HOUR - 1
    expect(await waitOf(tryOnce())).toBe(1)
    world.clock.now += 1
    expect(await waitOf(tryOnce())).toBeUndefined()
  })

  it('are checks of the bank that failed, too, each card for itself', async () => {
    const { clientSecret, paymentIntentId } = await tryOnce()
    for (let n = 0; n < 3; n += 1) await declinedTry(clientSecret, CARD.checked)
    const { declines = [] } = (await world.client('ana')).topUps[0] ?? {}
    expect(declines).toHaveLength(3)
    expect(declines[0]).toMatchObject({
      code: 'payment_intent_authentication_failure',
      card: { brand: 'visa', last4: '3184' },
    })
    const { body } = await call(standin, 'GET', `/payment_intents/${paymentIntentId}`)
    expect(body.status).toBe('canceled')
    expect(await waitOf(tryOnce())).toBe(3_600)
  })

  it('heard of twice count once', async () => {
    const { clientSecret, paymentIntentId } = await tryOnce()
    for (const number of [CARD.declined, CARD.checked]) {
      await declinedTry(clientSecret, number)
      for (let n = 0; n < 3; n += 1) await world.wallet.settlePayment(paymentIntentId)
    }
    expect((await world.client('ana')).topUps[0]?.declines).toHaveLength(2)
    expect(await waitOf(tryOnce())).toBeUndefined()
  })
})

describe('cards', () => {
  it('of three different numbers are enough for a day', async () => {
    const numbers = [CARD.declined, CARD.noFunds, '4000000000000069']
    for (const number of numbers) {
      await declinedTry((await tryOnce()).clientSecret, number)
      world.clock.now += 2 * HOUR
    }
    expect(await waitOf(tryOnce())).toBe(18 * 3_600)
    world.clock.now += 18 * HOUR
    expect(await waitOf(tryOnce())).toBeUndefined()
  })
})

describe('payments that were opened before the first was paid', () => {
  const numbers = [CARD.good, CARD.mastercard, CARD.amex, CARD.discover]
  type Opened = Awaited<ReturnType<typeof tryOnce>>
  const statuses = async () => (await world.client('ana')).topUps.map(({ status }) => status)
  const openThree = async () => [await tryOnce(), await tryOnce(), await tryOnce()]
  /** Pays all of them, each with another card, before we hear of any. */
  const payAll = async (opened: readonly Opened[]) => {
    const answers = []
    for (const [n, { clientSecret }] of opened.entries()) {
      answers.push((await payAsPage(standin, clientSecret, numbers[n] ?? '')).status)
    }
    for (const { paymentIntentId } of opened) await world.wallet.settlePayment(paymentIntentId)
    return answers
  }

  it('take three different cards: a fourth that is opened closes those before it', async () => {
    const opened = [...(await openThree()), await tryOnce()]
    expect(await payAll(opened)).toEqual([400, 400, 400, 200])
    expect(await statuses()).toEqual(['failed', 'failed', 'failed', 'succeeded'])
  })

  it('count beside the cards that have paid', async () => {
    const [first, second, third] = await openThree()
    if (!first || !second || !third) return expect.unreachable()
    expect(await payAll([first, second])).toEqual([200, 200])
    const next = await tryOnce()
    expect((await payAsPage(standin, third.clientSecret, CARD.amex)).status).toBe(400)
    expect((await payAsPage(standin, next.clientSecret, CARD.amex)).status).toBe(200)
    await world.wallet.settlePayment(next.paymentIntentId)
    expect(await waitOf(tryOnce())).toBeGreaterThan(0)
  })

  it('that are just being opened cannot be closed, so a fourth waits', async () => {
    const { reached, reach } = gate()
    const stripe = paymentsAt(standin.url)
    const create: typeof stripe.create = async (wish) => {
      await reached
      return stripe.create(wish)
    }
    const { now } = world.clock
    world = await openWalletWorld({
      payments: { ...stripe, create },
      cardLimits: STRICT,
      disk: crash(world),
      now,
    })
    const opening = [tryOnce(), tryOnce(), tryOnce()]
    await expect.poll(statuses).toHaveLength(3)
    expect(await waitOf(tryOnce())).toBe(5)
    reach()
    await Promise.all(opening)
  })

  it('stay open where the page repeats an attempt', async () => {
    const attempt = { attemptKey: 'one attempt' }
    await tryOnce()
    await tryOnce()
    const { paymentIntentId, clientSecret } = await tryOnce(attempt)
    expect(await tryOnce(attempt)).toMatchObject({ paymentIntentId, status: 'pending' })
    expect((await payAsPage(standin, clientSecret, CARD.good)).status).toBe(200)
  })

  it('are all paid with one card', async () => {
    for (const { clientSecret, paymentIntentId } of await openThree()) {
      await payAsPage(standin, clientSecret, CARD.good)
      await world.wallet.settlePayment(paymentIntentId)
    }
    expect(await statuses()).toEqual(Array(3).fill('succeeded'))
  })
})

describe('a payment whose card Stripe does not tell', () => {
  it('lets no other card be tried until it does', async () => {
    const { clientSecret, paymentIntentId } = await tryOnce()
    await payAsPage(standin, clientSecret, CARD.good)
    await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    const detailsOf = () => Promise.reject(new Refusal('payment_unavailable', 'Stripe is down.'))
    const { now } = world.clock
    world = await openWalletWorld({
      payments: { ...paymentsAt(standin.url), detailsOf },
      cardLimits: STRICT,
      disk: crash(world),
      now,
    })
    await expect(tryOnce()).rejects.toMatchObject({ code: 'payment_unavailable' })
    world = await open(world)
    expect(await waitOf(tryOnce())).toBeUndefined()
  })
})

describe('a wall clock that was ahead, and was set back over a restart', () => {
  const BACK = 400 * 24 * HOUR
  const setBack = async () => {
    world.clock.now -= BACK
    world = await open(world)
  }

  it('does not make attempts, declines and cards count until then', async () => {
    const opened = []
    for (let n = 0; n < 5; n += 1) opened.push(await tryOnce())
    for (const number of [CARD.declined, CARD.noFunds, '4000000000000069']) {
      await declinedTry(opened.at(-1)?.clientSecret ?? '', number)
    }
    expect(await waitOf(tryOnce())).toBeGreaterThan(0)
    await setBack()
    expect(await waitOf(tryOnce())).toBeUndefined()
  })

  it('does not make an account new for longer than a day', async () => {
    await register(world, 'new')
    world.clock.now -= BACK
    world = await open(world)
    const add = world.wallet.addFunds({ userId: 'new', amountCents: cents(20_000) })
    expect(await waitOf(add)).toBeUndefined()
  })

  it('forgets the addresses of attempts as after a day', async () => {
    await tryOnce()
    await setBack()
    await world.wallet.startPolling()
    world.wallet.stop()
    expect((await world.client('ana')).topUps[0]).not.toHaveProperty('from')
  })
})

describe('a new account', () => {
  it('adds a hundred dollars in its first day, and more after it', async () => {
    await register(world, 'new')
    const add = (amountCents: number) =>
      world.wallet.addFunds({ userId: 'new', amountCents: cents(amountCents) })
    const { clientSecret, paymentIntentId } = await add(9_000)
    await payAsPage(standin, clientSecret, CARD.good)
    await world.wallet.confirm({ userId: 'new', paymentIntentId })
    expect(await waitOf(add(1_001))).toBe(24 * 3_600)
    expect(await waitOf(add(1_000))).toBeUndefined()
    world.clock.now += 24 * HOUR
    expect(await waitOf(add(50_000))).toBeUndefined()
  })
})

describe('a thief’s first day', () => {
  let thief = ''
  let thieves = 0
  beforeEach(async () => {
    thieves += 1
    thief = `thief-${thieves}` // Stripe remembers what the one before did
    await register(world, thief)
  })
  const add = (amountCents: number, more: object = {}) =>
    world.wallet.addFunds({ userId: thief, amountCents: cents(amountCents), ...more })
  const hundred = { amountCents: cents(10_000), thresholdCents: cents(10_000), dailyCapCents: cents(200_000) }

  /** Tries to pay as a page does, with what may have been closed meanwhile. */
  const pay = async (opened: { clientSecret: string; paymentIntentId: string } | undefined) => {
    if (!opened) return
    await payAsPage(standin, opened.clientSecret, CARD.good)
    await world.wallet.confirm({ userId: thief, paymentIntentId: opened.paymentIntentId })
  }
  const opened = (amountCents: number, more: object = {}) =>
    add(amountCents, more).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'rate_limited') return undefined
      throw error
    })
  const saving = { saveCard: true }

  const WAYS: Record<string, () => Promise<void>> = {
    'one payment after the other': async () => {
      for (let n = 0; n < 4; n += 1) await pay(await opened(5_000))
    },
    'several payments opened before the first is paid': async () => {
      const all = []
      for (let n = 0; n < 5; n += 1) all.push(await opened(10_000))
      for (const each of all) await pay(each)
    },
    'a saved card, pressed again and again': async () => {
      await pay(await opened(5_000, saving))
      const [card] = await world.wallet.cards.list(thief)
      for (let n = 0; n < 4; n += 1) await opened(2_500, { cardId: card?.id })
    },
    'automatic top-ups, the money spent each time': async () => {
      await pay(await opened(10_000, saving))
      await world.wallet.automatic.switchOn(thief, hundred)
      for (let n = 0; n < 5; n += 1) {
        const { balanceCents } = await world.client(thief)
        if (balanceCents > 0) await spend(world, thief, balanceCents)
        await world.wallet.automatic.consider(thief)
        world.clock.now += HOUR
      }
    },
    'another address, and a restart between': async () => {
      await pay(await opened(10_000, { from: '203.0.113.7' }))
      world = await open(world)
      await pay(await opened(10_000, { from: '198.51.100.4' }))
    },
  }

  it.each(Object.entries(WAYS))('%s: a hundred dollars at the most', async (_way, take) => {
    await take()
    const { topUps } = await world.client(thief)
    const came = topUps.filter(({ status }) => status === 'succeeded')
    expect(came.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(10_000)
    const { body } = await call(standin, 'GET', '/payment_intents?limit=100')
    const intents = body.data as { status: string; amount: number; metadata: { userId?: string } }[]
    const charged = intents.filter((each) => each.status === 'succeeded' && each.metadata.userId === thief)
    expect(charged.reduce((sum, { amount }) => sum + amount, 0)).toBe(10_000)
  })

  it('repeats an attempt without closing its payment', async () => {
    const attempt = { attemptKey: 'one attempt' }
    const { paymentIntentId } = await add(6_000, attempt)
    expect(await add(6_000, attempt)).toMatchObject({ paymentIntentId, status: 'pending' })
  })

  it('is the table in docs/PAYMENTS.md', () => {
    const docs = readFileSync('docs/PAYMENTS.md', 'utf8')
    for (const way of Object.keys(WAYS)) expect(docs).toContain(`| ${way} | $100 |`)
  })
})

describe('automatic top-ups of a new account', () => {
  const wish = { amountCents: cents(2_000), thresholdCents: cents(5_000), dailyCapCents: cents(10_000) }
  const automatic = async () => (await world.client('new')).topUps.filter(({ kind }) => kind === 'automatic')
  const waiting = async () => (await world.wallet.payments('new')).automatic?.waiting

  beforeEach(async () => {
    await register(world, 'new')
    const { paymentIntentId, clientSecret } = await world.wallet.addFunds({
      userId: 'new',
      amountCents: cents(500),
      saveCard: true,
    })
    await payAsPage(standin, clientSecret, CARD.good)
    await world.wallet.confirm({ userId: 'new', paymentIntentId })
    await world.wallet.automatic.switchOn('new', wish)
  })

  it('begin when it is a day old, and the page says so until then', async () => {
    await world.wallet.automatic.consider('new')
    world.clock.now += 24 * HOUR - 1
    await world.wallet.automatic.consider('new')
    expect([await automatic(), await waiting()]).toEqual([[], true])
    world.clock.now += 1
    expect(await waiting()).toBeUndefined()
    await world.wallet.automatic.consider('new')
    expect(await automatic()).toMatchObject([{ status: 'succeeded', amountCents: 2_000 }])
  })

  it('wait for a payment by hand that has not gone back', async () => {
    world.clock.now += 25 * HOUR
    await world.admin.refund('new', undefined, { by: 'Olu', why: 'a stolen card' })
    await world.wallet.automatic.consider('new')
    expect([await automatic(), await waiting()]).toEqual([[], true])
  })

  it('keep the pause after declines that a client who pays by hand has to keep', async () => {
    world.clock.now += 25 * HOUR
    const { clientSecret } = await world.wallet.addFunds({ userId: 'new', amountCents: cents(500) })
    for (const number of [CARD.declined, CARD.noFunds, CARD.declined]) await declinedTry(clientSecret, number)
    await world.wallet.automatic.consider('new')
    expect(await automatic()).toEqual([])
    world.clock.now += HOUR
    await world.wallet.automatic.consider('new')
    expect(await automatic()).toHaveLength(1)
  })
})

describe('the cards that paid', () => {
  const payWith = async (number: string, amountCents = 500): Promise<void> => {
    const { clientSecret, paymentIntentId } = await tryOnce({ amountCents })
    await payAsPage(standin, clientSecret, number)
    await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    world.clock.now += HOUR
  }

  it('are three different ones in a day, without any look at the history, across restarts', async () => {
    for (const number of [CARD.good, '5555555555554444']) await payWith(number)
    expect(await waitOf(tryOnce())).toBeUndefined()
    await declinedTry((await tryOnce()).clientSecret)
    world.clock.now += HOUR
    world = await open(world)
    expect(await waitOf(tryOnce())).toBeGreaterThan(0)
    world.clock.now += 25 * HOUR
    expect(await waitOf(tryOnce())).toBeUndefined()
  })

  it('are as many payments as one likes with the same one', async () => {
    for (let n = 0; n < 6; n += 1) await payWith(CARD.good)
    expect(await waitOf(tryOnce())).toBeUndefined()
  })
})
