/** Tests a top-up on the page, through every lost response. */
import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../browser/lib/http.ts'
import type { Elements, StripeJs, StripeJsError } from '../../../browser/payments/stripe-js.ts'
import { createAttempts } from '../../../browser/payments/top-up-attempt.ts'
import { sayAmount, sayMinutes, sayPaid } from '../../../browser/payments/top-up-messages.ts'
import { pay, paySaved } from '../../../browser/payments/top-up-pay.ts'
import type { TopUpServer } from '../../../browser/payments/top-up-server.ts'
import type { OpenedTopUpView } from '../../../shared/protocol/views.ts'

type Confirmed = Awaited<ReturnType<TopUpServer['confirm']>>

const offline: Answer<never> = { ok: false, failure: { code: 'offline' } }
const opened = (
  status: OpenedTopUpView['status'] = 'pending',
  balanceCents = 0,
): Answer<OpenedTopUpView> => ({
  ok: true,
  value: { paymentIntentId: 'pi_1', clientSecret: 'pi_1_secret_1', status, balanceCents },
})
const succeeded: Confirmed = { ok: true, value: { status: 'succeeded', balanceCents: 2000 } }
const pending: Confirmed = { ok: true, value: { status: 'pending', balanceCents: 0 } }
const declined: StripeJsError = { type: 'card_error', code: 'card_declined' }

/** Creates a page with a script of each side's responses, in order; the last one is repeated. */
function page(script: {
  form?: StripeJsError
  opens?: Answer<OpenedTopUpView>[]
  stripe?: (StripeJsError | undefined)[]
  confirms?: Confirmed[]
}) {
  const { opens = [opened()], stripe: errors = [undefined], confirms = [succeeded] } = script
  const kept = new Map<string, string>()
  const storage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  }
  const keys: string[] = []
  const steps: string[] = []
  const ways: string[] = []
  const clock = { now: 1_000_000 }
  const next = <T>(queue: T[]): T => (queue.length > 1 ? queue.shift() : queue[0]) as T
  const elements: Elements = {
    create: () => ({ mount() {}, destroy() {}, on() {} }),
    update: () => undefined,
    submit: async () => (script.form ? { error: script.form } : {}),
  }
  const stripe: StripeJs = {
    elements: () => elements,
    confirmPayment: async () => {
      steps.push('card')
      const error = next(errors)
      return error ? { error } : { paymentIntent: { id: 'pi_1', status: 'succeeded' } }
    },
    handleNextAction: async () => {
      steps.push('bank')
      const error = next(errors)
      return error ? { error } : { paymentIntent: { id: 'pi_1', status: 'succeeded' } }
    },
  }
  const server: TopUpServer = {
    settings: async () => offline,
    cards: async () => ({ ok: true, value: { cards: [] } }),
    addFunds: async ({ key, cardId, saveCard }) => {
      expect(kept.size).toBe(1) // the name of the attempt is kept before anything is sent
      steps.push('open')
      keys.push(key)
      ways.push(cardId ?? (saveCard ? 'save' : 'form'))
      return next(opens)
    },
    confirm: async () => {
      steps.push('confirm')
      return next(confirms)
    },
  }
  // A new one for each press, as another tab would have it.
  const attempts = () => createAttempts(storage, () => clock.now)
  const press = (amountCents = 2000, userId = 'ana', saveCard = false) =>
    pay({ userId, amountCents, stripe, elements, server, attempts: attempts(), saveCard })
  const pressSaved = (cardId = 'pm_1') =>
    paySaved({
      userId: 'ana',
      amountCents: 2000,
      cardId,
      server,
      attempts: attempts(),
      stripe: async () => stripe,
    })
  return { press, pressSaved, keys, steps, ways, clock }
}

describe('one press of Pay', () => {
  it('opens the payment, charges the card, has it credited, and the next press is a new attempt', async () => {
    const { press, keys, steps } = page({})
    expect(await press()).toEqual({ kind: 'added', balanceCents: 2000, paymentIntentId: 'pi_1' })
    expect(steps).toEqual(['open', 'card', 'confirm'])
    await press()
    expect(new Set(keys).size).toBe(2)
  })

  it('sends nothing while the form is not filled in', async () => {
    const form = { type: 'validation_error' }
    const { press, steps } = page({ form })
    expect(await press()).toEqual({ kind: 'declined', error: form })
    expect(steps).toEqual([])
  })

  it('goes on with the same payment after a decline', async () => {
    const { press, keys } = page({ stripe: [declined, undefined] })
    expect(await press()).toEqual({ kind: 'declined', error: declined })
    expect((await press()).kind).toBe('added')
    expect(new Set(keys).size).toBe(1)
  })

  it('is another attempt for another amount or another person', async () => {
    const { press, keys } = page({ stripe: [declined] })
    await press(2000)
    await press(5000)
    await press(5000, 'ben')
    expect(new Set(keys).size).toBe(3)
  })

  it('goes on with the same payment when our response was lost before the card was charged', async () => {
    const { press, keys, steps } = page({ opens: [offline, opened()] })
    expect((await press()).kind).toBe('refused')
    expect(steps).toEqual(['open'])
    expect((await press()).kind).toBe('added')
    expect(new Set(keys).size).toBe(1)
  })

  it('charges nothing again when our response was lost after the card was charged', async () => {
    const { press, keys, steps } = page({ opens: [opened(), opened('succeeded', 2000)], confirms: [offline] })
    expect((await press()).kind).toBe('unconfirmed')
    expect(await press()).toEqual({ kind: 'added', balanceCents: 2000, paymentIntentId: 'pi_1' })
    expect(steps).toEqual(['open', 'card', 'confirm', 'open'])
    expect(new Set(keys).size).toBe(1)
  })

  it('asks our server when Stripe’s response was lost, and believes that alone', async () => {
    const lost: StripeJsError = { type: 'api_connection_error' }
    expect((await page({ stripe: [lost] }).press()).kind).toBe('added')
    expect(await page({ stripe: [lost], confirms: [pending] }).press()).toEqual({
      kind: 'declined',
      error: lost,
    })
  })

  it('has a payment credited that Stripe refuses to charge twice', async () => {
    const paidAlready: StripeJsError = {
      type: 'invalid_request_error',
      code: 'payment_intent_unexpected_state',
      payment_intent: { id: 'pi_1', status: 'succeeded' },
    }
    expect((await page({ stripe: [paidAlready] }).press()).kind).toBe('added')
  })

  it('keeps the attempt while the bank has not said its last word', async () => {
    const { press, keys } = page({ confirms: [pending] })
    expect(await press()).toEqual({ kind: 'pending' })
    await press()
    expect(new Set(keys).size).toBe(1)
  })

  it.each<Answer<OpenedTopUpView>>([
    opened('failed'),
    { ok: false, failure: { code: 'idempotency_mismatch' } },
    { ok: false, failure: { code: 'not_found' } },
  ])('begins a new attempt, once, where the old one has come to its end', async (over) => {
    const { press, keys } = page({ opens: [over, opened()] })
    expect((await press()).kind).toBe('added')
    expect(new Set(keys).size).toBe(2)
    const hopeless = page({ opens: [over] })
    await hopeless.press()
    expect(hopeless.keys).toHaveLength(2)
  })

  it('is another attempt where the card is to be saved, and asks for that', async () => {
    const { press, keys, ways } = page({ stripe: [declined] })
    await press()
    await press(2000, 'ana', true)
    expect(ways).toEqual(['form', 'save'])
    expect(new Set(keys).size).toBe(2)
  })

  it('starts a new payment where one was left long ago and has been credited since', async () => {
    const { press, keys, steps, clock } = page({
      opens: [opened(), opened('succeeded', 2000), opened()],
      confirms: [offline, succeeded],
    })
    await press()
    clock.now += 120_001
    expect((await press()).kind).toBe('added')
    expect(new Set(keys).size).toBe(2)
    expect(steps).toEqual(['open', 'card', 'confirm', 'open', 'open', 'card', 'confirm'])
  })

  it('overlooks a kept attempt that it cannot read', () => {
    const attempts = createAttempts({ getItem: () => '{"key":', setItem() {}, removeItem() {} })
    expect(attempts.keyFor('ana', 2000)).toMatch(/^[0-9a-f]{32}$/)
  })
})

describe('one press with a saved card', () => {
  const answer = (more: Partial<OpenedTopUpView>): Answer<OpenedTopUpView> => ({
    ok: true,
    value: { paymentIntentId: 'pi_1', clientSecret: 's', status: 'pending', balanceCents: 0, ...more },
  })

  it('is done in one request', async () => {
    const { pressSaved, steps, ways } = page({ opens: [opened('succeeded', 2000)] })
    expect(await pressSaved()).toEqual({ kind: 'added', balanceCents: 2000, paymentIntentId: 'pi_1' })
    expect(steps).toEqual(['open'])
    expect(ways).toEqual(['pm_1'])
  })

  it('lets the person complete the bank’s check', async () => {
    const { pressSaved, steps } = page({ opens: [answer({ needsPerson: true })] })
    expect((await pressSaved()).kind).toBe('added')
    expect(steps).toEqual(['open', 'bank', 'confirm'])
  })

  it('says what the bank said, and the next press is another try', async () => {
    const { pressSaved, keys } = page({ opens: [answer({ declined: 'insufficient_funds' })] })
    expect(await pressSaved()).toMatchObject({
      kind: 'declined',
      error: { decline_code: 'insufficient_funds' },
    })
    await pressSaved()
    expect(new Set(keys).size).toBe(2)
  })

  it('of another card is another attempt', async () => {
    const { pressSaved, keys } = page({ opens: [offline] })
    await pressSaved('pm_1')
    await pressSaved('pm_1')
    await pressSaved('pm_2')
    expect(new Set(keys).size).toBe(2)
  })

  it('says that the outcome is unknown when our response is lost: the card may have been charged', async () => {
    for (const code of ['offline', 'internal', 'payment_unavailable'] as const) {
      const paid = await page({ opens: [{ ok: false, failure: { code } }] }).pressSaved()
      if (paid.kind === 'added') throw new Error('nothing was added')
      expect(sayPaid(paid)).not.toMatch(/othing was (charged|taken)|not being charged/)
      expect(sayPaid(paid)).toContain('not be charged twice')
    }
  })

  it('goes on with the same payment when the bank’s response is lost', async () => {
    const lost: StripeJsError = { type: 'api_connection_error' }
    const { pressSaved } = page({ opens: [answer({ needsPerson: true })], stripe: [lost] })
    expect((await pressSaved()).kind).toBe('added')
  })

  it('is shown as pending while the bank has not said its last word', async () => {
    expect((await page({ opens: [answer({})] }).pressSaved()).kind).toBe('pending')
  })
})

describe('its words', () => {
  it('say of every decline that nothing was taken', () => {
    for (const code of [
      'card_declined',
      'insufficient_funds',
      'expired_card',
      'processing_error',
      'unheard_of',
    ]) {
      const said = sayPaid({ kind: 'declined', error: { type: 'card_error', code } })
      expect(said).toContain('othing was taken')
    }
  })

  it('never claim that nothing was taken when that is unknown', () => {
    const said = sayPaid({ kind: 'declined', error: { type: 'api_connection_error' } })
    expect(said).not.toContain('Nothing was taken')
    expect(said).toContain('not be charged twice')
  })

  it.each([
    [2000, 250, 'Mara', 'about 8 more minutes with Mara'],
    [1000, 600, 'Mara', 'about 1 more minute with Mara'],
    [1000, 60_000, 'Mara', 'less than one more minute with Mara'],
    [2000, 250, undefined, 'about 8 more minutes'],
  ])('say what %i cents buy at %i cents a minute', (amountCents, rateCents, readerName, words) => {
    expect(sayMinutes(amountCents, rateCents, readerName)).toBe(words)
  })

  it.each([
    [2000, '$20'],
    [1250, '$12.50'],
    [10_000, '$100'],
  ])('write %i cents as %s', (amountCents, words) => {
    expect(sayAmount(amountCents)).toBe(words)
  })
})
