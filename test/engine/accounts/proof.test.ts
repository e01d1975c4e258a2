/** Tests what counts as fresh proof of who is at a login. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../../domain/client.ts'
import { SITE } from '../../support/authenticator.ts'
import { createWorld, identityOf, MINUTE, type World } from '../../support/world.ts'

const RIGHT = 'correct horse'
let world: World
let ana: Client

beforeEach(async () => {
  world = await createWorld()
  ana = await world.client('Ana', 0)
})

const mine = () => identityOf(ana)
const elsewhere = () => ({ ...identityOf(ana), loginHash: 'another login of Ana' })
const proofs = () => world.engine.proofs
const prove = (password?: string) => proofs().prove(mine(), { password }, { site: SITE, caller: {} })

describe('what matters', () => {
  it('[S-17] needs proof: logging in is none', async () => {
    const { accounts, deletion } = world.engine
    const asked: Record<string, Promise<unknown>> = {
      password: accounts.changePassword(mine(), { newPassword: 'battery staple' }, 'new'),
      logins: accounts.endLogins(mine(), {}),
      deletion: deletion.remove(mine(), {}),
    }
    for (const [what, answer] of Object.entries(asked)) {
      await expect(answer, what).rejects.toMatchObject({ code: 'proof_needed' })
    }
  })

  it('is done without the password for ten minutes after a proof', async () => {
    await prove(RIGHT)
    await world.clock.advance(10 * MINUTE - 1)
    await world.engine.accounts.endLogins(mine(), {})
    await world.clock.advance(1)
    await expect(world.engine.accounts.endLogins(mine(), {})).rejects.toMatchObject({ code: 'proof_needed' })
  })

  it('takes a password in its own body, which is no proof for the next', async () => {
    await world.engine.accounts.endLogins(mine(), { password: RIGHT })
    await expect(world.engine.accounts.endLogins(mine(), {})).rejects.toMatchObject({ code: 'proof_needed' })
  })

  it('is refused with a wrong password, however lately the right one was given', async () => {
    await prove(RIGHT)
    await expect(world.engine.deletion.remove(mine(), { password: 'wrong' })).rejects.toMatchObject({
      code: 'forbidden',
      errors: [{ path: 'password' }],
    })
  })
})

describe('a proof', () => {
  it('counts for the login that gave it alone', async () => {
    await prove(RIGHT)
    await expect(proofs().mustProve(elsewhere(), undefined, {})).rejects.toMatchObject({
      code: 'proof_needed',
    })
  })

  it('is not made by a wrong password', async () => {
    await expect(prove('wrong')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(prove()).rejects.toMatchObject({ code: 'proof_needed' })
  })

  it('is not made longer by asking whether it still counts', async () => {
    await prove(RIGHT)
    await world.clock.advance(9 * MINUTE)
    await prove()
    await world.clock.advance(MINUTE)
    await expect(prove()).rejects.toMatchObject({ code: 'proof_needed' })
  })

  it('is gone after a restart', async () => {
    await prove(RIGHT)
    await world.crash()
    await expect(proofs().mustProve(mine(), undefined, {})).rejects.toMatchObject({ code: 'proof_needed' })
  })

  it('is renewed by another one', async () => {
    await prove(RIGHT)
    await world.clock.advance(9 * MINUTE)
    await prove(RIGHT)
    await world.clock.advance(9 * MINUTE)
    await proofs().mustProve(mine(), undefined, {})
  })
})
