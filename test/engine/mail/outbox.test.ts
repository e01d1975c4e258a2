/** Tests how mails are queued and sent: the rows of the table in docs/MAIL.md, on a clock that tests move. */
import { describe, expect, it } from 'vitest'
import type { Client } from '../../../domain/client.ts'
import { end, request } from '../../../domain/session.ts'
import { erased, erasedEmail } from '../../../domain/user.ts'
import { beginAttempt, planOf, removeMailsOf } from '../../../engine/mail/progress.ts'
import { queueFarewell, queueMail } from '../../../engine/mail/queue.ts'
import {
  mailToken,
  readMailToken,
  switchToken,
  useMailToken,
  useSwitchToken,
  voidMailTokens,
} from '../../../engine/mail/tokens.ts'
import { NO_CENTS } from '../../../shared/money.ts'
import { HOUR_MS, MINUTE_MS } from '../../../shared/time.ts'
import { testDataKey } from '../../support/data-key.ts'
import { tokenIn } from '../../support/mail.ts'
import { rosa } from '../../support/store/store-parts.ts'
import { silentLog } from '../../support/world.ts'
import { CONFIRMED, createMailWorld, type MailWorld, settle } from './mail-world.ts'

const NOTICE = { template: 'new_device', event: 'e1', values: { device: 'Firefox on Windows' } } as const
const RESET = { template: 'reset_password', event: 'r1', values: {} } as const
const ID = 'new_device.e1'

/** A session that is still ringing. */
const RUNG = request({
  id: 'rung',
  clientId: CONFIRMED.id,
  clientName: CONFIRMED.name,
  readerId: rosa.id,
  readerName: rosa.name,
  kind: 'video',
  rateCents: rosa.rateCents,
  requestedAt: 1,
})

const userIn = (world: MailWorld): Promise<Client> =>
  world.store.read((view) => view.user(CONFIRMED.id) as Client)

const hoursPass = async (world: MailWorld, hours: number) => {
  for (let quarter = 0; quarter < hours * 4; quarter += 1) {
    await world.clock.advance(15 * MINUTE_MS)
    await settle()
  }
}

describe('a queued mail', () => {
  it('is sent at once, and then says neither whom it went to nor what about', async () => {
    const world = await createMailWorld()
    await world.queue({ ...NOTICE, to: 'old@example.com' })
    expect(world.handed).toMatchObject([{ id: ID, to: 'old@example.com' }])
    const { finalAt, createdAt, ...mail } = (await world.mail(ID)) ?? {}
    expect(mail).toEqual({ id: ID, userId: CONFIRMED.id, template: 'new_device', status: 'sent' })
  })

  it('is queued once an event, however often that happens', async () => {
    const world = await createMailWorld()
    for (let n = 0; n < 3; n += 1) await world.queue(NOTICE)
    await world.crash()
    await world.queue(NOTICE)
    expect(world.handed).toHaveLength(1)
  })

  it('is gone thirty days after it was sent', async () => {
    const world = await createMailWorld()
    await world.queue(NOTICE)
    await hoursPass(world, 30 * 24 - 1)
    expect(await world.mails()).toHaveLength(1)
    await hoursPass(world, 2)
    expect(await world.mails()).toEqual([])
  })

  it('goes to the address that the user has when it is sent, and a link to the one it is for', async () => {
    const world = await createMailWorld()
    world.reply(() => ({ kind: 'deferred', words: '421 busy', isOurs: true }))
    await world.queue(RESET)
    await world.queue(NOTICE)
    await world.act((tx) => tx.putUser({ ...CONFIRMED, email: 'new@example.com' }))
    world.reply(() => ({ kind: 'sent' }))
    await world.clock.advance(HOUR_MS / 2)
    await settle()
    const sent = world.handed.slice(-2).map(({ id, to }) => [id, to])
    expect(sent.sort()).toEqual([
      [ID, 'new@example.com'],
      ['reset_password.r1', CONFIRMED.email],
    ])
  })

  it('sends what a user waits for before what has time', async () => {
    const world = await createMailWorld()
    world.reply(() => ({ kind: 'deferred', words: '421 busy', isOurs: true }))
    for (let n = 0; n < 8; n += 1) await world.queue({ ...NOTICE, event: `e${n}` })
    const before = world.handed.length
    await world.queue(RESET)
    world.reply(() => ({ kind: 'sent' }))
    await world.clock.advance(10 * MINUTE_MS)
    await settle()
    expect(world.handed[before]?.id).toBe('reset_password.r1')
  })
})

describe('who is sent what', () => {
  const ids = async (world: MailWorld) => (await world.mails()).map(({ id }) => id)

  it('keeps an unconfirmed account to confirming, resetting and receipts', async () => {
    const { emailConfirmedAt: _, ...unconfirmed } = CONFIRMED
    const world = await createMailWorld({ user: unconfirmed })
    await world.queue(NOTICE)
    await world.queue({ template: 'account_closed', event: 'c1', values: {} })
    await world.queue(RESET)
    await world.queue({ template: 'confirm_email', event: 'c1', values: {} })
    await world.queue({ template: 'session_receipt', event: 's1', values: {} })
    expect((await ids(world)).sort()).toEqual(['confirm_email.c1', 'reset_password.r1', 'session_receipt.s1'])
  })

  it('leaves out receipts of sessions once they are switched off, by a link without a log-in too', async () => {
    const world = await createMailWorld()
    const token = switchToken(testDataKey, CONFIRMED.id, 'session_receipt')
    await world.act((tx) => useSwitchToken(tx, testDataKey, token))
    await world.queue({ template: 'session_receipt', event: 's1', values: {} })
    expect(await ids(world)).toEqual([])
    const forged = `${token.slice(0, -2)}xx`
    await expect(world.act((tx) => useSwitchToken(tx, testDataKey, forged))).rejects.toMatchObject({
      code: 'bad_token',
    })
  })

  it('leaves out everything but what is about the closing, and money, once an account is closed', async () => {
    const world = await createMailWorld({
      user: { ...CONFIRMED, closedAt: 1, closedBy: { by: 'op', why: 'x' } },
    })
    for (const template of ['new_device', 'reset_password', 'account_closed'] as const)
      await world.queue({ template, event: 'x', values: {} })
    expect(await ids(world)).toEqual(['account_closed.x'])
  })
})

describe('[M4] an address that is refused for good', () => {
  it('is marked, gets no more notices, and is good again once a mail that was asked for arrives', async () => {
    const world = await createMailWorld()
    world.reply(({ to }) => ({ kind: 'refused', words: `550 5.1.1 <${to}> unknown`, isAddress: true }))
    await world.queue(NOTICE)
    expect(await world.mail(ID)).toMatchObject({ status: 'failed', words: '550 5.1.1 <the address> unknown' })
    expect((await userIn(world)).emailRefusedAt).toBeDefined()
    await world.queue({ ...NOTICE, event: 'e2' })
    expect(world.handed).toHaveLength(1)
    world.reply(() => ({ kind: 'sent' }))
    await world.queue(RESET)
    expect((await userIn(world)).emailRefusedAt).toBeUndefined()
  })

  it('is not marked where another address of the user was refused', async () => {
    const world = await createMailWorld()
    world.reply(() => ({ kind: 'refused', words: '550 no', isAddress: true }))
    await world.queue({ ...NOTICE, to: 'old@example.com' })
    expect((await userIn(world)).emailRefusedAt).toBeUndefined()
  })
})

describe('a mail that is not taken now', () => {
  it('[M5, M8] is tried again less and less often for a day, and then shown to the operator', async () => {
    const world = await createMailWorld()
    world.reply(() => ({ kind: 'deferred', words: '450 4.2.1 later', isOurs: false }))
    await world.queue(NOTICE)
    await hoursPass(world, 26)
    expect(await world.mail(ID)).toMatchObject({ status: 'failed', words: '450 4.2.1 later' })
    expect(world.handed.length).toBeGreaterThan(20)
    expect(world.handed.length).toBeLessThan(40)
    expect(await world.operations.counts()).toMatchObject({ queued: 0, failed: 1, unsure: 0 })
    world.reply(() => ({ kind: 'sent' }))
    expect(await world.operations.sendAgain(ID)).toBe(1)
    await settle()
    expect(await world.mail(ID)).toMatchObject({ status: 'sent' })
    expect(new Set(world.handed.map(({ id }) => id))).toEqual(new Set([ID]))
  })

  it('[M1, M2, M3, M9] keeps the outbox at rest, instead of trying the server with every mail', async () => {
    const world = await createMailWorld()
    world.reply(() => ({ kind: 'deferred', words: '535 wrong login', isOurs: true }))
    for (let n = 0; n < 50; n += 1) await world.queue({ ...NOTICE, event: `e${n}` })
    await hoursPass(world, 2)
    expect(world.handed.length).toBeLessThan(120)
    world.reply(() => ({ kind: 'sent' }))
    await hoursPass(world, 2)
    expect((await world.mails()).every(({ status }) => status === 'sent')).toBe(true)
  })

  it('[M1, M9] tries a single mail again though nothing else happens', async () => {
    const world = await createMailWorld()
    world.reply(() => ({ kind: 'deferred', words: 'connect ECONNREFUSED', isOurs: true }))
    await world.queue(NOTICE)
    world.reply(() => ({ kind: 'sent' }))
    await hoursPass(world, 1)
    expect(await world.mail(ID)).toMatchObject({ status: 'sent' })
  })

  it('[M1] gives all of them up after a day without the server', async () => {
    const world = await createMailWorld()
    world.reply(() => ({ kind: 'deferred', words: 'connect ECONNREFUSED', isOurs: true }))
    for (let n = 0; n < 50; n += 1) await world.queue({ ...NOTICE, event: `e${n}` })
    await hoursPass(world, 25)
    expect(await world.operations.counts()).toMatchObject({ queued: 0, failed: 50 })
    world.reply(() => ({ kind: 'sent' }))
    expect(await world.operations.sendAgain('all')).toBe(50)
    await hoursPass(world, 1)
    expect(await world.operations.counts()).toMatchObject({ queued: 0, failed: 0 })
  })

  it('[M13] fails with its reason after a day where no mail server is set', async () => {
    const world = await createMailWorld({ hasServer: false })
    await world.queue(NOTICE)
    await hoursPass(world, 25)
    expect(await world.mail(ID)).toMatchObject({ status: 'failed', words: expect.stringMatching(/SMTP_URL/) })
  })

  it('[M12] is not sent once its link has expired, nor again', async () => {
    const world = await createMailWorld()
    world.reply(() => ({ kind: 'deferred', words: '450 later', isOurs: false }))
    await world.queue(RESET)
    await hoursPass(world, 2)
    expect(await world.mail('reset_password.r1')).toMatchObject({
      status: 'failed',
      words: 'its link expired before it could be sent',
    })
    await expect(world.operations.sendAgain('reset_password.r1')).rejects.toMatchObject({
      code: 'wrong_state',
    })
  })

  const TOP_UP = { balanceCents: 500 }
  const AUTOMATIC = { ...TOP_UP, thresholdCents: 400, dailyCapCents: 2_000 }

  it.each([
    { template: 'session_receipt', event: 'gone', values: {} },
    { template: 'topup_receipt', event: 'gone', values: TOP_UP },
    { template: 'auto_topup', event: 'gone', values: AUTOMATIC },
  ] as const)(
    '[M14] fails with a reason where what a $template is about is gone, and is logged',
    async (wish) => {
      const errors: object[] = []
      const log = { ...silentLog, error: (fields: object) => void errors.push(fields) }
      const world = await createMailWorld({ log })
      const id = `${wish.template}.gone`
      await world.queue(wish)
      expect(await world.mail(id)).toMatchObject({
        status: 'failed',
        words: 'it could not be written; see the log',
      })
      expect(world.handed).toEqual([])
      expect(errors).toMatchObject([{ mailId: id, err: { message: expect.stringContaining('there is no') } }])
      expect((await userIn(world)).emailRefusedAt).toBeUndefined()
      // The next one is not held up, and neither is another attempt once it is there again.
      await world.queue(NOTICE)
      expect(world.handed).toHaveLength(1)
      expect(await world.operations.sendAgain(id)).toBe(1)
      await settle()
      expect(await world.mail(id)).toMatchObject({ status: 'failed' })
    },
  )

  it('[M14] fails where a session never began, which owes no receipt', async () => {
    const world = await createMailWorld()
    await world.store.commit((tx) => tx.putSession(RUNG))
    await world.store.commit((tx) => tx.putSession(end(RUNG, 'missed', tx.now)))
    await world.queue({ template: 'session_receipt', event: RUNG.id, values: {} })
    expect(await world.mail(`session_receipt.${RUNG.id}`)).toMatchObject({ status: 'failed' })
  })
})

describe('a reply that is lost', () => {
  it('[M10] costs one duplicate at most, and after a second one the operator is asked', async () => {
    const world = await createMailWorld()
    world.reply(() => ({ kind: 'unknown', words: 'Connection closed unexpectedly' }))
    await world.queue(NOTICE)
    expect(await world.mail(ID)).toMatchObject({ status: 'queued', lostReplies: 1 })
    await hoursPass(world, 30)
    expect(await world.mail(ID)).toMatchObject({ status: 'unsure', lostReplies: 2 })
    expect(world.handed.map(({ id }) => id)).toEqual([ID, ID])
    await world.operations.noteArrived(ID)
    expect(await world.mail(ID)).toMatchObject({ status: 'sent' })
    await expect(world.operations.sendAgain(ID)).rejects.toMatchObject({ code: 'wrong_state' })
  })

  it('[M10] counts so where sending fails unexpectedly', async () => {
    const world = await createMailWorld()
    world.reply(() => Promise.reject(new Error('no such folder')))
    await world.queue(NOTICE)
    await hoursPass(world, 1)
    expect(world.handed).toHaveLength(2)
    expect(await world.mail(ID)).toMatchObject({ status: 'unsure' })
  })

  it('[M11] is not planned again while its attempt is under way', async () => {
    const world = await createMailWorld({ hasServer: false })
    await world.queue(NOTICE)
    await world.act((tx) => void beginAttempt(tx, ID, undefined), 'mail')
    expect(await world.store.read(planOf)).toEqual({
      due: [],
      nextAt: undefined,
    })
  })

  it('[M11] counts so where the process ended between sending and its mark', async () => {
    const world = await createMailWorld()
    world.reply(() => new Promise(() => {}))
    await world.queue(NOTICE)
    await world.crash()
    expect(await world.mail(ID)).toMatchObject({ status: 'queued', lostReplies: 1 })
    await hoursPass(world, 1)
    expect(world.handed).toHaveLength(2)
    await world.crash()
    await hoursPass(world, 30)
    expect(await world.mail(ID)).toMatchObject({ status: 'unsure' })
    expect(world.handed).toHaveLength(2)
  })

  it('[M11] is none where the process ended before sending', async () => {
    const world = await createMailWorld({ hasServer: false })
    await world.queue(NOTICE)
    await world.crash()
    expect((await world.mail(ID))?.lostReplies).toBeUndefined()
  })

  it('waits at an orderly end for the mails that are being sent', async () => {
    const world = await createMailWorld()
    const replies: ((outcome: { kind: 'sent' }) => void)[] = []
    world.reply(() => new Promise((resolve) => void replies.push(resolve)))
    await world.queue(NOTICE)
    const stopped = world.outbox.stop()
    await settle()
    replies[0]?.({ kind: 'sent' })
    await stopped
    expect(await world.mail(ID)).toMatchObject({ status: 'sent' })
  })
})

describe('the token of a link', () => {
  it('works once, until it expires, for its own template, and stands in no file', async () => {
    const world = await createMailWorld()
    await world.queue(RESET)
    const token = tokenIn(world.handed[0] ?? { text: '' })
    expect(token).toBe(mailToken(testDataKey, 'reset_password.r1'))
    for (const name of world.disk.names()) expect(world.disk.text(name)).not.toContain(token.split('.')[1])
    const mailId = readMailToken(testDataKey, token)
    const use = (template: 'confirm_email' | 'reset_password') =>
      world.act((tx) => useMailToken(tx, mailId, template))
    await expect(use('confirm_email')).rejects.toMatchObject({ code: 'bad_token' })
    expect(await use('reset_password')).toMatchObject({ to: CONFIRMED.email })
    await expect(use('reset_password')).rejects.toMatchObject({ code: 'bad_token' })
    expect(await world.mail('reset_password.r1')).not.toHaveProperty('to')
  })

  it('is void after an hour, or with all the others of its user', async () => {
    const world = await createMailWorld()
    await world.queue(RESET)
    await world.queue({ ...RESET, event: 'r2' })
    await world.act((tx) => voidMailTokens(tx, CONFIRMED.id))
    await world.queue({ ...RESET, event: 'r3' })
    await world.clock.advance(HOUR_MS)
    for (const event of ['r1', 'r2', 'r3']) {
      const using = world.act((tx) => useMailToken(tx, `reset_password.${event}`, 'reset_password'))
      await expect(using).rejects.toMatchObject({ code: 'bad_token' })
    }
  })

  it.each(['', '.', 'x', 'x.y.z', 'cmVzZXRfcGFzc3dvcmQucjE.x'])('is not %j', (token) => {
    expect(readMailToken(testDataKey, token)).toBeUndefined()
  })
})

describe('[M15] a deleted account', () => {
  const remove = (world: MailWorld) =>
    world.act((tx) => {
      tx.putUser(erased(CONFIRMED, erasedEmail(CONFIRMED.id), tx.now, NO_CENTS))
      removeMailsOf(tx, CONFIRMED.id)
      queueFarewell(tx, CONFIRMED)
    })

  it('takes its mails with it, and gets a last one to an address that no record has', async () => {
    const world = await createMailWorld()
    world.reply(() => ({ kind: 'deferred', words: '450 later', isOurs: false }))
    await world.queue(NOTICE)
    world.reply(() => ({ kind: 'sent' }))
    await remove(world)
    await settle()
    expect(world.handed.at(-1)).toMatchObject({ to: CONFIRMED.email, id: `account_deleted.${CONFIRMED.id}` })
    expect(await world.mails()).toMatchObject([{ template: 'account_deleted', status: 'sent' }])
    await world.act((tx) => queueMail(tx, { ...RESET, userId: CONFIRMED.id }))
    expect(await world.mails()).toHaveLength(1)
  })

  it('is shown to the operator where the process ended before its last mail', async () => {
    const world = await createMailWorld()
    world.reply(() => ({ kind: 'deferred', words: '421 busy', isOurs: true }))
    await remove(world)
    await settle()
    await world.crash()
    await hoursPass(world, 1)
    expect(await world.mails()).toMatchObject([
      { status: 'failed', words: expect.stringMatching(/deleted with the account/) },
    ])
  })
})
