/** Tests saved cards and automatic top-ups. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import { Refusal } from '../../../domain/errors.ts'
import type { Payments } from '../../../engine/ports.ts'
import { autoTopUpConsent, SAVE_CARD_CONSENT } from '../../../shared/consent.ts'
import { cents } from '../../../shared/money.ts'
import { authenticateAsPage, CARD, call, payAsPage } from '../../dev/stripe/support.ts'
import {
  crash,
  notify,
  openWalletWorld,
  paymentsAt,
  register,
  spend,
  type WalletWorld,
} from './wallet-support.ts'

let standin: Standin
let stripe: Payments
let asked: string[]
let world: WalletWorld

/** Wraps Stripe so that every call is noted. */
function noting(payments: Payments): Payments {
  const noted = Object.entries(payments).map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      asked.push(name)
      return (call as (...args: unknown[]) => unknown)(...args)
    },
  ])
  return Object.fromEntries(noted) as Payments
}

afterEach(() => standin.stop())

beforeEach(async () => {
  standin = await startStripeStandin()
  asked = []
  stripe = noting(paymentsAt(standin.url))
  world = await openWalletWorld({ payments: stripe })
  await register(world, 'ana')
  await register(world, 'ben')
})

const refusal = (code: Refusal['code']) => expect.objectContaining({ name: 'Refusal', code })
const twenty = { userId: 'ana', amountCents: cents(2_000) }
const ana = () => world.client('ana')

/** Pays once with a card and saves it; returns its id. */
async function savedCard(number: string = CARD.good, userId = 'ana'): Promise<string> {
  const wish = { userId, amountCents: cents(500), saveCard: true }
  const { paymentIntentId, clientSecret } = await world.wallet.addFunds(wish)
  const { body } = await payAsPage(standin, clientSecret, number)
  if (body.status === 'requires_action') await authenticateAsPage(standin, clientSecret, 'succeeded')
  await world.wallet.confirm({ userId, paymentIntentId })
  const cards = await world.wallet.cards.list(userId)
  return cards.find(({ last4 }) => last4 === number.slice(-4))?.id ?? ''
}

describe('saving a card', () => {
  it('happens only when it is asked for: a plain top-up makes no customer and asks nothing more', async () => {
    const { paymentIntentId, clientSecret } = await world.wallet.addFunds(twenty)
    await payAsPage(standin, clientSecret, CARD.good)
    await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(asked).toEqual(['create', 'retrieve'])
    expect(await ana()).not.toHaveProperty('customerId')
    expect(await world.wallet.cards.list('ana')).toEqual([])
    expect(asked).not.toContain('cardsOf')
  })

  it('keeps the card at Stripe and the consent with us', async () => {
    await savedCard()
    expect(await world.wallet.cards.list('ana')).toEqual([
      expect.objectContaining({ brand: 'visa', last4: '4242', isDefault: true }),
    ])
    expect((await ana()).topUps).toMatchObject([{ saveConsent: SAVE_CARD_CONSENT }])
  })

  it('makes one customer for a person, whatever happens between', async () => {
    await savedCard()
    world = await openWalletWorld({ payments: stripe, disk: crash(world) })
    await savedCard('5555555555554444')
    expect(asked.filter((name) => name === 'makeCustomer')).toHaveLength(1)
    expect(await world.wallet.cards.list('ana')).toHaveLength(2)
  })
})

describe('the list', () => {
  it('has the default first, and another card takes its place when it is removed', async () => {
    const first = await savedCard()
    const second = await savedCard('5555555555554444')
    expect((await world.wallet.cards.makeDefault('ana', second)).map(({ id }) => id)).toEqual([second, first])
    const left = await world.wallet.cards.remove('ana', second)
    expect(left).toMatchObject([{ id: first, isDefault: true }])
    expect(await ana()).not.toHaveProperty('defaultCardId')
  })

  it('shows a card that was saved twice once, and removing it removes both', async () => {
    await savedCard()
    const again = await savedCard()
    expect(await world.wallet.cards.list('ana')).toHaveLength(1)
    expect(await world.wallet.cards.remove('ana', again)).toEqual([])
  })

  it('belongs to one client: another person’s card can be neither charged, chosen nor removed', async () => {
    const hers = await savedCard()
    await savedCard('5555555555554444', 'ben')
    await expect(world.wallet.cards.makeDefault('ben', hers)).rejects.toEqual(refusal('not_found'))
    await expect(world.wallet.cards.remove('ben', hers)).rejects.toEqual(refusal('not_found'))
    const wish = { userId: 'ben', amountCents: cents(2_000), cardId: hers }
    await expect(world.wallet.addFunds(wish)).rejects.toEqual(refusal('not_found'))
    expect((await world.client('ben')).topUps).toHaveLength(1)
    expect(await world.wallet.cards.list('ana')).toHaveLength(1)
  })
})

describe('a top-up with a saved card', () => {
  it('is one request, and credited in it', async () => {
    const cardId = await savedCard()
    const view = await world.wallet.addFunds({ ...twenty, cardId })
    expect(view).toMatchObject({ status: 'succeeded', balanceCents: 2_500 })
  })

  it('[T4] of one attempt is charged once, and refused with another card', async () => {
    const cardId = await savedCard()
    const other = await savedCard('5555555555554444')
    const wish = { ...twenty, cardId, attemptKey: 'one press' }
    await Promise.all([world.wallet.addFunds(wish), world.wallet.addFunds(wish)])
    await world.wallet.addFunds(wish)
    expect((await ana()).balanceCents).toBe(3_000)
    await expect(world.wallet.addFunds({ ...wish, cardId: other })).rejects.toEqual(
      refusal('idempotency_mismatch'),
    )
  })

  it('hands the bank’s question to the page, which goes on with it', async () => {
    const cardId = await savedCard(CARD.checked)
    const view = await world.wallet.addFunds({ ...twenty, cardId })
    expect(view).toMatchObject({ status: 'pending', needsPerson: true })
    await authenticateAsPage(standin, view.clientSecret, 'succeeded')
    const claim = { userId: 'ana', paymentIntentId: view.paymentIntentId }
    expect(await world.wallet.confirm(claim)).toEqual({ status: 'succeeded', balanceCents: 2_500 })
  })

  it('says why the bank refused, and leaves it to another card', async () => {
    const cardId = await savedCard()
    standin.replaceCard(cardId, CARD.noFunds)
    const view = await world.wallet.addFunds({ ...twenty, cardId })
    expect(view).toMatchObject({ status: 'pending', declined: 'insufficient_funds' })
    expect((await ana()).balanceCents).toBe(500)
  })

  it.each([
    ['ten minutes later', 10],
    ['a day and an hour later', 25 * 60],
    ['five days later', 5 * 24 * 60],
    ['after the wall clock was set back by 400 days', -400 * 24 * 60],
  ])('whose response was lost is found by polling %s, and never charged again', async (_, minutes) => {
    const cardId = await savedCard()
    const lost: Payments = {
      ...stripe,
      create: async (wish) => {
        await stripe.create(wish)
        throw new Error('the process ended')
      },
    }
    const dying = await openWalletWorld({ payments: lost, disk: crash(world) })
    await expect(dying.wallet.addFunds({ ...twenty, cardId })).rejects.toThrow('ended')
    world = await openWalletWorld({
      payments: stripe,
      disk: crash(dying),
      now: dying.clock.now + minutes * 60_000,
    })
    asked = []
    await world.wallet.poll()
    expect((await ana()).balanceCents).toBe(2_500)
    expect(asked).not.toContain('create')
  })
})

describe('a twin of a payment', () => {
  const once = { ...twenty, again: false }

  it('that is under way elsewhere is refused once, and goes through when pressed again', async () => {
    const cardId = await savedCard()
    await world.wallet.addFunds(twenty)
    await expect(world.wallet.addFunds({ ...once, cardId })).rejects.toEqual(refusal('twin_payment'))
    expect((await ana()).balanceCents).toBe(500)
    await world.wallet.addFunds({ ...once, cardId, again: true })
    expect((await ana()).balanceCents).toBe(2_500)
  })

  it('is none after two minutes, of another amount, of one that was declined or has come to its end', async () => {
    const { clientSecret, paymentIntentId } = await world.wallet.addFunds(twenty)
    await payAsPage(standin, clientSecret, CARD.declined)
    await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    await world.wallet.addFunds(once)
    await world.wallet.addFunds({ ...once, amountCents: cents(3_000) })
    world.clock.now += 120_000
    const last = await world.wallet.addFunds(once)
    await payAsPage(standin, last.clientSecret, CARD.good)
    await world.wallet.confirm({ userId: 'ana', paymentIntentId: last.paymentIntentId })
    await world.wallet.addFunds(once)
    expect((await ana()).topUps).toHaveLength(5)
  })
})

describe('[T8] automatic top-ups', () => {
  const wish = { amountCents: cents(1_000), thresholdCents: cents(400), dailyCapCents: cents(2_000) }
  const automatic = async () => (await ana()).topUps.filter(({ kind }) => kind === 'automatic')

  it('are off until the client switches them on, which needs a saved card', async () => {
    await expect(world.wallet.automatic.switchOn('ana', wish)).rejects.toEqual(refusal('invalid_input'))
    await savedCard()
    await spend(world, 'ana', 500)
    await world.wallet.automatic.consider('ana')
    expect(await automatic()).toEqual([])
  })

  it('come at the threshold, and not above it', async () => {
    await savedCard()
    await world.wallet.automatic.switchOn('ana', wish)
    expect((await ana()).autoTopUp).toMatchObject({ consent: autoTopUpConsent(wish), since: world.clock.now })
    await world.wallet.automatic.consider('ana')
    expect(await automatic()).toEqual([])
    await spend(world, 'ana', 100)
    await world.wallet.automatic.consider('ana')
    expect((await ana()).balanceCents).toBe(1_400)
  })

  it('come one at a time, and no more in a day than the client allows', async () => {
    await savedCard()
    await world.wallet.automatic.switchOn('ana', wish)
    await spend(world, 'ana', 500)
    await Promise.all([1, 2, 3].map(() => world.wallet.automatic.consider('ana')))
    expect(await automatic()).toHaveLength(1)
    await spend(world, 'ana', 1_000)
    await world.wallet.automatic.consider('ana')
    await spend(world, 'ana', 1_000)
    await world.wallet.automatic.consider('ana')
    expect(await automatic()).toHaveLength(2)
    world.clock.now += 24 * 3_600_000
    await world.wallet.automatic.consider('ana')
    expect(await automatic()).toHaveLength(3)
  })

  it('whose response is lost are polled while the server runs, like any other', async () => {
    await savedCard()
    await world.wallet.automatic.switchOn('ana', wish)
    await spend(world, 'ana', 500)
    const instants: number[] = []
    world = await openWalletWorld({
      payments: { ...stripe, create: () => Promise.reject(new Refusal('payment_unavailable', 'Down.')) },
      disk: crash(world),
      now: world.clock.now,
      at: (instant) => {
        instants.push(instant)
        return () => undefined
      },
    })
    await world.wallet.startPolling()
    await expect(world.wallet.automatic.consider('ana')).rejects.toEqual(refusal('payment_unavailable'))
    expect(instants).toContain(world.clock.now + 5_000)
    world.wallet.stop()
  })

  it('are off once the last card is removed, though the response is lost', async () => {
    const cardId = await savedCard()
    await world.wallet.automatic.switchOn('ana', wish)
    const forgetCard = async (id: string) => {
      await stripe.forgetCard(id)
      throw new Refusal('payment_unavailable', 'The answer was lost.')
    }
    world = await openWalletWorld({ payments: { ...stripe, forgetCard }, disk: crash(world) })
    await expect(world.wallet.cards.remove('ana', cardId)).rejects.toEqual(refusal('payment_unavailable'))
    expect(await ana()).not.toHaveProperty('autoTopUp')
    await savedCard('5555555555554444')
    await spend(world, 'ana', 1_000)
    await world.wallet.automatic.consider('ana')
    expect(await automatic()).toEqual([])
  })

  it('rest after a refusal, until the client has paid', async () => {
    const cardId = await savedCard()
    await world.wallet.automatic.switchOn('ana', wish)
    await spend(world, 'ana', 500)
    standin.replaceCard(cardId, CARD.noFunds)
    await world.wallet.automatic.consider('ana')
    await world.wallet.automatic.consider('ana')
    expect(await automatic()).toMatchObject([{ status: 'failed' }])
    expect((await world.wallet.payments('ana')).automatic).toMatchObject({ resting: true })
    standin.replaceCard(cardId, CARD.good)
    await world.wallet.addFunds({ ...twenty, cardId })
    await spend(world, 'ana', 2_000)
    await world.wallet.automatic.consider('ana')
    expect(await automatic()).toMatchObject([{ status: 'failed' }, { status: 'succeeded' }])
  })

  it('hand a bank’s question to the client’s pages, at once and when they are opened later', async () => {
    const cardId = await savedCard(CARD.checked)
    await world.wallet.automatic.switchOn('ana', wish)
    await spend(world, 'ana', 500)
    await world.wallet.automatic.consider('ana')
    const [told] = world.events.filter(({ type }) => type === 'needs-person')
    expect(told).toMatchObject({ userId: 'ana', cardId, amountCents: 1_000 })
    const { action } = await world.wallet.payments('ana')
    expect(action).toMatchObject({ cardId, amountCents: 1_000 })
    const { clientSecret = '', paymentIntentId = '' } = action ?? {}
    await call(
      standin,
      'POST',
      `/payment_intents/${paymentIntentId}/confirm`,
      { key: 'pk_test_standin', client_secret: clientSecret, payment_method: cardId },
      {},
    )
    await authenticateAsPage(standin, clientSecret, 'succeeded')
    await notify(world, paymentIntentId, 'payment_intent.succeeded')
    expect((await ana()).balanceCents).toBe(1_000)
    expect(await world.wallet.payments('ana')).not.toHaveProperty('action')
  })

  it('never come to a frozen account, nor after they were switched off', async () => {
    await savedCard()
    await world.wallet.automatic.switchOn('ana', wish)
    await spend(world, 'ana', 500)
    await world.admin.freeze('ana', { by: 'Olu', why: 'a question' })
    await world.wallet.automatic.consider('ana')
    await world.admin.unfreeze('ana', { by: 'Olu', why: 'answered' })
    await world.wallet.automatic.switchOff('ana')
    await world.wallet.automatic.consider('ana')
    expect(await automatic()).toEqual([])
  })

  it('end with the last card', async () => {
    const cardId = await savedCard()
    await world.wallet.automatic.switchOn('ana', wish)
    await world.wallet.cards.remove('ana', cardId)
    expect(await ana()).not.toHaveProperty('autoTopUp')
  })
})

describe('a customer that was deleted at Stripe', () => {
  const automatic = { amountCents: cents(1_000), thresholdCents: cents(400), dailyCapCents: cents(2_000) }
  const deleteCustomer = async () => {
    const { customerId = '' } = await ana()
    expect((await call(standin, 'DELETE', `/customers/${customerId}`)).status).toBe(200)
    return customerId
  }

  it('has no cards any more, and is forgotten with what hung on them', async () => {
    const cardId = await savedCard()
    await world.wallet.cards.makeDefault('ana', cardId)
    await world.wallet.automatic.switchOn('ana', automatic)
    await deleteCustomer()
    expect(await world.wallet.cards.list('ana')).toEqual([])
    for (const name of ['customerId', 'defaultCardId', 'autoTopUp']) {
      expect(await ana()).not.toHaveProperty(name)
    }
    await expect(world.wallet.automatic.switchOn('ana', automatic)).rejects.toEqual(refusal('invalid_input'))
  })

  it.each([
    ['at once', async () => undefined],
    ['after a look at the cards', () => world.wallet.cards.list('ana')],
    [
      'after a restart',
      async () => (world = await openWalletWorld({ payments: stripe, disk: crash(world) })),
    ],
  ])('is made again when a card is saved %s', async (_when, between) => {
    await savedCard()
    const gone = await deleteCustomer()
    await between()
    const cardId = await savedCard('5555555555554444')
    expect(cardId).toMatch(/^pm_/)
    expect((await ana()).customerId).toMatch(/^cus_/)
    expect((await ana()).customerId).not.toBe(gone)
    expect(await world.wallet.cards.list('ana')).toMatchObject([{ last4: '4444' }])
    expect(await world.wallet.addFunds({ ...twenty, cardId })).toMatchObject({ status: 'succeeded' })
  })

  it('is made again as often as it is deleted', async () => {
    const seen = new Set<string>()
    for (let n = 0; n < 3; n += 1) {
      await savedCard()
      seen.add(await deleteCustomer())
    }
    expect(seen.size).toBe(3)
  })

  it('lets no card be charged, and leaves no payment open', async () => {
    const cardId = await savedCard()
    await deleteCustomer()
    const charge = world.wallet.addFunds({ ...twenty, cardId })
    await expect(charge).rejects.toEqual(refusal('not_found'))
    await expect(charge).rejects.toThrow('This card is no longer saved.')
    expect((await ana()).topUps).toHaveLength(1)
  })

  it('gone between the look at the cards and the charge fails that top-up, which is not polled again', async () => {
    const cardId = await savedCard()
    const late: Payments = {
      ...stripe,
      create: async (wish) => {
        await deleteCustomer()
        return stripe.create(wish)
      },
    }
    world = await openWalletWorld({ payments: late, disk: crash(world) })
    await expect(world.wallet.addFunds({ ...twenty, cardId })).rejects.toThrow(
      'This card is no longer saved.',
    )
    expect((await ana()).topUps[1]).toMatchObject({ status: 'failed' })
    expect(await ana()).not.toHaveProperty('customerId')
  })

  it('brings no automatic top-up', async () => {
    await savedCard()
    await world.wallet.automatic.switchOn('ana', automatic)
    await spend(world, 'ana', 500)
    await deleteCustomer()
    await world.wallet.automatic.consider('ana')
    expect((await ana()).topUps).toHaveLength(1)
  })
})

describe('a card that was detached at Stripe', () => {
  it('is not charged, and its top-up fails', async () => {
    const cardId = await savedCard()
    const late: Payments = {
      ...stripe,
      create: async (wish) => {
        await call(standin, 'POST', `/payment_methods/${cardId}/detach`)
        return stripe.create(wish)
      },
    }
    world = await openWalletWorld({ payments: late, disk: crash(world) })
    await expect(world.wallet.addFunds({ ...twenty, cardId })).rejects.toThrow(
      'This card is no longer saved.',
    )
    expect((await ana()).topUps[1]).toMatchObject({ status: 'failed' })
    expect(await ana()).toHaveProperty('customerId')
  })
})

describe('the history', () => {
  it('shows card, status and receipt, newest first, and nothing of the rest', async () => {
    await savedCard()
    const declined = await world.wallet.addFunds(twenty)
    await payAsPage(standin, declined.clientSecret, CARD.declined)
    await world.wallet.confirm({ userId: 'ana', paymentIntentId: declined.paymentIntentId })
    const { payments } = await world.wallet.payments('ana')
    expect(payments).toEqual([
      expect.objectContaining({
        amountCents: 2_000,
        status: 'pending',
        declined: true,
        card: { brand: 'visa', last4: '0002' },
      }),
      expect.objectContaining({
        amountCents: 500,
        status: 'succeeded',
        kind: 'form',
        card: { brand: 'visa', last4: '4242' },
        receiptUrl: expect.stringContaining('https://'),
      }),
    ])
    expect(JSON.stringify(payments)).not.toMatch(/fingerprint|secret|attemptKey|from/)
  })

  it('is shown although Stripe cannot be asked for the cards', async () => {
    const { paymentIntentId, clientSecret } = await world.wallet.addFunds(twenty)
    await payAsPage(standin, clientSecret, CARD.good)
    await world.wallet.confirm({ userId: 'ana', paymentIntentId })
    standin.failNext('server_error', 'server_error', 'server_error')
    const { payments } = await world.wallet.payments('ana')
    expect(payments).toMatchObject([{ status: 'succeeded' }])
    expect(payments[0]).not.toHaveProperty('card')
    expect((await world.wallet.payments('ana')).payments[0]).toHaveProperty('card')
  })
})
