/** Tests the state of the account page. */
import { describe, expect, it, vi } from 'vitest'
import { createAccountStore } from '../../../browser/account/store.ts'
import type { UserView } from '../../../shared/protocol/views.ts'
import { ana, fakeApi, good, mara } from '../page-fakes.ts'

const earned = (totalCents: number) => () =>
  good({
    totalCents,
    todayCents: 0,
    weekCents: 0,
    weekBeforeCents: 0,
    days: [],
    zone: 'UTC',
  })

async function openStore(me: UserView, answers: object = {}, isProven = true) {
  const go = vi.fn()
  const deleteAccount = vi.fn(() => good(undefined))
  const socket = { connect: vi.fn(), disconnect: vi.fn() }
  const store = createAccountStore({
    api: fakeApi({ deleteAccount, ...answers }),
    me,
    socket,
    go,
    askForProof: async () => isProven,
  })
  await store.ready
  return { store, socket, go, deleteAccount }
}

describe('deleting the account', () => {
  it('names what a reader has earned to the cent, where it is given up', async () => {
    const { store, go, deleteAccount } = await openStore(mara, { earnings: earned(1_234) })
    expect(store.leftCents.value).toBe(1_234)
    await store.deleteAccount('correct horse', true)
    expect(deleteAccount).toHaveBeenCalledWith({ password: 'correct horse', giveUpCents: 1_234 })
    expect(go).toHaveBeenCalledWith('/')
  })

  it('shows the rest of a client’s balance, and does not request a client’s earnings', async () => {
    const earnings = vi.fn(earned(0))
    const { store, deleteAccount } = await openStore({ ...ana, balanceCents: 275 }, { earnings })
    await store.deleteAccount('correct horse', true)
    expect(deleteAccount).toHaveBeenCalledWith({ password: 'correct horse', giveUpCents: 275 })
    expect(earnings).not.toHaveBeenCalled()
  })

  it('gives up nothing that was not said to be given up', async () => {
    const { store, deleteAccount } = await openStore(mara, { earnings: earned(1_234) })
    await store.deleteAccount('correct horse', false)
    expect(deleteAccount).toHaveBeenCalledWith({ password: 'correct horse' })
  })

  it('asks for fresh proof where no password was typed, and does nothing without', async () => {
    for (const isProven of [false, true]) {
      const { store, deleteAccount } = await openStore(ana, {}, isProven)
      const answer = await store.deleteAccount('', false)
      expect(answer.ok).toBe(isProven)
      expect(deleteAccount.mock.calls).toEqual(isProven ? [[{}]] : [])
    }
  })

  it('closes its connection first, whose end would lead home too, and opens it again after a refusal', async () => {
    const { store, socket, go } = await openStore(ana)
    await store.deleteAccount('correct horse', false)
    expect(socket.disconnect).toHaveBeenCalledOnce()
    expect(socket.connect).not.toHaveBeenCalled()
    expect(go).toHaveBeenCalledExactlyOnceWith('/')
    const refused = await openStore(ana, {
      deleteAccount: async () => ({ ok: false, failure: { code: 'wrong_state' } }),
    })
    await refused.store.deleteAccount('correct horse', false)
    expect(refused.socket.connect).toHaveBeenCalledOnce()
    expect(refused.go).not.toHaveBeenCalled()
  })

  it('shows what is left by now after a refusal', async () => {
    const totals = [1_234, 1_484]
    const earnings = () => earned(totals.shift() ?? 0)()
    const { store } = await openStore(mara, { earnings, me: () => good({ user: mara }) })
    await store.refresh()
    expect(store.leftCents.value).toBe(1_484)
  })
})

describe('a list of which something was ended', () => {
  const here = { id: 'a', createdAt: 0, seenAt: 0, current: true }
  const offline = async () => ({ ok: false, failure: { code: 'offline' } })

  it('is shown as it is where only the response was lost', async () => {
    const kept = [[here, { ...here, id: 'b', current: false }], [here]]
    const passkey = { id: 'p', name: 'My phone', createdAt: 0, backedUp: false }
    const passkeys = [[passkey], []]
    const { store } = await openStore(ana, {
      logins: () => good({ logins: kept.shift() }),
      passkeys: () => good({ passkeys: passkeys.shift() }),
      endLogins: offline,
      removePasskey: offline,
    })
    expect((await store.endLogins('b')).ok).toBe(false)
    expect(store.logins.value).toEqual({ state: 'ready', value: [here] })
    expect((await store.passkeys.remove('p')).ok).toBe(false)
    expect(store.passkeys.passkeys.value).toEqual({ state: 'ready', value: [] })
  })
})
