/** Tests which signatures of passkeys count, and for what. */
import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../../domain/client.ts'
import type { Reader } from '../../../domain/reader.ts'
import type { User } from '../../../domain/user.ts'
import type { Identity } from '../../../engine/accounts/logins.ts'
import { PASSKEYS_MAX } from '../../../shared/bounds.ts'
import { type Authenticator, createAuthenticator, SITE, type Ways } from '../../support/authenticator.ts'
import { createWorld, identityOf, MINUTE, type World } from '../../support/world.ts'

const PASSWORD = 'correct horse'
const BAD = { code: 'bad_credentials' }
let world: World
let ana: Client
let mara: Reader
let phone: Authenticator

beforeEach(async () => {
  world = await createWorld()
  ana = await world.client('Ana', 0)
  mara = await world.reader('Mara', 250)
  phone = createAuthenticator()
})

const passkeys = () => world.engine.passkeys
const fresh = async (user: User, loginHash = `login-of-${user.name}`): Promise<Identity> => ({
  user: (await world.user(user)) as User,
  loginHash,
})
const beginAdding = async (user: User) => passkeys().beginAdding(await fresh(user), SITE)

async function add(user: User, device = phone, ways: Ways = {}, options?: object) {
  const response = device.create(options ?? (await beginAdding(user)), ways)
  return passkeys().add(await fresh(user), { name: 'Phone', response, password: PASSWORD }, SITE, {})
}

const beginLogIn = () => passkeys().beginLogIn(SITE, 'visitor')

async function logIn(ways: Ways = {}) {
  const assertion = phone.answer(await beginLogIn(), ways)
  return passkeys().logIn({ site: SITE, visitor: 'visitor', assertion }, 'login by passkey', {})
}

async function prove(user: User, ways: Ways = {}, options?: object) {
  const identity = await fresh(user)
  const response = phone.answer(options ?? (await world.engine.proofs.begin(identity, SITE)), ways)
  await world.engine.proofs.prove(identity, { response }, { site: SITE, caller: {} })
}

const kept = async (user: User) => (await world.user(user))?.passkeys ?? []

describe('a passkey', () => {
  it('is added with what its browser said of it, and named by its owner', async () => {
    expect(await add(mara)).toEqual({ id: expect.any(String), name: 'Phone', createdAt: world.clock.now() })
    expect(await kept(mara)).toMatchObject([{ name: 'Phone', counter: 0, transports: ['internal'] }])
    expect(passkeys().list(await fresh(mara))).toHaveLength(1)
  })

  it('logs its owner in without a name or a password, and is shown as used', async () => {
    await add(mara)
    await world.clock.advance(MINUTE)
    expect(await logIn()).toMatchObject({ id: mara.id })
    expect(await world.engine.accounts.identify(mara.id, 'login by passkey')).toBeDefined()
    expect(await kept(mara)).toMatchObject([{ counter: 1, lastUsedAt: world.clock.now() }])
  })

  it('ends the login that the new one replaces in the same browser', async () => {
    await add(mara)
    const assertion = phone.answer(await beginLogIn())
    const replaces = { userId: mara.id, loginHash: 'login-of-Mara' }
    await passkeys().logIn({ site: SITE, visitor: 'visitor', assertion }, 'new', { replaces })
    expect((await world.user(mara))?.logins.map(({ hash }) => hash)).toEqual(['new'])
    expect(world.announced('login-ended')).toMatchObject([{ loginHash: 'login-of-Mara' }])
  })

  it('is fresh proof of its owner, for ten minutes', async () => {
    await add(mara)
    const identity = await fresh(mara, 'another login')
    const options = await world.engine.proofs.begin(identity, SITE)
    const response = phone.answer(options)
    await world.engine.proofs.prove(identity, { response }, { site: SITE, caller: {} })
    await world.engine.proofs.mustProve(identity, undefined, {})
    await world.clock.advance(10 * MINUTE)
    await expect(world.engine.proofs.mustProve(identity, undefined, {})).rejects.toMatchObject({
      code: 'proof_needed',
    })
  })

  it('is added and removed with proof alone', async () => {
    const response = phone.create(await beginAdding(mara))
    const adding = passkeys().add(await fresh(mara), { name: 'Phone', response }, SITE, {})
    await expect(adding).rejects.toMatchObject({ code: 'proof_needed' })
    const { id } = await add(mara)
    const removing = passkeys().remove(await fresh(mara), id, undefined, {})
    await expect(removing).rejects.toMatchObject({ code: 'proof_needed' })
    await passkeys().remove(await fresh(mara), id, PASSWORD, {})
    expect(await kept(mara)).toEqual([])
  })

  it('is reported to its owner by mail when it comes and when it goes, once the address is confirmed', async () => {
    await world.engine.addresses.confirm(await world.linkIn(mara, 'confirm_email'))
    const { id } = await add(mara)
    await passkeys().remove(await fresh(mara), id, PASSWORD, { device: 'Firefox on Windows' })
    const mails = [
      ...(await world.mails(mara, 'passkey_added')),
      ...(await world.mails(mara, 'passkey_removed')),
    ]
    expect(mails.map(({ values }) => values)).toEqual([
      { name: 'Phone' },
      { name: 'Phone', device: 'Firefox on Windows' },
    ])
  })

  it('goes with the account, of which nothing stays', async () => {
    await add(mara)
    await world.engine.deletion.remove(await fresh(mara), { password: PASSWORD })
    expect(await kept(mara)).toEqual([])
    await expect(logIn()).rejects.toMatchObject(BAD)
  })

  it('outlasts a restart', async () => {
    await add(mara)
    await world.crash()
    expect(await logIn()).toMatchObject({ id: mara.id })
  })
})

describe('an account', () => {
  it(`has at most ${PASSKEYS_MAX} passkeys`, async () => {
    for (let n = 0; n < PASSKEYS_MAX; n += 1) await add(mara, createAuthenticator())
    await expect(beginAdding(mara)).rejects.toMatchObject({ code: 'wrong_state' })
  })

  it('takes no passkey twice', async () => {
    await add(mara)
    await expect(add(mara)).rejects.toMatchObject({ code: 'wrong_state' })
    expect(await kept(mara)).toHaveLength(1)
  })
})

describe('[S-15] a passkey is not added', () => {
  const other = { fmt: 'packed', attStmt: new Map([['x5c', [Buffer.from('a certificate')]]]) }
  const apple = { fmt: 'apple', attStmt: new Map([['x5c', [Buffer.from('a certificate')]]]) }
  const WRONG: Record<string, Ways> = {
    'at another origin': { origin: 'https://soulseer.example.evil.test' },
    'for another host': { host: 'evil.test' },
    'for a challenge of our own making': { challenge: Buffer.alloc(56).toString('base64url') },
    'for a challenge that is none': { challenge: 'x' },
    'without a finger, a face or a PIN': { unverified: true },
    'with certificates, whose addresses we would fetch': { attestation: other },
    'with certificates of a maker': { attestation: apple },
  }
  it.each(Object.entries(WRONG))('%s', async (_how, ways) => {
    await expect(add(mara, phone, ways)).rejects.toMatchObject({ code: 'invalid_input' })
    expect(await kept(mara)).toEqual([])
  })

  it('for the challenge of another login, or of a log-in', async () => {
    for (const options of [await beginAdding(ana), await beginLogIn()]) {
      await expect(add(mara, phone, {}, options)).rejects.toMatchObject({ code: 'invalid_input' })
    }
  })

  it('for a challenge that was used, or five minutes old', async () => {
    const options = await beginAdding(mara)
    const { id } = await add(mara, phone, {}, options)
    await passkeys().remove(await fresh(mara), id, PASSWORD, {})
    await expect(add(mara, phone, {}, options)).rejects.toMatchObject({ code: 'invalid_input' })
    const old = await beginAdding(mara)
    await world.clock.advance(5 * MINUTE)
    await expect(add(mara, phone, {}, old)).rejects.toMatchObject({ code: 'invalid_input' })
  })
})

describe('no one is logged in', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const WRONG: Record<string, Ways> = {
    'at another origin': { origin: 'https://soulseer.example.evil.test' },
    'at another host': { host: 'evil.test' },
    'without a finger, a face or a PIN': { unverified: true },
    'by another key': { key: privateKey },
    'under the name of nobody': { userHandle: Buffer.from('nobody').toString('base64url') },
    'under no name': { userHandle: '' },
  }
  it.each(Object.entries(WRONG))('%s', async (_how, ways) => {
    await add(mara)
    await expect(logIn(ways)).rejects.toMatchObject(BAD)
    expect(await kept(mara)).toMatchObject([{ counter: 0 }])
  })

  it('under the name of another account', async () => {
    await add(mara)
    await expect(logIn({ userHandle: Buffer.from(ana.id).toString('base64url') })).rejects.toMatchObject(BAD)
  })

  it('by an answer that has been used, by two at once neither', async () => {
    await add(mara)
    const assertion = phone.answer(await beginLogIn())
    const asked = { site: SITE, visitor: 'visitor', assertion }
    const both = await Promise.allSettled([
      passkeys().logIn(asked, 'one', {}),
      passkeys().logIn(asked, 'two', {}),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(passkeys().logIn(asked, 'three', {})).rejects.toMatchObject(BAD)
  })

  it('[S-13] by the challenge of another browser, or of a browser without a name', async () => {
    await add(mara)
    for (const visitor of ['another', '', undefined]) {
      const asked = { site: SITE, visitor, assertion: phone.answer(await beginLogIn()) }
      await expect(passkeys().logIn(asked, 'new', {})).rejects.toMatchObject(BAD)
    }
  })

  it('by the challenge of a proof or of adding', async () => {
    await add(mara)
    for (const options of [
      await world.engine.proofs.begin(await fresh(mara), SITE),
      await beginAdding(mara),
    ]) {
      const assertion = phone.answer(options)
      const asked = { site: SITE, visitor: 'visitor', assertion }
      await expect(passkeys().logIn(asked, 'new', {})).rejects.toMatchObject(BAD)
    }
  })

  it('by a challenge that is five minutes old, or from before a restart', async () => {
    await add(mara)
    const old = phone.answer(await beginLogIn())
    await world.clock.advance(5 * MINUTE)
    const asked = { site: SITE, visitor: 'visitor', assertion: old }
    await expect(passkeys().logIn(asked, 'new', {})).rejects.toMatchObject(BAD)
    const before = phone.answer(await beginLogIn())
    await world.crash()
    await expect(passkeys().logIn({ ...asked, assertion: before }, 'new', {})).rejects.toMatchObject(BAD)
  })

  it('[S-14] by a passkey that has counted backwards, or stands still', async () => {
    await add(mara)
    await logIn({ counter: 7 })
    for (const counter of [7, 6, 0]) await expect(logIn({ counter })).rejects.toMatchObject(BAD)
    expect(await logIn({ counter: 8 })).toMatchObject({ id: mara.id })
  })

  it('by a passkey that was removed', async () => {
    const { id } = await add(mara)
    await passkeys().remove(await fresh(mara), id, PASSWORD, {})
    await expect(logIn()).rejects.toMatchObject(BAD)
  })

  it('while the account is closed', async () => {
    await add(mara)
    await world.engine.admin.suspend(mara.id, { by: 'Olu', why: 'a test' })
    await expect(logIn()).rejects.toMatchObject({ code: 'forbidden' })
    expect((await world.user(mara))?.logins).toEqual([])
  })
})

describe('nothing is proven', () => {
  it('by the challenge of another login, of a log-in, or one that was used', async () => {
    await add(mara)
    const elsewhere = await world.engine.proofs.begin(await fresh(mara, 'another login'), SITE)
    const used = await world.engine.proofs.begin(await fresh(mara), SITE)
    await prove(mara, {}, used)
    for (const options of [elsewhere, await beginLogIn(), used]) {
      await expect(prove(mara, {}, options)).rejects.toMatchObject({ code: 'forbidden' })
    }
  })

  it('by the passkey of another account, whoever it says it is', async () => {
    await add(ana)
    await add(mara, createAuthenticator())
    const userHandle = Buffer.from(mara.id).toString('base64url')
    await expect(prove(mara, { userHandle })).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('where there is no passkey', async () => {
    const asked = world.engine.proofs.begin(identityOf(mara), SITE)
    await expect(asked).rejects.toMatchObject({ code: 'wrong_state' })
  })
})
