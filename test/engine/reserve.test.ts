/** Tests what continues while the disk is below its reserve, and a start on a disk that is full. */
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { OperatorNote } from '../../domain/person.ts'
import { cents } from '../../shared/money.ts'
import { createWorld, identityOf, MINUTE } from '../support/world.ts'

const note: OperatorNote = { by: 'the owner', why: 'a test' }
const full = { code: 'storage_full' }

async function filling() {
  const disk = { isFilling: false }
  const world = await createWorld({ isFilling: () => disk.isFilling })
  const ana = await world.client('Ana', 5_000)
  const mara = await world.reader('Mara', 200)
  return {
    disk,
    world,
    ana,
    mara,
    request: () => world.engine.sessions.request(ana, { readerId: mara.id, kind: 'chat' }),
  }
}

it('a running session is charged, paused, taken up again and ended below the reserve', async () => {
  const { disk, world, ana, mara } = await filling()
  const talk = await world.talk(ana, mara)
  disk.isFilling = true
  await world.clock.advance(2 * MINUTE)
  expect(await world.earned(mara)).toBe(400)
  await talk.beat('client', 'interrupted')
  expect(await status(talk.id)).toBe('paused')
  await talk.beat('client', 'connected')
  expect(await status(talk.id)).toBe('live')
  expect(await world.engine.sessions.end(ana, talk.id)).toMatchObject({ endReason: 'client_ended' })

  async function status(id: string) {
    return (await world.engine.sessions.find(ana, id)).status
  }
})

it('a request is accepted and begins, declined, cancelled or missed below the reserve', async () => {
  const { disk, world, ana, mara, request } = await filling()
  const { sessions } = world.engine
  for (const [answer, reason] of [
    [(id: string) => sessions.decline(mara, id), 'declined'],
    [(id: string) => sessions.cancel(ana, id), 'cancelled'],
    [() => world.clock.advance(MINUTE), 'missed'],
    [
      (id: string) => sessions.accept(mara, id).then(() => world.clock.advance(2 * MINUTE)),
      'never_connected',
    ],
  ] as const) {
    disk.isFilling = false
    const { id } = await request()
    disk.isFilling = true
    await answer(id)
    expect(await sessions.find(ana, id)).toMatchObject({ status: 'ended', endReason: reason })
  }
})

it('money that has been paid is credited below the reserve, and moves a running session’s end', async () => {
  const { disk, world, ana, mara } = await filling()
  const { paymentIntentId } = await world.engine.wallet.addFunds({
    userId: ana.id,
    amountCents: cents(2_000),
  })
  await world.talk(ana, mara)
  disk.isFilling = true
  world.bank.pay(paymentIntentId)
  await world.engine.wallet.handleWebhook(Buffer.from(paymentIntentId), '')
  expect(await world.balance(ana)).toBe(7_000)
})

it('a log-out, a suspension and a gift of the operator’s are written below the reserve', async () => {
  const { disk, world, ana, mara } = await filling()
  disk.isFilling = true
  await world.engine.accounts.logout(identityOf(ana))
  expect(await world.engine.accounts.identify(ana.id, 'login-of-Ana')).toBeUndefined()
  await world.engine.admin.goodwill(ana.id, 100, note)
  await world.engine.admin.suspend(mara.id, note)
})

it('nothing else is written below the reserve', async () => {
  const { disk, world, ana, mara, request } = await filling()
  const { accounts, presence, limits, wallet, deletion } = world.engine
  const talk = await world.talk(ana, mara)
  const bo = await world.client('Bo', 0)
  disk.isFilling = true
  const password = { password: 'correct horse', newPassword: 'another horse' }
  const waiting: Record<string, () => Promise<unknown>> = {
    register: () => world.client('Cy', 0),
    login: () => accounts.login({ email: ana.email, password: 'correct horse' }, 'again'),
    changePassword: () => accounts.changePassword(identityOf(ana), password, 'new'),
    updateProfile: () => accounts.updateProfile(mara, { bio: 'x' }),
    setAvailable: () => presence.setAvailable(mara, false),
    setDaily: () => limits.setDaily(ana, 1_000),
    setForSession: () => limits.setForSession(ana, talk.id, 1_000),
    addFunds: () => wallet.addFunds({ userId: ana.id, amountCents: cents(2_000) }),
    remove: () => deletion.remove(identityOf(bo), { password: 'correct horse' }),
  }
  const held = world.disk.text('journal-000000000001.jsonl')
  for (const [what, act] of Object.entries(waiting)) await expect(act(), what).rejects.toMatchObject(full)
  expect(world.disk.text('journal-000000000001.jsonl')).toBe(held)
  await world.engine.sessions.end(ana, talk.id)
  await expect(request()).rejects.toMatchObject(full)
})

it('a login that is used goes on below the reserve, though its use is not written down', async () => {
  const { disk, world, ana } = await filling()
  disk.isFilling = true
  await world.clock.leap(2 * 60 * MINUTE)
  expect(await world.engine.accounts.identify(ana.id, 'login-of-Ana')).toBeDefined()
})

it('a reader who leaves while the lapse cannot be written is not available for ever', async () => {
  const { disk, world, mara } = await filling()
  disk.isFilling = true
  world.engine.presence.depart(mara.id)
  await world.clock.advance(5 * MINUTE)
  disk.isFilling = false
  await world.clock.advance(MINUTE)
  expect(await world.engine.presence.countAvailable()).toBe(0)
})

it('a server starts on a full disk, serves what it has, and bills nothing of the time it was down or full', async () => {
  const { world, ana, mara } = await filling()
  const talk = await world.talk(ana, mara)
  await world.clock.advance(MINUTE)
  const before = await world.balance(ana)
  await world.crash(10 * MINUTE, 0)
  expect(await world.balance(ana)).toBe(before)
  expect((await world.engine.sessions.find(ana, talk.id)).status).toBe('live')
  await expect(world.engine.sessions.end(ana, talk.id)).rejects.toMatchObject(full)
  await world.clock.advance(10 * MINUTE)
  world.disk.limit(undefined)
  await world.clock.advance(2_000)
  await setImmediate()
  expect((await world.engine.sessions.find(ana, talk.id)).status).toBe('paused')
  const ended = await world.engine.sessions.end(ana, talk.id)
  expect(ended.billedMs).toBeLessThanOrEqual(MINUTE)
  expect(await world.balance(ana)).toBe(before)
})
