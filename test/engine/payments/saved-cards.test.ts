/** Tests saved cards and automatic top-ups. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import { Refusal } from '../../../domain/errors.ts'
import type { Payments } from '../../../engine/ports.ts'
import { AUTO_TOP_UP_CONSENT, SAVE_CARD_CONSENT } from '../../../shared/consent.ts'
import { authenticateAsPage, CARD, call, payAsPage } from '../../dev/stripe/support.ts'
import { crash, type House, notify, openHouse, paymentsAt, register, spend } from './wallet-support.ts'

let standin: Standin
let stripe: Payments
let asked: string[]
let house: House

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
  house = await openHouse({ payments: stripe })
  await register(house, 'ana')
  await register(house, 'ben')
})

const refusal = (code: Refusal['code']) => expect.objectContaining({ name: 'Refusal', code })
const twenty = { userId: 'ana', amountCents: 2_000 }
const ana = () => house.client('ana')

/** Pays once with a card and saves it; returns its id. */
async function savedCard(number: string = CARD.good, userId = 'ana'): Promise<string> {
  const wish = { userId, amountCents: 500, saveCard: true }
  const { paymentIntentId, clientSecret } = await house.wallet.addFunds(wish)
  const { body } = await payAsPage(standin, clientSecret, number)
  if (body.status === 'requires_action') await authenticateAsPage(standin, clientSecret, 'succeeded')
  await house.wallet.confirm({ userId, paymentIntentId })
  const cards = await house.wallet.cards.list(userId)
  return cards.find(({ last4 }) => last4 === number.slice(-4))?.id ?? ''
}

describe('saving a card', () => {
  it('happens only when it is asked for: a plain top-up makes no customer and asks nothing more', async () => {
    const { paymentIntentId, clientSecret } = await house.wallet.addFunds(twenty)
    await payAsPage(standin, clientSecret, CARD.good)
    await house.wallet.confirm({ userId: 'ana', paymentIntentId })
    expect(asked).toEqual(['create', 'retrieve'])
    expect(await ana()).not.toHaveProperty('customerId')
    expect(await house.wallet.cards.list('ana')).toEqual([])
    expect(asked).not.toContain('cardsOf')
  })

  it('keeps the card at Stripe and the consent with us', async () => {
    await savedCard()
    expect(await house.wallet.cards.list('ana')).toEqual([
      expect.objectContaining({ brand: 'visa', last4: '4242', isDefault: true }),
    ])
    expect((await ana()).topUps).toMatchObject([{ saveConsent: SAVE_CARD_CONSENT }])
  })

  it('makes one customer for a person, whatever happens between', async () => {
    await savedCard()
    house = await openHouse({ payments: stripe, disk: crash(house) })
    await savedCard('5555555555554444')
    expect(asked.filter((name) => name === 'makeCustomer')).toHaveLength(1)
    expect(await house.wallet.cards.list('ana')).toHaveLength(2)
  })
})

describe('the list', () => {
  it('has the default first, and another card takes its place when it is removed', async () => {
    const first = await savedCard()
    const second = await savedCard('5555555555554444')
    expect((await house.wallet.cards.makeDefault('ana', second)).map(({ id }) => id)).toEqual([second, first])
    const left = await house.wallet.cards.remove('ana', second)
    expect(left).toMatchObject([{ id: first, isDefault: true }])
    expect(await ana()).not.toHaveProperty('defaultCardId')
  })

  it('shows a card that was saved twice once, and removing it removes both', async () => {
    await savedCard()
    const again = await savedCard()
    expect(await house.wallet.cards.list('ana')).toHaveLength(1)
    expect(await house.wallet.cards.remove('ana', again)).toEqual([])
  })

  it('belongs to one client: another person’s card can be neither charged, chosen nor removed', async () => {
    const hers = await savedCard()
    await savedCard('5555555555554444', 'ben')
    await expect(house.wallet.cards.makeDefault('ben', hers)).rejects.toEqual(refusal('not_found'))
    await expect(house.wallet.cards.remove('ben', hers)).rejects.toEqual(refusal('not_found'))
    const wish = { userId: 'ben', amountCents: 2_000, cardId: hers }
    await expect(house.wallet.addFunds(wish)).rejects.toEqual(refusal('not_found'))
    expect((await house.client('ben')).topUps).toHaveLength(1)
    expect(await house.wallet.cards.list('ana')).toHaveLength(1)
  })
})

describe('a top-up with a saved card', () => {
  it('is one request, and credited in it', async () => {
    const cardId = await savedCard()
    const view = await house.wallet.addFunds({ ...twenty, cardId })
    expect(view).toMatchObject({ status: 'succeeded', balanceCents: 2_500 })
  })

  it('[T4] of one attempt is charged once, and refused with another card', async () => {
    const cardId = await savedCard()
    const other = await savedCard('5555555555554444')
    const wish = { ...twenty, cardId, attemptKey: 'one press' }
    await Promise.all([house.wallet.addFunds(wish), house.wallet.addFunds(wish)])
    await house.wallet.addFunds(wish)
    expect((await ana()).balanceCents).toBe(3_000)
    await expect(house.wallet.addFunds({ ...wish, cardId: other })).rejects.toEqual(
      refusal('idempotency_mismatch'),
    )
  })

  it('hands the bank’s question to the page, which goes on with it', async () => {
    const cardId = await savedCard(CARD.checked)
    const view = await house.wallet.addFunds({ ...twenty, cardId })
    expect(view).toMatchObject({ status: 'pending', needsPerson: true })
    await authenticateAsPage(standin, view.clientSecret, 'succeeded')
    const claim = { userId: 'ana', paymentIntentId: view.paymentIntentId }
    expect(await house.wallet.confirm(claim)).toEqual({ status: 'succeeded', balanceCents: 2_500 })
  })

  it('says why the bank refused, and leaves it to another card', async () => {
    const cardId = await savedCard()
    standin.replaceCard(cardId, CARD.noFunds)
    const view = await house.wallet.addFunds({ ...twenty, cardId })
    expect(view).toMatchObject({ status: 'pending', declined: 'insufficient_funds' })
    expect((await ana()).balanceCents).toBe(500)
  })

  it.each([
    ['ten minutes', 10],
    ['a day and an hour', 25 * 60],
    ['five days', 5 * 24 * 60],
  ])('whose response was lost is found by polling %s later, and never charged again', async (_, minutes) => {
    const cardId = await savedCard()
    const lost: Payments = {
      ...stripe,
      create: async (wish) => {
        await stripe.create(wish)
        throw new Error('the process ended')
      },
    }
    const dying = await openHouse({ payments: lost, disk: crash(house) })
    await expect(dying.wallet.addFunds({ ...twenty, cardId })).rejects.toThrow('ended')
    house = await openHouse({
      payments: stripe,
      disk: crash(dying),
      now: dying.clock.now + minutes * 60_000,
    })
    asked = []
    await house.wallet.sweep()
    expect((await ana()).balanceCents).toBe(2_500)
    expect(asked).not.toContain('create')
  })
})

describe('a twin of a payment', () => {
  const once = { ...twenty, again: false }

  it('that is under way elsewhere is refused once, and goes through when pressed again', async () => {
    const cardId = await savedCard()
    await house.wallet.addFunds(twenty)
    await expect(house.wallet.addFunds({ ...once, cardId })).rejects.toEqual(refusal('twin_payment'))
    expect((await ana()).balanceCents).toBe(500)
    await house.wallet.addFunds({ ...once, cardId, again: true })
    expect((await ana()).balanceCents).toBe(2_500)
  })

  it('is none after two minutes, of another amount, of one that was declined or has come to its end', async () => {
    const { clientSecret, paymentIntentId } = await house.wallet.addFunds(twenty)
    await payAsPage(standin, clientSecret, CARD.declined)
    await house.wallet.confirm({ userId: 'ana', paymentIntentId })
    await house.wallet.addFunds(once)
    await house.wallet.addFunds({ ...once, amountCents: 3_000 })
    house.clock.now += 120_000
    const last = await house.wallet.addFunds(once)
    await payAsPage(standin, last.clientSecret, CARD.good)
    await house.wallet.confirm({ userId: 'ana', paymentIntentId: last.paymentIntentId })
    await house.wallet.addFunds(once)
    expect((await ana()).topUps).toHaveLength(5)
  })
})

describe('[T8] automatic top-ups', () => {
  const wish = { amountCents: 1_000, thresholdCents: 400, dailyCapCents: 2_000 }
  const automatic = async () => (await ana()).topUps.filter(({ kind }) => kind === 'automatic')

  it('are off until the client switches them on, which needs a saved card', async () => {
    await expect(house.wallet.automatic.switchOn('ana', wish)).rejects.toEqual(refusal('invalid_input'))
    await savedCard()
    await spend(house, 'ana', 500)
    await house.wallet.automatic.consider('ana')
    expect(await automatic()).toEqual([])
  })

  it('come at the threshold, and not above it', async () => {
    await savedCard()
    await house.wallet.automatic.switchOn('ana', wish)
    expect((await ana()).autoTopUp).toMatchObject({ consent: AUTO_TOP_UP_CONSENT, since: house.clock.now })
    await house.wallet.automatic.consider('ana')
    expect(await automatic()).toEqual([])
    await spend(house, 'ana', 100)
    await house.wallet.automatic.consider('ana')
    expect((await ana()).balanceCents).toBe(1_400)
  })

  it('come one at a time, and no more in a day than the client allows', async () => {
    await savedCard()
    await house.wallet.automatic.switchOn('ana', wish)
    await spend(house, 'ana', 500)
    await Promise.all([1, 2, 3].map(() => house.wallet.automatic.consider('ana')))
    expect(await automatic()).toHaveLength(1)
    await spend(house, 'ana', 1_000)
    await house.wallet.automatic.consider('ana')
    await spend(house, 'ana', 1_000)
    await house.wallet.automatic.consider('ana')
    expect(await automatic()).toHaveLength(2)
    house.clock.now += 24 * 3_600_000
    await house.wallet.automatic.consider('ana')
    expect(await automatic()).toHaveLength(3)
  })

  it('whose response is lost are polled while the server runs, like any other', async () => {
    await savedCard()
    await house.wallet.automatic.switchOn('ana', wish)
    await spend(house, 'ana', 500)
    const instants: number[] = []
    house = await openHouse({
      payments: { ...stripe, create: () => Promise.reject(new Refusal('payment_unavailable', 'Down.')) },
      disk: crash(house),
      now: house.clock.now,
      at: (instant) => {
        instants.push(instant)
        return () => undefined
      },
    })
    await house.wallet.startSweeping()
    await expect(house.wallet.automatic.consider('ana')).rejects.toEqual(refusal('payment_unavailable'))
    expect(instants).toContain(house.clock.now + 5_000)
    house.wallet.stop()
  })

  it('are off once the last card is removed, though the response is lost', async () => {
    const cardId = await savedCard()
    await house.wallet.automatic.switchOn('ana', wish)
    const forgetCard = async (id: string) => {
      await stripe.forgetCard(id)
      throw new Refusal('payment_unavailable', 'The answer was lost.')
    }
    house = await openHouse({ payments: { ...stripe, forgetCard }, disk: crash(house) })
    await expect(house.wallet.cards.remove('ana', cardId)).rejects.toEqual(refusal('payment_unavailable'))
    expect(await ana()).not.toHaveProperty('autoTopUp')
    await savedCard('5555555555554444')
    await spend(house, 'ana', 1_000)
    await house.wallet.automatic.consider('ana')
    expect(await automatic()).toEqual([])
  })

  it('rest after a refusal, until the client has paid', async () => {
    const cardId = await savedCard()
    await house.wallet.automatic.switchOn('ana', wish)
    await spend(house, 'ana', 500)
    standin.replaceCard(cardId, CARD.noFunds)
    await house.wallet.automatic.consider('ana')
    await house.wallet.automatic.consider('ana')
    expect(await automatic()).toMatchObject([{ status: 'failed' }])
    expect((await house.wallet.payments('ana')).automatic).toMatchObject({ resting: true })
    standin.replaceCard(cardId, CARD.good)
    await house.wallet.addFunds({ ...twenty, cardId })
    await spend(house, 'ana', 2_000)
    await house.wallet.automatic.consider('ana')
    expect(await automatic()).toMatchObject([{ status: 'failed' }, { status: 'succeeded' }])
  })

  it('hand a bank’s question to the client’s pages, at once and when they are opened later', async () => {
    const cardId = await savedCard(CARD.checked)
    await house.wallet.automatic.switchOn('ana', wish)
    await spend(house, 'ana', 500)
    await house.wallet.automatic.consider('ana')
    const [told] = house.events.filter(({ type }) => type === 'needs-person')
    expect(told).toMatchObject({ userId: 'ana', cardId, amountCents: 1_000 })
    const { action } = await house.wallet.payments('ana')
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
    await notify(house, paymentIntentId, 'payment_intent.succeeded')
    expect((await ana()).balanceCents).toBe(1_000)
    expect(await house.wallet.payments('ana')).not.toHaveProperty('action')
  })

  it('never come to a frozen account, nor after they were switched off', async () => {
    await savedCard()
    await house.wallet.automatic.switchOn('ana', wish)
    await spend(house, 'ana', 500)
    await house.admin.freeze('ana', { by: 'Olu', why: 'a question' })
    await house.wallet.automatic.consider('ana')
    await house.admin.unfreeze('ana', { by: 'Olu', why: 'answered' })
    await house.wallet.automatic.switchOff('ana')
    await house.wallet.automatic.consider('ana')
    expect(await automatic()).toEqual([])
  })

  it('end with the last card', async () => {
    const cardId = await savedCard()
    await house.wallet.automatic.switchOn('ana', wish)
    await house.wallet.cards.remove('ana', cardId)
    expect(await ana()).not.toHaveProperty('autoTopUp')
  })
})

describe('a customer that was deleted at Stripe', () => {
  const automatic = { amountCents: 1_000, thresholdCents: 400, dailyCapCents: 2_000 }
  const deleteCustomer = async () => {
    const { customerId = '' } = await ana()
    expect((await call(standin, 'DELETE', `/customers/${customerId}`)).status).toBe(200)
    return customerId
  }

  it('has no cards any more, and is forgotten with what hung on them', async () => {
    const cardId = await savedCard()
    await house.wallet.cards.makeDefault('ana', cardId)
    await house.wallet.automatic.switchOn('ana', automatic)
    await deleteCustomer()
    expect(await house.wallet.cards.list('ana')).toEqual([])
    for (const name of ['customerId', 'defaultCardId', 'autoTopUp']) {
      expect(await ana()).not.toHaveProperty(name)
    }
    await expect(house.wallet.automatic.switchOn('ana', automatic)).rejects.toEqual(refusal('invalid_input'))
  })

  it.each([
    ['at once', async () => undefined],
    ['after a look at the cards', () => house.wallet.cards.list('ana')],
    ['after a restart', async () => (house = await openHouse({ payments: stripe, disk: crash(house) }))],
  ])('is made again when a card is saved %s', async (_when, between) => {
    await savedCard()
    const gone = await deleteCustomer()
    await between()
    const cardId = await savedCard('5555555555554444')
    expect(cardId).toMatch(/^pm_/)
    expect((await ana()).customerId).toMatch(/^cus_/)
    expect((await ana()).customerId).not.toBe(gone)
    expect(await house.wallet.cards.list('ana')).toMatchObject([{ last4: '4444' }])
    expect(await house.wallet.addFunds({ ...twenty, cardId })).toMatchObject({ status: 'succeeded' })
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
    const charge = house.wallet.addFunds({ ...twenty, cardId })
    await expect(charge).rejects.toEqual(refusal('not_found'))
    await expect(charge).rejects.toThrow('This card is not saved here any more.')
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
    house = await openHouse({ payments: late, disk: crash(house) })
    await expect(house.wallet.addFunds({ ...twenty, cardId })).rejects.toThrow(
      'This card is not saved here any more.',
    )
    expect((await ana()).topUps[1]).toMatchObject({ status: 'failed' })
    expect(await ana()).not.toHaveProperty('customerId')
  })

  it('brings no automatic top-up', async () => {
    await savedCard()
    await house.wallet.automatic.switchOn('ana', automatic)
    await spend(house, 'ana', 500)
    await deleteCustomer()
    await house.wallet.automatic.consider('ana')
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
    house = await openHouse({ payments: late, disk: crash(house) })
    await expect(house.wallet.addFunds({ ...twenty, cardId })).rejects.toThrow(
      'This card is not saved here any more.',
    )
    expect((await ana()).topUps[1]).toMatchObject({ status: 'failed' })
    expect(await ana()).toHaveProperty('customerId')
  })
})

describe('the history', () => {
  it('shows card, status and receipt, newest first, and nothing of the rest', async () => {
    await savedCard()
    const declined = await house.wallet.addFunds(twenty)
    await payAsPage(standin, declined.clientSecret, CARD.declined)
    await house.wallet.confirm({ userId: 'ana', paymentIntentId: declined.paymentIntentId })
    const { payments } = await house.wallet.payments('ana')
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
    const { paymentIntentId, clientSecret } = await house.wallet.addFunds(twenty)
    await payAsPage(standin, clientSecret, CARD.good)
    await house.wallet.confirm({ userId: 'ana', paymentIntentId })
    standin.failNext('server_error', 'server_error', 'server_error')
    const { payments } = await house.wallet.payments('ana')
    expect(payments).toMatchObject([{ status: 'succeeded' }])
    expect(payments[0]).not.toHaveProperty('card')
    expect((await house.wallet.payments('ana')).payments[0]).toHaveProperty('card')
  })
})
