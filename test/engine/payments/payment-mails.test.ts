/** Tests which mails payments queue, each once whatever order the news comes in, and what they say. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Standin, startStripeStandin } from '../../../dev/stripe/server.ts'
import type { MailTemplate } from '../../../domain/mail.ts'
import { createWriting } from '../../../engine/mail/writing.ts'
import type { Payments } from '../../../engine/ports.ts'
import { autoTopUpConsent } from '../../../shared/consent.ts'
import { cents } from '../../../shared/money.ts'
import { authenticateAsPage, CARD, call, payAsPage } from '../../dev/stripe/support.ts'
import { testDataKey } from '../../support/data-key.ts'
import { unsentMail } from '../../support/mail.ts'
import type { MemoryDisk } from '../../support/store/memory-disk.ts'
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
let world: WalletWorld

beforeEach(async () => {
  standin = await startStripeStandin()
  stripe = paymentsAt(standin.url)
  world = await openWalletWorld({ payments: stripe })
  await register(world, 'ana')
})
afterEach(() => standin.stop())

const ana = () => world.client('ana')

async function confirmAddress(): Promise<void> {
  await world.store.commit((tx) => {
    const user = tx.user('ana')
    if (user) tx.putUser({ ...user, emailConfirmedAt: tx.now })
  })
}

/** Returns the mails of a template that wait, as the folder says after a crash. */
async function mails(template: MailTemplate) {
  await restart()
  return (await world.admin.mail.list()).filter((mail) => mail.template === template)
}

async function restart(disk: MemoryDisk = crash(world)): Promise<void> {
  world = await openWalletWorld({ payments: stripe, disk, now: world.clock.now })
}

/** Returns the text of the one mail of a template. */
async function textOf(template: MailTemplate): Promise<string> {
  const [mail, ...more] = await mails(template)
  if (!mail || more.length > 0) throw new Error(`${more.length + (mail ? 1 : 0)} mails of ${template}`)
  const settings = { ...unsentMail.mail, origin: () => 'https://soulseer.app' }
  const store = { ...world.store, pastSession: async () => undefined }
  const { noteCards } = world.wallet
  const write = createWriting({ store, dataKey: testDataKey, settings, intervalMs: 60_000, noteCards })
  return (await write({ mail, user: await ana(), to: 'ana@example.com' })).text
}

/** Pays with a card, as the page does. */
async function pay(amountCents: number, more: { number?: string; saveCard?: boolean } = {}): Promise<string> {
  const { number = CARD.good, saveCard = false } = more
  const wish = { userId: 'ana', amountCents: cents(amountCents), saveCard }
  const { paymentIntentId, clientSecret } = await world.wallet.addFunds(wish)
  const { body } = await payAsPage(standin, clientSecret, number)
  if (body.status === 'requires_action') await authenticateAsPage(standin, clientSecret, 'succeeded')
  await world.wallet.confirm({ userId: 'ana', paymentIntentId })
  return paymentIntentId
}

describe('[T8] an automatic top-up', () => {
  const wish = { amountCents: cents(1_000), thresholdCents: cents(400), dailyCapCents: cents(2_000) }

  /** Saves a card, switches automatic top-ups on, and spends down to nothing. */
  async function prepare(number: string = CARD.good): Promise<void> {
    await pay(500, { number, saveCard: true })
    await world.wallet.automatic.switchOn('ana', wish)
    await spend(world, 'ana', 500)
  }

  it('has a receipt of its own, once, which says how to stop the next', async () => {
    await prepare()
    await world.wallet.automatic.consider('ana')
    const { paymentIntentId = '', id } = (await ana()).topUps[1] ?? {}
    await notify(world, paymentIntentId, 'payment_intent.succeeded')
    await restart()
    await notify(world, paymentIntentId, 'payment_intent.succeeded')
    await world.wallet.poll()
    expect(await mails('auto_topup')).toMatchObject([
      {
        id: `auto_topup.${id}`,
        address: 'ana@example.com',
        values: { balanceCents: 1_000, thresholdCents: 400, dailyCapCents: 2_000 },
      },
    ])
    expect(await mails('topup_receipt')).toHaveLength(1) // of the payment by hand
    const text = await textOf('auto_topup')
    for (const words of ['$10.00', 'visa, ends in 4242', '$4.00', '$20.00 a day', 'press “Turn off”'])
      expect(text).toContain(words)
    expect(text).toContain('https://soulseer.app/account')
    expect(text).toContain(`https://soulseer.app/payments/${id}`)
  })

  it('sends none while the bank asks or refuses, and one once it has paid', async () => {
    await prepare(CARD.checked)
    await world.wallet.automatic.consider('ana')
    expect(await mails('auto_topup')).toEqual([])
    const { action } = await world.wallet.payments('ana')
    const { clientSecret = '', paymentIntentId = '', cardId = '' } = action ?? {}
    const how = { key: 'pk_test_standin', client_secret: clientSecret, payment_method: cardId }
    await call(standin, 'POST', `/payment_intents/${paymentIntentId}/confirm`, how, {})
    await authenticateAsPage(standin, clientSecret, 'succeeded')
    await notify(world, paymentIntentId, 'payment_intent.succeeded')
    expect(await mails('auto_topup')).toHaveLength(1)
  })

  it('is announced when it is switched on, with the words, the card and the amounts, to a confirmed address', async () => {
    await prepare()
    expect(await mails('auto_topup_on')).toEqual([])
    await confirmAddress()
    await world.wallet.automatic.switchOn('ana', wish)
    const text = await textOf('auto_topup_on')
    for (const words of [autoTopUpConsent(wish), 'ends in 4242', '$10.00', '$4.00', '$20.00'])
      expect(text).toContain(words)
  })
})

describe('[T9] a payment that a restored copy had forgotten', () => {
  it('has its receipt once it is credited, and not a second one', async () => {
    await pay(2_000)
    const copy = crash(world)
    const forgotten = await pay(3_000)
    await restart(copy)
    expect(await mails('topup_receipt')).toHaveLength(1)
    await world.wallet.startPolling()
    world.wallet.stop()
    await notify(world, forgotten, 'payment_intent.succeeded')
    const [, receipt, ...more] = await mails('topup_receipt')
    expect(more).toEqual([])
    expect(receipt).toMatchObject({ values: { balanceCents: 5_000 } })
    expect(receipt?.id).toBe(`topup_receipt.${(await ana()).topUps[1]?.id}`)
  })

  it('has none where it is left to the operator, until that one assigns it', async () => {
    const copy = crash(world)
    const forgotten = await pay(3_000)
    await call(standin, 'POST', '/refunds', { payment_intent: forgotten, amount: '1000' })
    await restart(copy)
    await notify(world, forgotten, 'payment_intent.succeeded')
    expect(await mails('topup_receipt')).toEqual([])
    await world.admin.assign(forgotten, 'ana', { by: 'Olu', why: 'it is hers' })
    expect(await mails('topup_receipt')).toHaveLength(1)
  })
})

describe('[R2] a dispute', () => {
  let paymentIntentId: string
  beforeEach(async () => {
    paymentIntentId = await pay(2_000)
    await confirmAddress()
  })
  const webhook = (type: string) => notify(world, paymentIntentId, type)

  it('is told once, with what the bank holds, however often it is reported', async () => {
    const { id } = standin.reversals.dispute(paymentIntentId)
    await webhook('charge.dispute.created')
    await webhook('charge.dispute.funds_withdrawn')
    await restart()
    await webhook('charge.dispute.updated')
    const text = await textOf('account_frozen')
    expect(text).toContain('Your bank disputes one of your payments')
    expect(text).toContain('it is taken from your balance')
    standin.reversals.closeDispute(id, 'won')
    await webhook('charge.dispute.closed')
    expect(await mails('account_frozen')).toHaveLength(1)
  })

  it('of another payment is told of its own', async () => {
    standin.reversals.dispute(paymentIntentId)
    await webhook('charge.dispute.created')
    const other = await pay(500)
    standin.reversals.dispute(other)
    await notify(world, other, 'charge.dispute.created')
    expect(await mails('account_frozen')).toHaveLength(2)
  })

  it('that is only an inquiry, and a refund, send nothing', async () => {
    standin.reversals.dispute(paymentIntentId, { inquiry: true })
    await webhook('charge.dispute.created')
    await call(standin, 'POST', '/refunds', { payment_intent: paymentIntentId, amount: '500' })
    await webhook('charge.refunded')
    expect(await mails('account_frozen')).toEqual([])
  })

  it('and a hold by the operator are told in different words', async () => {
    await world.admin.freeze('ana', { by: 'Olu', why: 'a question' })
    const text = await textOf('account_frozen')
    expect(text).toContain('We have put your account on hold')
    expect(text).not.toContain('bank')
    expect(text).not.toContain('a question')
  })
})
