/** Tests suspended and frozen accounts. */
import { beforeEach, describe, expect, it } from 'vitest'
import { isFrozen } from '../../../domain/account-status.ts'
import type { Client } from '../../../domain/client.ts'
import type { Reader } from '../../../domain/reader.ts'
import { isClient } from '../../../domain/user.ts'
import { createWorld, identityOf, MINUTE, type World } from '../../support/world.ts'

const WHY = { by: 'Olu', why: 'threats' }
let world: World
let ana: Client
let mara: Reader

beforeEach(async () => {
  world = await createWorld()
  ana = await world.client('Ana', 2_000)
  mara = await world.reader('Mara', 250)
})

const logIn = (name: string) =>
  world.engine.accounts.login({ email: `${name}@example.com`, password: 'correct horse' }, 'another')
const summary = async () => (await world.engine.sessions.list(ana.id, undefined)).sessions[0]

describe('a suspension', () => {
  it.each([
    ['client', () => ana, 'ana', 'client_ended'],
    ['reader', () => mara, 'mara', 'reader_ended'],
  ] as const)(
    'of a %s ends log-ins and the session at once, which is paid to the second',
    async (_role, who, name, endReason) => {
      await world.talk(ana, mara)
      await world.clock.advance(1.5 * MINUTE)
      await world.engine.admin.suspend(`${name}@example.com`, WHY)
      expect(world.announced('login-ended').map(({ loginHash }) => loginHash)).toContain(
        `login-of-${who().name}`,
      )
      expect(await world.engine.accounts.identify(who().id, `login-of-${who().name}`)).toBeUndefined()
      expect(await summary()).toMatchObject({ endReason, billedMs: 1.5 * MINUTE, chargedCents: 375 })
      expect([await world.balance(ana), await world.earned(mara)]).toEqual([1_625, 375])
      await world.clock.advance(5 * MINUTE)
      expect(await world.balance(ana), 'no meter runs on').toBe(1_625)
    },
  )

  it.each([
    ['client', 'ana', 'cancelled'],
    ['reader', 'mara', 'declined'],
  ])('of a %s takes a request back', async (_role, name, endReason) => {
    await world.engine.sessions.request(ana, { readerId: mara.id, kind: 'chat' })
    await world.engine.admin.suspend(`${name}@example.com`, WHY)
    expect(await summary()).toMatchObject({ endReason, chargedCents: 0 })
  })

  it('is reported honestly at the log-in, once the password is right, until it is lifted', async () => {
    await world.engine.admin.suspend(ana.id, WHY)
    await expect(logIn('ana')).rejects.toMatchObject({ code: 'forbidden', message: /closed/ })
    const wrong = { email: 'ana@example.com', password: 'wrong' }
    await expect(world.engine.accounts.login(wrong, 'x')).rejects.toMatchObject({ code: 'bad_credentials' })
    await world.engine.admin.unsuspend(ana.id, WHY)
    expect(await logIn('ana')).toMatchObject({ id: ana.id, balanceCents: 2_000 })
    expect(
      await world.engine.accounts.identify(ana.id, 'login-of-Ana'),
      'old log-ins stay ended',
    ).toBeUndefined()
  })

  it('leaves a reader offline, unlisted, and not to be rung', async () => {
    await world.engine.admin.suspend(mara.id, WHY)
    expect(await world.engine.presence.list()).toEqual([])
    const wish = { readerId: mara.id, kind: 'chat' } as const
    await expect(world.engine.sessions.request(ana, wish)).rejects.toMatchObject({
      code: 'reader_unavailable',
    })
  })

  it('makes no automatic top-up any more', async () => {
    const suspended = await world.engine.admin.suspend(ana.id, WHY)
    expect(isClient(suspended) && isFrozen(suspended)).toBe(true)
  })

  it('outlives a crash', async () => {
    await world.engine.admin.suspend(ana.id, WHY)
    await world.crash()
    await expect(logIn('ana')).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('needs a reason, and is neither given nor lifted twice', async () => {
    const { admin } = world.engine
    await expect(admin.suspend(ana.id, { by: 'Olu', why: ' ' })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    await expect(admin.unsuspend(ana.id, WHY)).rejects.toMatchObject({ code: 'wrong_state' })
    await admin.suspend(ana.id, WHY)
    await expect(admin.suspend(ana.id, WHY)).rejects.toMatchObject({ code: 'wrong_state' })
    await expect(admin.suspend('nobody', WHY)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('does not open what its owner has deleted', async () => {
    await world.engine.deletion.remove(identityOf(mara), { password: 'correct horse' })
    await expect(world.engine.admin.unsuspend(mara.id, WHY)).rejects.toMatchObject({ code: 'wrong_state' })
  })
})
