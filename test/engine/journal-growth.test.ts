import { afterEach, beforeEach, expect, it } from 'vitest'
import { STRICT } from '../../domain/card-limits.ts'
import { type Standin, startStripeStandin } from '../../standin/server.ts'
import { CARD, payAsPage } from '../standin/support.ts'
import { type House, openHouse, paymentsAt, register } from './wallet-support.ts'

const LIMITS = { ...STRICT, attempts: 1_000, attemptsFromAddress: 1_000, newAccountCents: 10_000_000 }

let standin: Standin
let house: House

beforeEach(async () => {
  standin = await startStripeStandin()
  house = await openHouse({ payments: paymentsAt(standin.url), cardLimits: LIMITS })
  await register(house, 'ana')
})
afterEach(() => standin.stop())

/** A segment is filled with zeros after its last record. */
function journalBytes(): number {
  const segments = house.disk.names().filter((name) => name.startsWith('journal-'))
  return segments.reduce((sum, name) => sum + house.disk.text(name).lastIndexOf('\n') + 1, 0)
}

/** One top-up as it goes: begun, paid, credited, its card written down. */
async function topUp(): Promise<void> {
  const { paymentIntentId, clientSecret } = await house.wallet.addFunds({ userId: 'ana', amountCents: 500 })
  await payAsPage(standin, clientSecret, CARD.good)
  await house.wallet.confirm({ userId: 'ana', paymentIntentId })
}

async function bytesOfTwenty(): Promise<number> {
  const before = journalBytes()
  for (let n = 0; n < 20; n += 1) await topUp()
  return journalBytes() - before
}

it('[C4] a top-up takes as much of the journal after two hundred of them as after twenty', async () => {
  await bytesOfTwenty()
  const early = await bytesOfTwenty()
  for (let n = 0; n < 7; n += 1) await bytesOfTwenty()
  const late = await bytesOfTwenty()
  expect(early / 20).toBeLessThan(2_000)
  expect(late / early).toBeLessThan(1.05)
})
