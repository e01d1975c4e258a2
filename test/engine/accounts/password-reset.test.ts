/** Tests resetting a forgotten password. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../../domain/client.ts'
import type { Passkey } from '../../../domain/passkey.ts'
import { createWorld, identityOf, MINUTE, type World } from '../../support/world.ts'

const OLD = 'correct horse'
const NEW = 'battery staple'
let world: World
let ana: Client

beforeEach(async () => {
  world = await createWorld()
  ana = await world.client('Ana', 0)
})

const resets = () => world.engine.passwordReset
const badToken = { code: 'bad_token' }

async function ask(email = 'ana@example.com'): Promise<void> {
  resets().ask(email)
  await world.clock.advance(1_000)
}

async function resetWith(token: string, password = NEW) {
  return resets().reset({ token, password })
}

async function confirm(): Promise<void> {
  await world.engine.addresses.confirm(await world.linkIn(ana, 'confirm_email'))
}

async function addPasskey(name: string): Promise<void> {
  await world.store.commit((tx) => {
    const user = tx.user(ana.id)
    if (!user) throw new Error('no Ana')
    const passkey: Passkey = { id: name, name, publicKey: '', counter: 0, transports: [], createdAt: tx.now }
    tx.putUser({ ...user, passkeys: [...(user.passkeys ?? []), passkey] })
  })
}

const passkeys = async () => (await world.user(ana))?.passkeys?.map(({ name }) => name)

const logIn = (password: string) =>
  world.engine.accounts.login({ email: 'ana@example.com', password }, `login with ${password}`)

describe('a forgotten password', () => {
  it('is asked for without a look at the accounts: the mail is queued later', async () => {
    resets().ask('ana@example.com')
    expect(await world.mails(ana, 'reset_password')).toEqual([])
    await world.clock.advance(1_000)
    expect(await world.mails(ana, 'reset_password')).toMatchObject([
      { to: 'ana@example.com', expiresAt: world.clock.now() + 60 * MINUTE },
    ])
  })

  it('is mailed three times an hour at the most', async () => {
    for (let each = 0; each < 5; each += 1) await ask()
    expect(await world.mails(ana, 'reset_password')).toHaveLength(3)
    await world.clock.advance(60 * MINUTE)
    await ask()
    expect(await world.mails(ana, 'reset_password')).toHaveLength(4)
  })

  it('is refused while a thousand addresses wait to be looked up, and taken a second later', async () => {
    for (let each = 0; each < 1_000; each += 1) resets().ask(`nobody${each}@example.com`)
    expect(() => resets().ask('ana@example.com')).toThrow(expect.objectContaining({ code: 'busy' }))
    await world.clock.advance(1_000)
    await ask()
    expect(await world.mails(ana, 'reset_password')).toHaveLength(1)
  })

  it('is not lost when the server stops in between', async () => {
    resets().ask('ana@example.com')
    await world.engine.stop()
    expect(await world.mails(ana, 'reset_password')).toHaveLength(1)
  })

  it('is not mailed to a closed account, nor to strangers', async () => {
    await world.engine.deletion.remove(identityOf(ana), { password: OLD })
    await ask()
    await ask('nobody@example.com')
    expect(await world.mails(ana, 'reset_password')).toEqual([])
  })
})

describe('[A-14] a reset', () => {
  it('sets the password once, and ends every login', async () => {
    await logIn(OLD)
    await ask()
    const token = await world.linkIn(ana, 'reset_password')
    await resetWith(token)
    const ended = world.announced('login-ended').map(({ loginHash }) => loginHash)
    expect(ended).toEqual(['login-of-Ana', `login with ${OLD}`])
    await expect(logIn(OLD)).rejects.toMatchObject({ code: 'bad_credentials' })
    await logIn(NEW)
    await expect(resetWith(token, 'another one entirely')).rejects.toMatchObject(badToken)
    await expect(logIn('another one entirely')).rejects.toMatchObject({ code: 'bad_credentials' })
  })

  it('works for an hour', async () => {
    await ask()
    const token = await world.linkIn(ana, 'reset_password')
    await world.clock.advance(60 * MINUTE)
    await expect(resetWith(token)).rejects.toMatchObject(badToken)
    await logIn(OLD)
  })

  it('refuses a password that is too common without using the link up', async () => {
    await ask()
    const token = await world.linkIn(ana, 'reset_password')
    await expect(resetWith(token, 'ana@example.com')).rejects.toMatchObject({
      code: 'invalid_input',
      errors: [{ path: 'password' }],
    })
    await resetWith(token)
  })

  it('takes no token of another kind, and none that was made up', async () => {
    const other = await world.linkIn(ana, 'confirm_email')
    for (const token of [other, '', 'a.b', `${other}x`, 'x'.repeat(500)]) {
      await expect(resetWith(token)).rejects.toMatchObject(badToken)
    }
  })

  it('makes every other link void', async () => {
    await ask()
    const [first, confirmation] = [
      await world.linkIn(ana, 'reset_password'),
      await world.linkIn(ana, 'confirm_email'),
    ]
    await ask()
    await resetWith(await world.linkIn(ana, 'reset_password'))
    await expect(resetWith(first)).rejects.toMatchObject(badToken)
    await expect(world.engine.addresses.confirm(confirmation)).rejects.toMatchObject(badToken)
  })

  it('gives up an address that was not confirmed', async () => {
    await world.engine.addresses.change(identityOf(ana), { email: 'eve@example.com', password: OLD })
    const link = await world.linkIn(ana, 'confirm_email')
    await ask()
    expect(await resetWith(await world.linkIn(ana, 'reset_password'))).not.toHaveProperty('pendingEmail')
    await expect(world.engine.addresses.confirm(link)).rejects.toMatchObject(badToken)
  })

  it('confirms the address that it was mailed to', async () => {
    await ask()
    const after = await resetWith(await world.linkIn(ana, 'reset_password'))
    expect(after).toMatchObject({ emailConfirmedAt: world.clock.now() })
  })

  it('is announced by mail, with the passkeys that still log in', async () => {
    await confirm()
    await addPasskey('Phone')
    await ask()
    await resets().reset(
      { token: await world.linkIn(ana, 'reset_password'), password: NEW },
      { device: 'Firefox on Linux' },
    )
    expect(await world.mails(ana, 'password_changed')).toMatchObject([
      { values: { device: 'Firefox on Linux', passkeys: 'Phone' } },
    ])
  })

  it('removes the passkeys of a person who registered with an address that was not theirs', async () => {
    await addPasskey('Squatter’s')
    await world.clock.advance(MINUTE)
    await ask()
    await resetWith(await world.linkIn(ana, 'reset_password'))
    expect(await passkeys()).toEqual([])
  })

  it('removes passkeys that are older than the confirmed address, and keeps later ones', async () => {
    await addPasskey('Before')
    await world.clock.advance(MINUTE)
    await confirm()
    await world.clock.advance(MINUTE)
    await addPasskey('After')
    await ask()
    await resetWith(await world.linkIn(ana, 'reset_password'))
    expect(await passkeys()).toEqual(['After'])
  })

  it('is still done after a crash', async () => {
    await ask()
    const token = await world.linkIn(ana, 'reset_password')
    await resetWith(token)
    await world.crash()
    await expect(resetWith(token)).rejects.toMatchObject(badToken)
    await logIn(NEW)
  })
})

describe('a link that the operator hands over', () => {
  const note = { by: 'owner', why: 'called by phone' }

  it('resets the password once within the hour, and is never sent', async () => {
    const { token, expiresAt } = await resets().linkFor(ana.id, note)
    expect(expiresAt).toBe(world.clock.now() + 60 * MINUTE)
    expect(await world.mails(ana, 'reset_password')).toMatchObject([{ status: 'sent', values: note }])
    await resetWith(token)
    await logIn(NEW)
    await expect(resetWith(token)).rejects.toMatchObject(badToken)
  })

  it('does not prove the address', async () => {
    await addPasskey('Anyone’s')
    const after = await resetWith((await resets().linkFor(ana.id, note)).token)
    expect(after).not.toHaveProperty('emailConfirmedAt')
    expect(after.passkeys).toEqual([])
  })

  it('is not made for a closed account', async () => {
    await world.engine.deletion.remove(identityOf(ana), { password: OLD })
    await expect(resets().linkFor(ana.id, note)).rejects.toMatchObject({ code: 'wrong_state' })
  })
})

describe('a changed password', () => {
  it('is announced by mail, and makes links to reset the old one void', async () => {
    await confirm()
    await ask()
    const token = await world.linkIn(ana, 'reset_password')
    await world.engine.accounts.changePassword(
      identityOf(ana),
      { password: OLD, newPassword: NEW },
      'login-of-Ana',
    )
    expect(await world.mails(ana, 'password_changed')).toHaveLength(1)
    await expect(resetWith(token)).rejects.toMatchObject(badToken)
  })
})
