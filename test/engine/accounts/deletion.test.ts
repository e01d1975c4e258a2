/** Tests what remains of a deleted account. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../../domain/client.ts'
import type { Reader } from '../../../domain/reader.ts'
import { createWorld, identityOf, MINUTE, type World } from '../../support/world.ts'

const PASSWORD = 'correct horse'
let world: World
let ana: Client
let mara: Reader

beforeEach(async () => {
  world = await createWorld()
  ana = await world.client('Ana', 2_000)
  mara = await world.reader('Mara', 250)
})

const remove = (user: Client | Reader, giveUpCents?: number, password = PASSWORD) =>
  world.engine.deletion.remove(identityOf(user), {
    password,
    ...(giveUpCents === undefined ? {} : { giveUpCents }),
  })
const files = async () => {
  await world.clock.advance(2_000)
  return ['users.json', 'sessions.json', 'earnings.json'].map((name) => world.disk.text(name)).join('\n')
}

describe('a person who leaves', () => {
  it('is in no file any more, and the books still hold', async () => {
    const talk = await world.talk(ana, mara)
    await world.clock.advance(2 * MINUTE)
    await world.engine.sessions.end(ana, talk.id)
    await remove(mara, 500)
    const left = await files()
    expect(left).not.toContain('mara@example.com')
    expect(left).not.toContain('"Mara"')
    expect(left).not.toContain('login-of-Mara')
    expect(await world.earned(mara)).toBe(500)
    expect(await world.balance(ana)).toBe(1_500)
    const { sessions } = await world.engine.sessions.list(ana.id, undefined)
    expect(sessions[0]).toMatchObject({ id: talk.id, readerName: 'Deleted account', chargedCents: 500 })
  })

  it('can log in no more, is heard no more, and cannot be rung', async () => {
    await remove(mara)
    expect(world.announced('login-ended').map(({ loginHash }) => loginHash)).toContain('login-of-Mara')
    const body = { email: 'mara@example.com', password: PASSWORD }
    await expect(world.engine.accounts.login(body, 'again')).rejects.toMatchObject({
      code: 'bad_credentials',
    })
    expect(await world.engine.accounts.identify(mara.id, 'login-of-Mara')).toBeUndefined()
    expect(await world.engine.presence.list()).toEqual([])
    const wish = { readerId: mara.id, kind: 'chat' } as const
    await expect(world.engine.sessions.request(ana, wish)).rejects.toMatchObject({
      code: 'reader_unavailable',
    })
  })

  it('leaves the address free for a new account', async () => {
    await remove(mara)
    expect(await world.reader('Mara', 300)).toMatchObject({ email: 'mara@example.com', rateCents: 300 })
  })

  it('never collides with an account that an earlier version let register the address of a deleted one', async () => {
    const squat = (email: string) =>
      world.engine.accounts.register(
        { role: 'client', name: 'Bo', email, password: PASSWORD, acceptTerms: true },
        email,
      )
    const taken = [`deleted-${mara.id}@deleted.invalid`, `deleted-${mara.id}-2@deleted.invalid`]
    for (const email of taken) await squat(email)
    await remove(mara)
    await world.crash()
    for (const email of taken) {
      const body = { email, password: PASSWORD }
      expect(await world.engine.accounts.login(body, `again ${email}`)).toMatchObject({ name: 'Bo', email })
    }
    expect(await files()).not.toContain('mara@example.com')
  })

  it('must know the password', async () => {
    await expect(remove(mara, undefined, 'wrong')).rejects.toMatchObject({ code: 'forbidden' })
    expect(await world.engine.presence.list()).toHaveLength(1)
  })

  it('gives up what is left to the cent, or stays', async () => {
    await expect(remove(ana)).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(remove(ana, 1_999)).rejects.toMatchObject({ code: 'invalid_input' })
    await remove(ana, 2_000)
    expect(await files()).not.toContain('ana@example.com')
    expect(await world.balance(ana)).toBe(2_000)
  })

  it('gives up what a reader has earned to the cent, or stays; it stays on record under the id', async () => {
    const talk = await world.talk(ana, mara)
    await world.clock.advance(2 * MINUTE)
    await world.engine.sessions.end(ana, talk.id)
    const wrong = { code: 'invalid_input', message: expect.stringContaining('$5.00') }
    await expect(remove(mara)).rejects.toMatchObject(wrong)
    await expect(remove(mara, 499)).rejects.toMatchObject(wrong)
    await remove(mara, 500)
    expect(await world.earned(mara)).toBe(500)
    expect(await world.user(mara)).toMatchObject({ name: 'Deleted account', gaveUpCents: 500 })
  })

  it('is written to no more by what was under way', async () => {
    await remove(ana, 2_000)
    await remove(mara)
    const { accounts, limits, presence } = world.engine
    const gone = { code: 'not_logged_in' }
    await expect(accounts.updateProfile(mara, { name: 'Mara again' })).rejects.toMatchObject(gone)
    await expect(accounts.updateProfile(ana, { name: 'Ana again' })).rejects.toMatchObject(gone)
    await expect(limits.setDaily(ana, 500)).rejects.toMatchObject(gone)
    expect(await presence.setAvailable(mara, true)).toBe(false)
    expect(await world.user(ana)).not.toHaveProperty('dailyLimit')
    expect(await world.user(mara)).toMatchObject({ name: 'Deleted account', available: false })
  })

  it('ends an open session first', async () => {
    await world.talk(ana, mara)
    await expect(remove(ana, 2_000)).rejects.toMatchObject({ code: 'wrong_state' })
    await expect(remove(mara)).rejects.toMatchObject({ code: 'wrong_state' })
  })
})
