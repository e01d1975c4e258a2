/** Tests confirming the address of an account, changing it, and taking a change back. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../../domain/client.ts'
import type { Passkey } from '../../../domain/passkey.ts'
import type { User } from '../../../domain/user.ts'
import { createWorld, identityOf, MINUTE, type World } from '../../support/world.ts'

const PASSWORD = 'correct horse'
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const OLD = 'ana@example.com'
const NEW = 'ana.reyes@example.com'
let world: World
let ana: Client

beforeEach(async () => {
  world = await createWorld()
  ana = await world.client('Ana', 0)
})

const addresses = () => world.engine.addresses
const badToken = { code: 'bad_token' }
const now = async () => (await world.user(ana)) as User

const change = (email = NEW, password = PASSWORD) => addresses().change(identityOf(ana), { email, password })
const confirm = async () => addresses().confirm(await world.linkIn(ana, 'confirm_email'))
const undoLink = () => world.linkIn(ana, 'email_changing')

const logIn = (email: string, password = PASSWORD) =>
  world.engine.accounts.login({ email, password }, `login of ${email}`)

/** Brings Ana's new address in force, from a confirmed one. */
async function changeForGood(): Promise<void> {
  await confirm()
  await world.clock.advance(MINUTE)
  await change()
  await world.clock.advance(MINUTE)
  await confirm()
}

async function addPasskey(name: string): Promise<void> {
  await world.store.commit((tx) => {
    const user = tx.user(ana.id)
    if (!user) throw new Error('no Ana')
    const passkey: Passkey = { id: name, name, publicKey: '', counter: 0, transports: [], createdAt: tx.now }
    tx.putUser({ ...user, passkeys: [...(user.passkeys ?? []), passkey] })
  })
}

describe('an address', () => {
  it('is mailed a link at registering, which confirms it once, within an hour', async () => {
    const token = await world.linkIn(ana, 'confirm_email')
    expect(await addresses().confirm(token)).toMatchObject({ emailConfirmedAt: world.clock.now() })
    await expect(addresses().confirm(token)).rejects.toMatchObject(badToken)
  })

  it('can be mailed another link, three times an hour, and none once it is confirmed', async () => {
    for (let each = 0; each < 3; each += 1) await addresses().sendConfirmation(identityOf(ana))
    await world.clock.advance(MINUTE)
    await expect(addresses().sendConfirmation(identityOf(ana))).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 59 * 60,
    })
    await confirm()
    await world.clock.advance(HOUR)
    await addresses().sendConfirmation(identityOf(ana))
    expect(await world.mails(ana, 'confirm_email')).toHaveLength(4)
  })

  it('cannot be confirmed by a link that is an hour old', async () => {
    await world.clock.advance(HOUR)
    await expect(confirm()).rejects.toMatchObject(badToken)
  })

  it('keeps the instant at which it was first confirmed', async () => {
    await addresses().sendConfirmation(identityOf(ana))
    const [first, second] = await world.mails(ana, 'confirm_email')
    expect(first?.id).not.toBe(second?.id)
    const { emailConfirmedAt } = await confirm()
    await world.clock.advance(MINUTE)
    await addresses()
      .confirm(await world.linkIn(ana, 'confirm_email'))
      .catch(() => undefined)
    expect(await now()).toMatchObject({ emailConfirmedAt })
  })
})

describe('a new address', () => {
  it('is in force once it confirms, and not before', async () => {
    await confirm()
    await change()
    expect(await now()).toMatchObject({ email: OLD, pendingEmail: { email: NEW } })
    await expect(logIn(NEW)).rejects.toMatchObject({ code: 'bad_credentials' })
    await confirm()
    expect(await now()).toMatchObject({ email: NEW, emailConfirmedAt: world.clock.now() })
    expect(await now()).not.toHaveProperty('pendingEmail')
    await logIn(NEW)
    await expect(logIn(OLD)).rejects.toMatchObject({ code: 'bad_credentials' })
  })

  it('is announced to the one in force, when it is asked for and when it is in force', async () => {
    await changeForGood()
    expect(await world.mails(ana, 'email_changing')).toMatchObject([{ to: OLD, values: { newEmail: NEW } }])
    expect(await world.mails(ana, 'email_changed')).toMatchObject([{ to: OLD, values: { newEmail: NEW } }])
    expect((await world.mails(ana, 'confirm_email')).map(({ to }) => to).at(-1)).toBe(NEW)
  })

  it('is not announced to one that was never confirmed: a stranger may read it', async () => {
    await change()
    await confirm()
    expect(await now()).toMatchObject({ email: NEW })
    expect(await world.mails(ana, 'email_changing')).toEqual([])
    expect(await world.mails(ana, 'email_changed')).toEqual([])
  })

  it('takes the password, and must be another one', async () => {
    await expect(change(NEW, 'wrong')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(addresses().change(identityOf(ana), { email: NEW })).rejects.toMatchObject({
      code: 'proof_needed',
    })
    await expect(change(OLD)).rejects.toMatchObject({ code: 'invalid_input', errors: [{ path: 'email' }] })
  })

  it('says nothing of whether it has an account, until its owner follows the link', async () => {
    await world.client('Bo', 0)
    expect(await change('bo@example.com')).toMatchObject({ pendingEmail: { email: 'bo@example.com' } })
    await expect(confirm()).rejects.toMatchObject({
      code: 'bad_token',
      message: expect.stringContaining('another account'),
    })
    expect(await now()).toMatchObject({ email: OLD })
  })

  it('takes the place of one that was asked for before', async () => {
    await change('first@example.com')
    const first = await world.linkIn(ana, 'confirm_email')
    await world.clock.advance(1)
    await change()
    await expect(addresses().confirm(first)).rejects.toMatchObject(badToken)
    await confirm()
    expect(await now()).toMatchObject({ email: NEW })
  })

  it('is given up by its owner, or after a day', async () => {
    await change()
    expect(await addresses().cancelChange(identityOf(ana))).not.toHaveProperty('pendingEmail')
    await expect(confirm()).rejects.toMatchObject(badToken)
    await change()
    await world.clock.leap(DAY)
    await addresses().sendConfirmation(identityOf(ana))
    expect((await world.mails(ana, 'confirm_email')).at(-1)).toMatchObject({ to: OLD })
  })

  it('cannot be used to fill the mailbox of another person', async () => {
    const people = [ana, ...(await Promise.all(['Bo', 'Cy', 'Di'].map((name) => world.client(name, 0))))]
    for (const person of people) {
      for (let each = 0; each < 3; each += 1) {
        const wish = { email: 'eve@example.com', password: PASSWORD }
        await addresses().change(identityOf(person), wish)
      }
    }
    const mails = (await Promise.all(people.map((person) => world.mails(person)))).flat()
    expect(mails.filter(({ to }) => to === 'eve@example.com')).toHaveLength(4)
  })

  it('makes links to reset the password void that were mailed to the former one', async () => {
    await confirm()
    world.engine.passwordReset.ask(OLD)
    await world.clock.advance(1_000)
    const token = await world.linkIn(ana, 'reset_password')
    await change()
    await world.clock.advance(1)
    await confirm()
    await expect(
      world.engine.passwordReset.reset({ token, password: 'battery staple' }),
    ).rejects.toMatchObject(badToken)
  })
})

describe('[A-14] a change that is taken back', () => {
  const undo = (token: string, password?: string) =>
    addresses().undo({ token, ...(password === undefined ? {} : { password }) })

  it('gives the account back to the former address, with a new password, and ends every login', async () => {
    await changeForGood()
    const token = await undoLink()
    expect(await undo(token, 'battery staple')).toMatchObject({ email: OLD, logins: [] })
    await logIn(OLD, 'battery staple')
    await expect(logIn(OLD)).rejects.toMatchObject({ code: 'bad_credentials' })
    await expect(logIn(NEW, 'battery staple')).rejects.toMatchObject({ code: 'bad_credentials' })
    await expect(undo(token, 'battery staple')).rejects.toMatchObject(badToken)
  })

  it('is told to both addresses, whichever mailbox is in the wrong hands', async () => {
    await changeForGood()
    await world.clock.advance(1)
    await undo(await undoLink(), 'battery staple')
    expect((await world.mails(ana, 'email_changed')).at(-1)).toMatchObject({
      to: NEW,
      values: { newEmail: OLD, because: 'undone' },
    })
    expect(await world.mails(ana, 'password_changed')).toMatchObject([{ values: { passkeys: '' } }])
  })

  it('before it was in force is told to nobody but its owner, who gets a link for a password', async () => {
    await confirm()
    await change()
    await undo(await undoLink())
    expect(await world.mails(ana, 'email_changed')).toEqual([])
    expect(await world.mails(ana, 'reset_password')).toHaveLength(1)
  })

  it('works for a week', async () => {
    await changeForGood()
    const token = await undoLink()
    await world.clock.leap(7 * DAY - 2 * MINUTE)
    await expect(undo(token)).resolves.toMatchObject({ email: OLD })
    await changeForGood().catch(() => undefined)
    await world.clock.leap(7 * DAY)
    await expect(undo(token)).rejects.toMatchObject(badToken)
  })

  it('stops a change that is not in force yet', async () => {
    await confirm()
    await change()
    await world.clock.advance(1)
    const link = await world.linkIn(ana, 'confirm_email')
    expect(await undo(await undoLink(), 'battery staple')).not.toHaveProperty('pendingEmail')
    await expect(addresses().confirm(link)).rejects.toMatchObject(badToken)
    expect(await now()).toMatchObject({ email: OLD })
  })

  it('keeps the instant at which the former address was confirmed, and removes passkeys since the change', async () => {
    await confirm()
    const { emailConfirmedAt } = await now()
    await world.clock.advance(MINUTE)
    await addPasskey('Ana’s')
    await world.clock.advance(MINUTE)
    await change()
    await world.clock.advance(MINUTE)
    await addPasskey('Intruder’s')
    await confirm()
    const restored = await undo(await undoLink(), 'battery staple')
    expect(restored).toMatchObject({ emailConfirmedAt })
    expect(restored.passkeys?.map(({ name }) => name)).toEqual(['Ana’s'])
  })

  it('cannot be prevented by a reset from the new address', async () => {
    await changeForGood()
    world.engine.passwordReset.ask(NEW)
    await world.clock.advance(1_000)
    const token = await world.linkIn(ana, 'reset_password')
    await world.engine.passwordReset.reset({ token, password: 'the intruder’s' })
    await undo(await undoLink(), 'battery staple')
    await logIn(OLD, 'battery staple')
  })

  it('cannot be prevented by registering the former address, nor by changing to it', async () => {
    await changeForGood()
    const body = { role: 'client', name: 'Eve', email: OLD, password: PASSWORD, acceptTerms: true } as const
    await expect(world.engine.accounts.register(body, 'login of Eve')).rejects.toMatchObject({
      code: 'email_taken',
    })
    const bo = await world.client('Bo', 0)
    await addresses().change(identityOf(bo), { email: OLD, password: PASSWORD })
    await expect(addresses().confirm(await world.linkIn(bo, 'confirm_email'))).rejects.toMatchObject(badToken)
    await undo(await undoLink())
    expect(await now()).toMatchObject({ email: OLD })
  })

  it('leaves the former address free after a week', async () => {
    await changeForGood()
    await world.clock.leap(7 * DAY)
    expect(await world.client('Ana', 0)).toMatchObject({ email: OLD })
  })

  it('mails a link to set a password where none came with it', async () => {
    await changeForGood()
    await undo(await undoLink())
    expect((await world.mails(ana, 'reset_password')).at(-1)).toMatchObject({ to: OLD })
  })
})
