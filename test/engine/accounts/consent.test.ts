/** Tests what waits until a user has accepted the terms, and what does not. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Client } from '../../../domain/client.ts'
import type { Reader } from '../../../domain/reader.ts'
import { viewUser } from '../../../domain/user.ts'
import { cents } from '../../../shared/money.ts'
import { createWorld, MINUTE, type World } from '../../support/world.ts'

const terms = vi.hoisted(() => ({ version: '2026-01-01' }))
vi.mock('../../../shared/consent.ts', async (original) => ({
  ...(await original<object>()),
  get TERMS_VERSION() {
    return terms.version
  },
}))

const CHANGED = { code: 'terms_changed' }
let world: World
let ana: Client
let mara: Reader

beforeEach(async () => {
  terms.version = '2026-01-01'
  world = await createWorld()
  ana = await world.client('Ana', 2_000)
  mara = await world.reader('Mara', 250)
})

const ring = () => world.engine.sessions.request(ana, { readerId: mara.id, kind: 'chat' })
const addFunds = (more = {}) =>
  world.engine.wallet.addFunds({ userId: ana.id, amountCents: cents(1_000), ...more })
const agree = (version: string) => world.engine.accounts.agree(ana, version)
const me = async () => (await world.user(ana)) as Client
const changeTerms = () => {
  terms.version = '2026-02-02'
}

describe('a new account', () => {
  it('keeps which terms it accepted, and when', async () => {
    expect(await me()).toMatchObject({ agreed: { version: '2026-01-01', at: ana.createdAt } })
    expect(viewUser(await me())).not.toHaveProperty('termsToAgree')
  })
})

describe('when the terms have changed', () => {
  it('neither rings nor pays before the user has accepted them, and takes nothing', async () => {
    changeTerms()
    expect(viewUser(await me())).toMatchObject({ termsToAgree: '2026-02-02' })
    await expect(ring()).rejects.toMatchObject(CHANGED)
    await expect(addFunds()).rejects.toMatchObject(CHANGED)
    expect((await me()).topUps).toHaveLength(1)
    await agree('2026-02-02')
    expect(await me()).toMatchObject({ agreed: { version: '2026-02-02', at: world.clock.now() } })
    await ring()
    await addFunds()
  })

  it('takes no consent to any terms but these', async () => {
    changeTerms()
    for (const version of ['2026-01-01', '', 'any']) {
      await expect(agree(version)).rejects.toMatchObject(CHANGED)
    }
    expect(await me()).toMatchObject({ agreed: { version: '2026-01-01' } })
  })

  it('asks accounts that were never asked', async () => {
    const { agreed: _, ...asBefore } = ana
    expect(viewUser(asBefore)).toMatchObject({ termsToAgree: terms.version })
  })

  it('leaves a session that has begun alone, and the money that is added for it', async () => {
    await world.talk(ana, mara)
    changeTerms()
    await world.clock.advance(MINUTE)
    expect(await world.balance(ana)).toBe(1_750)
    await world.topUp(ana, 1_000)
    expect(await world.balance(ana)).toBe(2_750)
    expect(await world.engine.sessions.openOf(ana.id)).toMatchObject({ status: 'live' })
  })

  it('adds a payment that was under way', async () => {
    const { paymentIntentId } = await addFunds({ attemptKey: 'under way' })
    changeTerms()
    expect(await addFunds({ attemptKey: 'under way' })).toMatchObject({ paymentIntentId })
    world.bank.pay(paymentIntentId)
    await world.engine.wallet.confirm({ userId: ana.id, paymentIntentId })
    expect(await world.balance(ana)).toBe(3_000)
  })
})
