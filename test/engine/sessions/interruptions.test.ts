/** Tests sessions whose connection is lost again and again. */
import { describe, expect, it } from 'vitest'
import type { Client } from '../../../domain/client.ts'
import type { Reader } from '../../../domain/reader.ts'
import { type EndedSession, MAX_INTERRUPTIONS } from '../../../domain/session.ts'
import { createWorld, type Talk, type World } from '../../support/world.ts'

const CONNECTED_MS = 2_000
const LOST_MS = 1_500
const RATE_CENTS = 250
const MONEY_CENTS = 50_000

let world: World
let ana: Client
let mara: Reader
let talk: Talk

async function begin(options: Parameters<typeof createWorld>[0] = {}): Promise<void> {
  world = await createWorld(options)
  ana = await world.client('Ana', MONEY_CENTS)
  mara = await world.reader('Mara', RATE_CENTS)
  talk = await world.talk(ana, mara)
  for (const who of ['client', 'reader'] as const) talk.fallSilent(who)
}

async function loseConnection(): Promise<void> {
  await world.clock.advance(CONNECTED_MS)
  await talk.beat('reader')
  await talk.beat('client', 'interrupted')
}

/** Loses the connection that many times, and has it come back each time. */
async function breakMany(times: number, lostMs = LOST_MS): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    await loseConnection()
    await world.clock.advance(lostMs)
    await talk.beat('client')
  }
}

const find = () => world.engine.sessions.find(ana, talk.id)

/** Counts the bytes of the records: a segment is filled with zeros after its last one. */
function journalBytes(): number {
  const segments = world.disk.names().filter((name) => name.startsWith('journal-'))
  return segments.reduce((sum, name) => sum + world.disk.text(name).lastIndexOf('\n') + 1, 0)
}

describe('a connection that is lost again and again', () => {
  it('[B17] ends the session once it is lost more often than a session may be interrupted', async () => {
    await begin()
    await breakMany(MAX_INTERRUPTIONS)
    expect(await find()).toMatchObject({ status: 'live' })
    await loseConnection()
    const session = (await find()) as EndedSession
    const billedMs = (MAX_INTERRUPTIONS + 1) * CONNECTED_MS
    const chargedCents = Math.floor((RATE_CENTS * billedMs) / 60_000)
    expect(session).toMatchObject({ endReason: 'connection_lost', billedMs, chargedCents })
    expect(await world.balance(ana)).toBe(MONEY_CENTS - chargedCents)
    expect(await world.earned(mara)).toBe(chargedCents)
    const { pauses, endedAt, startedAt = 0 } = session
    const paused = pauses.reduce((sum, { from, to = 0 }) => sum + to - from, 0)
    expect(endedAt - startedAt - paused).toBe(billedMs)
    expect(pauses).toHaveLength(MAX_INTERRUPTIONS)
    expect(world.announced('ended').map(({ session: { id } }) => id)).toEqual([talk.id])
  })

  it('[B17] counts interruptions that are too short for a pause of their own', async () => {
    await begin({ maxInterruptions: 3 })
    await breakMany(3, 200)
    expect(await find()).toMatchObject({ status: 'live', pauses: [{ times: 3 }] })
    await loseConnection()
    expect(await find()).toMatchObject({ endReason: 'connection_lost', billedMs: 4 * CONNECTED_MS })
  })

  it('[B17] does not end the session when the server stops once more', async () => {
    await begin({ maxInterruptions: 3 })
    await breakMany(3)
    await world.crash(1_000)
    expect(await find()).toMatchObject({ status: 'paused' })
    for (const who of ['client', 'reader'] as const) await talk.rejoin(who)
    expect(await find()).toMatchObject({ status: 'live' })
  })

  it('[B4] [B17] charges the unfinished minute as in any session that is cut', async () => {
    await begin({ maxInterruptions: 0, terms: { partialMinute: 'full' } })
    await loseConnection()
    expect(await find()).toMatchObject({ endReason: 'connection_lost', chargedCents: 8 })
  })

  it.each([
    ['of a second and more', LOST_MS],
    ['of less than a second', 200],
  ])('costs the journal as much for the last break %s as for the first', async (_, lostMs) => {
    await begin()
    await breakMany(10, lostMs)
    const costs = []
    for (let part = 0; part < 3; part += 1) {
      const before = journalBytes()
      await breakMany(40, lostMs)
      costs.push(journalBytes() - before)
    }
    const [first = 0, , last = Infinity] = costs
    expect(first).toBeGreaterThan(0)
    expect(last / first).toBeLessThan(1.1)
  })
})
