/** Tests the log lines of a session. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../../engine/ports.ts'
import { createWorld, MINUTE, type World } from '../../support/world.ts'

interface Written {
  readonly fields: Record<string, unknown>
  readonly message: string
}

let written: Written[]
let world: World

beforeEach(async () => {
  written = []
  const write = (fields: object, message: string) =>
    void written.push({ fields: fields as Written['fields'], message })
  const log: Log = { info: write, warn: write, error: write }
  world = await createWorld({ log })
})

const lines = (message: string) =>
  written.filter((line) => line.message === message).map(({ fields }) => fields)

describe('the log', () => {
  it('has one line for a session’s start and one for its end, with what it came to', async () => {
    const ana = await world.client('Ana', 5_000)
    const mara = await world.reader('Mara', 250)
    const talk = await world.talk(ana, mara)
    const people = { sessionId: talk.id, clientId: ana.id, readerId: mara.id, kind: 'video', rateCents: 250 }
    expect(lines('a session started')).toEqual([people])

    await world.clock.advance(MINUTE / 2)
    talk.fallSilent('reader')
    await talk.beat('reader', 'interrupted')
    await world.clock.advance(5_000)
    await talk.rejoin('reader')
    await world.clock.advance(MINUTE / 4)
    await world.engine.sessions.end(ana, talk.id)
    await world.engine.sessions.end(ana, talk.id)

    expect(lines('a session started')).toHaveLength(1)
    expect(lines('a session ended')).toEqual([
      { ...people, minutes: 0.75, chargedCents: 187, earnedCents: 187, endReason: 'client_ended' },
    ])
  })

  it('has both for a session that outlived the process, and each once', async () => {
    const ana = await world.client('Ana', 5_000)
    const talk = await world.talk(ana, await world.reader('Mara', 250))
    await world.clock.advance(MINUTE)
    await world.crash(10 * MINUTE)
    await world.clock.advance(2 * MINUTE)
    expect(lines('a session started')).toHaveLength(1)
    expect(lines('a session ended')).toMatchObject([
      { sessionId: talk.id, chargedCents: 250, endReason: 'server_stopped' },
    ])
  })

  it('has an end alone for a request that came to nothing', async () => {
    const ana = await world.client('Ana', 5_000)
    const mara = await world.reader('Mara', 250)
    const { id } = await world.engine.sessions.request(ana, { readerId: mara.id, kind: 'chat' })
    await world.engine.sessions.decline(mara, id)
    expect(lines('a session started')).toEqual([])
    expect(lines('a session ended')).toMatchObject([
      { sessionId: id, minutes: 0, chargedCents: 0, endReason: 'declined' },
    ])
  })

  it('contains no names: ids alone', async () => {
    const ana = await world.client('Ana', 5_000)
    const talk = await world.talk(ana, await world.reader('Mara', 250))
    await world.engine.sessions.end(ana, talk.id)
    const told = [...lines('a session started'), ...lines('a session ended')]
    expect(told).toHaveLength(2)
    expect(JSON.stringify(told)).not.toMatch(/Ana|Mara|@|example/)
  })
})
