/** Tests which events of money and accounts queue a mail, each once, in the commit of the event. */
import { describe, expect, it } from 'vitest'
import type { Mail } from '../../../domain/mail.ts'
import { MAILS } from '../../../domain/tables.ts'
import { createWorld, MINUTE, type World } from '../../support/world.ts'

const NOTE = { by: 'op', why: 'a reason' }

/** Returns the records as the journal has them, which is all that another process would find. */
const mailsIn = async (world: World): Promise<readonly Mail[]> => {
  await world.crash()
  return world.engine.mail.list()
}

const idsIn = async (world: World, template: string): Promise<string[]> =>
  (await mailsIn(world)).map(({ id }) => id).filter((id) => id.startsWith(template))

describe('a receipt', () => {
  it('is queued with the credit of a top-up, once, however often it is confirmed', async () => {
    const world = await createWorld()
    const ana = await world.client('Ana', 0)
    const { paymentIntentId } = await world.engine.wallet.addFunds({
      userId: ana.id,
      amountCents: 2000 as never,
    })
    expect(await idsIn(world, 'topup_receipt')).toEqual([])
    world.bank.pay(paymentIntentId)
    for (let n = 0; n < 3; n += 1) await world.engine.wallet.confirm({ userId: ana.id, paymentIntentId })
    await world.engine.wallet.settlePayment(paymentIntentId)
    await world.engine.wallet.poll()
    const [receipt, ...more] = (await mailsIn(world)).filter(({ template }) => template === 'topup_receipt')
    expect(receipt).toMatchObject({ userId: ana.id, status: 'queued', values: { balanceCents: 2000 } })
    expect(more).toEqual([])
  })

  it('comes by polling too, where the page and the webhook stayed away', async () => {
    const world = await createWorld()
    const ana = await world.client('Ana', 0)
    const { paymentIntentId } = await world.engine.wallet.addFunds({
      userId: ana.id,
      amountCents: 2000 as never,
    })
    world.bank.pay(paymentIntentId)
    await world.crash()
    await world.engine.wallet.poll()
    expect(await idsIn(world, 'topup_receipt')).toHaveLength(1)
  })

  it('is queued with the end of a session that charged something, for the client alone', async () => {
    const world = await createWorld()
    const ana = await world.client('Ana', 5000)
    const rosa = await world.reader('Rosa', 100)
    const talk = await world.talk(ana, rosa)
    await world.clock.advance(3 * MINUTE)
    expect(await idsIn(world, 'session_receipt')).toEqual([])
    await world.engine.sessions.end(ana, talk.id)
    const [receipt] = (await mailsIn(world)).filter(({ template }) => template === 'session_receipt')
    expect(receipt).toMatchObject({ id: `session_receipt.${talk.id}`, userId: ana.id })
    expect(receipt).not.toHaveProperty('values')
  })

  it('is queued for no session that cost nothing', async () => {
    const world = await createWorld()
    const ana = await world.client('Ana', 5000)
    const rosa = await world.reader('Rosa', 100)
    const { id } = await world.engine.sessions.request(ana, { readerId: rosa.id, kind: 'chat' })
    await world.engine.sessions.decline(rosa, id)
    expect(await idsIn(world, 'session_receipt')).toEqual([])
  })
})

describe('an account', () => {
  const confirm = async (world: World, userId: string): Promise<void> => {
    const store = world.storeForTests
    await store.commit((tx) => {
      const user = tx.user(userId)
      if (user) tx.putUser({ ...user, emailConfirmedAt: tx.now })
    })
  }

  it('that is frozen or suspended is told by mail, once its address is confirmed', async () => {
    const world = await createWorld()
    const ana = await world.client('Ana', 0)
    await world.engine.admin.freeze(ana.id, NOTE)
    expect(await idsIn(world, 'account_')).toEqual([])
    await confirm(world, ana.id)
    await world.engine.admin.freeze(ana.id, NOTE)
    await world.engine.admin.suspend(ana.id, NOTE)
    expect((await idsIn(world, 'account_')).map((id) => id.split('.')[0])).toEqual([
      'account_frozen',
      'account_closed',
    ])
  })

  it('that is deleted leaves no mail but a last one, and no address in it', async () => {
    const world = await createWorld()
    const ana = await world.client('Ana', 0)
    await confirm(world, ana.id)
    await world.engine.admin.freeze(ana.id, NOTE)
    await world.engine.admin.unfreeze(ana.id, NOTE)
    const user = (await world.user(ana)) ?? ana
    await world.engine.deletion.remove({ user, loginHash: 'login-of-Ana' }, { password: 'correct horse' })
    const mails = await world.storeForTests.read((view) => [...view.table(MAILS).all()])
    expect(mails).toMatchObject([{ id: `account_deleted.${ana.id}`, status: 'queued' }])
    expect(JSON.stringify(mails)).not.toContain('ana@example.com')
  })
})
