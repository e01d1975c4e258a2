/** Tests the words for the connection between two people. */
import { describe, expect, it } from 'vitest'
import { sayChatHeld } from '../../../browser/call/messages.ts'
import type { CallState } from '../../../browser/call/types.ts'
import { connectionOf } from '../../../browser/lib/connection.ts'
import type { Told } from '../../../browser/session/meter.ts'
import { requested } from '../page-fakes.ts'

const live = { ...requested, status: 'live' as const }
const told: Told = { running: true, billedMs: 1_000, chargedCents: 4, at: 0 }
const call: CallState = { phase: 'connected', online: true, peerPresent: true }

describe('the connection between the two people', () => {
  it('is unsteady while the other one is not heard, until the server has paused', () => {
    expect(connectionOf(live, { call, hearing: 'steady' }, told).state).toBe('connected')
    expect(connectionOf(live, { call, hearing: 'unsteady' }, told)).toEqual({
      state: 'unsteady',
      words: 'Connection is unstable',
    })
    const paused = { ...live, status: 'paused' as const }
    expect(connectionOf(paused, { call, hearing: 'unsteady' }, { ...told, running: false }).state).toBe(
      'lost',
    )
  })

  it.each(['accepted', 'live', 'paused'] as const)('is not charging while nothing comes (%s)', (status) => {
    const seen = { call, hearing: 'nothing' as const }
    expect(connectionOf({ ...live, status }, seen, told)).toEqual({
      state: 'lost',
      words: 'Nothing received: not charging',
    })
  })

  it('is being made while the page opens its first connection to our server', () => {
    const opening: CallState = { phase: 'joining', online: undefined, peerPresent: false }
    expect(
      connectionOf(
        { ...live, status: 'accepted' },
        { call: opening, hearing: 'steady' },
        { ...told, running: false },
      ),
    ).toEqual({ state: 'connecting', words: 'Connecting' })
  })

  it('is lost without our server, however well the other one is heard', () => {
    expect(connectionOf(live, { call: { ...call, online: false }, hearing: 'steady' }, told).state).toBe(
      'lost',
    )
  })
})

describe('why nothing can be written', () => {
  it.each([
    ['accepted', false, 'as soon as the two of you are connected'],
    ['live', false, 'as soon as the two of you are connected'],
    ['live', true, 'in a moment'],
    ['paused', true, 'when the connection is back'],
  ] as const)('while %s', (status, hasBegun, words) => {
    expect(sayChatHeld(status, hasBegun)).toContain(words)
  })
})
