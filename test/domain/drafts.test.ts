/** Tests the drafts that a transaction changes. */
import { describe, expect, it } from 'vitest'
import type { Client } from '../../domain/client.ts'
import { draftOf, draftOfClient } from '../../domain/drafts.ts'
import { accept, type LiveSession, pause, request, start } from '../../domain/session.ts'
import { cents } from '../../shared/money.ts'

const requested = request({
  id: 's',
  clientId: 'c',
  clientName: 'Ana',
  readerId: 'r',
  readerName: 'Mara',
  kind: 'video',
  rateCents: cents(300),
  requestedAt: 1,
})
const live: LiveSession = start(accept(requested, 2), 3, true)
const client: Client = {
  id: 'c',
  name: 'Ana',
  email: 'ana@example.com',
  passwordHash: 'hash',
  createdAt: 1,
  logins: [],
  role: 'client',
  balanceCents: cents(500),
  topUps: [],
}

function without<T extends object>(record: T, name: keyof T): T {
  const rest = { ...record }
  delete rest[name]
  return rest
}

describe('a draft has every field of its record, in the same order where all records have it', () => {
  it.each([
    ['a live session', live],
    [
      'one with a limit and a balance before',
      { ...live, limitCents: cents(900), balanceBeforeCents: cents(5) },
    ],
    ['one with a field of a later version', { ...live, later: { deep: [1] } }],
    [
      'one of a version that did not have all of it',
      { ...without(live, 'courtesy'), limitCents: cents(900) },
    ],
    ['a paused session', pause(live, 'client_connection', 9)],
  ])('%s', (_, session) => {
    expect(draftOf(session)).toStrictEqual(session)
    expect(draftOf(session)).not.toBe(session)
  })

  it.each([
    ['a client', client],
    [
      'one with a card and a debt',
      { ...client, customerId: 'cus', debtCents: cents(1), defaultCardId: 'pm' },
    ],
    ['one with a field of a later version', { ...client, later: true }],
    ['one of a version that did not have all of it', { ...without(client, 'logins'), debtCents: cents(1) }],
  ])('%s', (_, person) => {
    expect(draftOfClient(person)).toStrictEqual(person)
    expect(Object.keys(draftOfClient(client))).toEqual(Object.keys(client))
  })

  it('leaves the record as it is when it is changed', () => {
    const draft = draftOfClient(client)
    draft.balanceCents = cents(1)
    expect(client.balanceCents).toBe(500)
  })
})
