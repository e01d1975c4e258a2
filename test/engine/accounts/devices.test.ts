/** Tests the notice of a log-in from a new browser. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../../domain/client.ts'
import { createWorld, type World } from '../../support/world.ts'

const PASSWORD = 'correct horse'
let world: World
let ana: Client

beforeEach(async () => {
  world = await createWorld()
  ana = await world.client('Ana', 0)
  await world.engine.addresses.confirm(await world.linkIn(ana, 'confirm_email'))
})

let logins = 0
function logIn(browser: string) {
  logins += 1
  return world.engine.accounts.login({ email: ana.email, password: PASSWORD }, `login-${logins}-of-Ana`, {
    browser,
    device: 'Firefox on Linux',
  })
}
const notices = () => world.mails(ana, 'new_device')

describe('a log-in', () => {
  it('from the first browser of an account of an earlier build is no news, from the second it is', async () => {
    await logIn('first')
    expect(await notices()).toEqual([])
    await logIn('second')
    expect(await notices()).toMatchObject([{ values: { device: 'Firefox on Linux' } }])
    await logIn('second')
    await logIn('first')
    expect(await notices()).toHaveLength(1)
  })

  it('from the browser that registered is no news', async () => {
    const bo = await world.engine.accounts.register(
      { role: 'client', name: 'Bo', email: 'bo@example.com', password: PASSWORD, acceptTerms: true },
      'login-of-Bo',
      { browser: 'of Bo' },
    )
    await world.engine.addresses.confirm(await world.linkIn(bo, 'confirm_email'))
    const body = { email: bo.email, password: PASSWORD }
    await world.engine.accounts.login(body, 'second-login-of-Bo', { browser: 'of Bo' })
    expect(await world.mails(bo, 'new_device')).toEqual([])
    await world.engine.accounts.login(body, 'third-login-of-Bo', { browser: 'of Eve' })
    expect(await world.mails(bo, 'new_device')).toHaveLength(1)
  })

  it('is remembered for the twenty browsers that were used last', async () => {
    for (let each = 0; each < 21; each += 1) await logIn(`browser ${each}`)
    const before = (await notices()).length
    await logIn('browser 1')
    expect(await notices()).toHaveLength(before)
    await logIn('browser 0')
    expect(await notices()).toHaveLength(before + 1)
  })

  it('leaves nothing of the browsers behind when the account is deleted', async () => {
    await logIn('first')
    await world.engine.deletion.remove({ user: ana, loginHash: 'login-of-Ana' }, { password: PASSWORD })
    expect(await world.user(ana)).not.toHaveProperty('devices')
  })
})
