/** Tests refunds during sessions, saved cards and the operator's commands on a live server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { STANDIN_KEYS } from '../../dev/stripe/keys.ts'
import type { CardsView, OpenedTopUpView, PaymentsView } from '../../shared/protocol/views.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { next, type Person } from '../support/people.ts'
import { becomes, liveTalk } from '../support/talk.ts'

let server: LiveServer
let reader: Person

beforeAll(async () => {
  server = await startLiveServer()
  reader = await server.reader('Mara', 250)
})
afterAll(() => server.stop())

/** Pays as Stripe.js does, with what the form holds. */
async function confirmAsPage({ paymentIntentId, clientSecret }: OpenedTopUpView, number: string) {
  const answer = await fetch(`${server.url}/stripe-standin/v1/payment_intents/${paymentIntentId}/confirm`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      key: STANDIN_KEYS.publishableKey,
      client_secret: clientSecret,
      'payment_method_data[type]': 'card',
      'payment_method_data[card][number]': number,
      'payment_method_data[card][exp_month]': '12',
      'payment_method_data[card][exp_year]': '2034',
      'payment_method_data[card][cvc]': '123',
    }),
  })
  expect(answer.ok).toBe(true)
}

async function addFunds(person: Person, more: object = {}): Promise<OpenedTopUpView> {
  const wish = { userId: person.user.id, amountCents: 2_000, ...more }
  return (await person.send<OpenedTopUpView>('POST', '/add-funds', wish)).body
}

async function withSavedCard(name: string): Promise<{ person: Person; cardId: string }> {
  const person = await server.client(name)
  const opened = await addFunds(person, { saveCard: true })
  await confirmAsPage(opened, '4242424242424242')
  await person.send('POST', '/add-funds/confirm', { userId: person.user.id, ...opened })
  const { body } = await person.send<CardsView>('GET', '/cards')
  return { person, cardId: body.cards[0]?.id ?? '' }
}

describe('a customer that was deleted at Stripe', () => {
  it('has an empty list of cards, and saves the next one', async () => {
    const { person, cardId } = await withSavedCard('Una')
    const headers = { authorization: `Bearer ${STANDIN_KEYS.secretKey}` }
    const { data } = (await (
      await fetch(`${server.standin.url}/v1/payment_intents`, { headers })
    ).json()) as {
      data: { customer: string | null; metadata: { userId?: string } }[]
    }
    const customer = data.find(({ metadata }) => metadata.userId === person.user.id)?.customer
    await fetch(`${server.standin.url}/v1/customers/${customer}`, { method: 'DELETE', headers })
    const refused = await person.send('POST', '/add-funds', {
      userId: person.user.id,
      amountCents: 2_000,
      cardId,
    })
    expect(refused).toMatchObject({
      status: 404,
      body: { code: 'not_found', detail: 'This card is no longer saved.' },
    })
    expect(await person.send('GET', '/cards')).toMatchObject({ status: 200, body: { cards: [] } })
    const opened = await addFunds(person, { saveCard: true })
    await confirmAsPage(opened, '5555555555554444')
    expect(await person.send('GET', '/cards')).toMatchObject({ body: { cards: [{ last4: '4444' }] } })
  })
})

describe('a payment that is disputed in the middle of a session', () => {
  it('[B16] settles and ends the session, takes the money, and lets none begin until it is closed', async () => {
    const client = await server.client('Ana')
    const opened = await addFunds(client)
    await confirmAsPage(opened, '4242424242424242')
    await client.send('POST', '/add-funds/confirm', { userId: client.user.id, ...opened })
    const talk = await liveTalk(server, client, reader)

    const ended = becomes(talk.client.page, 'ended')
    const emptied = next(talk.client.page, 'balance', ({ balanceCents }) => balanceCents === 0)
    const { id } = server.standin.reversals.dispute(opened.paymentIntentId)
    expect(await ended).toMatchObject({ id: talk.session.id, endReason: 'payment_reversed' })
    await emptied
    const { chargedCents, earnedCents } = await ended
    expect(earnedCents).toBe(chargedCents)

    const wish = { readerId: reader.user.id, kind: 'chat' }
    expect(await client.send('POST', '/session/start', wish)).toMatchObject({
      status: 403,
      body: { code: 'account_frozen' },
    })
    const more = { userId: client.user.id, amountCents: 1_000 }
    expect(await client.send('POST', '/add-funds', more), 'no card is charged meanwhile').toMatchObject({
      status: 403,
      body: { code: 'account_frozen', detail: expect.stringContaining('disputed at your bank') },
    })
    expect((await client.send('GET', '/me')).body).toMatchObject({ user: { hold: 'dispute' } })
    const { body } = await client.send<PaymentsView>('GET', '/payments')
    expect(body).toMatchObject({ frozen: true, payments: [{ disputed: true, reversedCents: 2_000 }] })

    const restored = next(talk.client.page, 'balance', ({ balanceCents }) => balanceCents > 0)
    server.standin.reversals.closeDispute(id, 'won')
    expect(await restored).toEqual({ balanceCents: 2_000 - chargedCents })
    expect((await client.send('POST', '/session/start', wish)).status).toBe(201)
  })
})

describe('saved cards', () => {
  it('are listed, charged with one request, and removed', async () => {
    const { person, cardId } = await withSavedCard('Bea')
    expect(await addFunds(person, { cardId })).toMatchObject({ status: 'succeeded', balanceCents: 4_000 })
    const gone = await person.send<CardsView>('POST', '/cards/remove', { cardId })
    expect(gone.body).toEqual({ cards: [] })
    expect((await person.send('POST', '/cards/default', { cardId })).status).toBe(404)
  })

  it('show only the public details of a card', async () => {
    const { person } = await withSavedCard('Cal')
    const { body } = await person.send<CardsView>('GET', '/cards')
    expect(body.cards).toEqual([
      {
        id: expect.stringMatching(/^pm_/),
        brand: 'visa',
        last4: '4242',
        expiryMonth: 12,
        expiryYear: 2034,
        isDefault: true,
      },
    ])
  })
})

describe('automatic top-ups', () => {
  const wish = { amountCents: 1_000, thresholdCents: 500, dailyCapCents: 3_000 }

  it('are switched on and off, and said in the list of payments', async () => {
    const { person } = await withSavedCard('Dia')
    const on = await person.send<PaymentsView>('POST', '/auto-top-up', wish)
    expect(on.body.automatic).toEqual(wish)
    const off = await person.send<PaymentsView>('POST', '/auto-top-up/off')
    expect(off.body).not.toHaveProperty('automatic')
  })

  it.each([
    ['an amount below the smallest', { amountCents: 499 }, 'amountCents'],
    ['a cap below one top-up', { dailyCapCents: 999 }, 'dailyCapCents'],
    ['a cap above the largest', { dailyCapCents: 200_001 }, 'dailyCapCents'],
    ['a balance below nothing', { thresholdCents: -1 }, 'thresholdCents'],
  ])('refuse %s', async (_what, wrong, path) => {
    const { person } = await withSavedCard(`Eli-${path}-${JSON.stringify(wrong).length}`)
    const answer = await person.send('POST', '/auto-top-up', { ...wish, ...wrong })
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_input', errors: [{ path }] } })
  })

  it('that need the bank’s check are announced to every page of the client, with the next step', async () => {
    const person = await server.client('Fay')
    const opened = await addFunds(person, { saveCard: true, amountCents: 500 })
    await confirmAsPage(opened, '4242424242424242')
    await person.send('POST', '/add-funds/confirm', { userId: person.user.id, ...opened })
    const [card] = (await person.send<CardsView>('GET', '/cards')).body.cards
    server.standin.replaceCard(card?.id ?? '', '4000002760003184')
    await person.send('POST', '/auto-top-up', { ...wish, thresholdCents: 0 })
    const page = await person.page()
    const asked = next(page, 'payment:action')
    // The balance is one minute at this rate, so that a prompt comes at once, and a top-up with it.
    await liveTalk(server, person, await server.reader('Nell', 500))
    expect(await asked).toMatchObject({ amountCents: 1_000, cardId: card?.id })
  })
})
