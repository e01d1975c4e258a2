/** Tests sessions through jumps of the wall clock. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../adapters/system/clock.ts'
import { cents } from '../../shared/money.ts'
import { memoryDisk } from '../support/store/memory-disk.ts'
import { createBank } from './bank.ts'
import { settled } from './clock.ts'
import { startServer } from './server.ts'
import { SETTINGS } from './world.ts'

/**
 * Lets the timers run to `ms` later while the monotonic clock goes on evenly and the wall clock is
 * wherever it was put.
 */
const passes = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms)
  await settled()
}

const jumpsTo = (instant: number) => vi.spyOn(Date, 'now').mockReturnValue(instant)

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/**
 * Runs a session of two and a half minutes at $2.50 over the real clock, with `between` done after
 * the first minute.
 */
async function talk(between: () => void): Promise<{ billedMs: number; chargedCents: number }> {
  const bank = createBank()
  let ids = 0
  const newId = () => {
    ids += 1
    return `id${ids}`
  }
  const { engine, stop } = await startServer({
    disk: memoryDisk(),
    clock: systemClock(),
    payments: bank,
    newId,
    settings: SETTINGS,
    announce: () => undefined,
  })
  const password = 'correct horse'
  const client = await engine.accounts.register(
    { role: 'client', name: 'Ana', email: 'ana@example.com', password, acceptTerms: true },
    'ana',
  )
  const reader = await engine.accounts.register(
    { role: 'reader', name: 'Mara', email: 'mara@example.com', password, acceptTerms: true, rateCents: 250 },
    'mara',
  )
  if (client.role !== 'client' || reader.role !== 'reader') throw new Error('these are two other people')
  const { paymentIntentId } = await engine.wallet.addFunds({ userId: client.id, amountCents: cents(2_000) })
  bank.pay(paymentIntentId)
  await engine.wallet.confirm({ userId: client.id, paymentIntentId })
  engine.presence.arrive(reader.id)
  await engine.presence.setAvailable(reader, true)
  const { id } = await engine.sessions.request(client, { readerId: reader.id, kind: 'voice' })
  await engine.sessions.accept(reader, id)
  await engine.connections.join(id, client.id, 'a')
  await engine.connections.join(id, reader.id, 'b')

  const beat = async () => {
    for (const page of ['a', 'b']) await engine.connections.report(id, page, 'connected')
  }
  await beat()
  for (let seconds = 0; seconds < 150; seconds += 3) {
    await passes(3_000)
    if (seconds === 60) between()
    await beat()
  }
  const ended = await engine.sessions.end(client, id)
  await stop()
  return ended
}

describe('[S12] no jump of the wall clock changes an amount', () => {
  it.each([
    ['stays', () => undefined],
    ['goes back an hour', () => void jumpsTo(1_700_000_000_000 - 3_600_000)],
    ['goes forward a day', () => void jumpsTo(1_700_000_000_000 + 86_400_000)],
  ])('the wall clock %s', async (_, between) => {
    expect(await talk(between)).toMatchObject({ billedMs: 150_000, chargedCents: 625 })
  })
})
