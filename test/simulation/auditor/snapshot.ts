/** Reads the server's state through its own routes, at one instant. */

import type { Client } from '../../../domain/client.ts'
import type { Reader } from '../../../domain/reader.ts'
import type { EndedSession, OpenSession } from '../../../domain/session.ts'
import { isClient } from '../../../domain/user.ts'
import type { Store } from '../../../engine/ports.ts'

export interface Snapshot {
  readonly at: number
  readonly clients: readonly Client[]
  readonly readers: readonly { reader: Reader; earnedCents: number }[]
  readonly open: readonly OpenSession[]
}

export function takeSnapshot(store: Store): Promise<Snapshot> {
  return store.read((view) => ({
    at: view.now,
    clients: [...view.users()].filter(isClient),
    readers: [...view.readers()].map((reader) => ({ reader, earnedCents: view.earningsOf(reader.id) })),
    open: [...view.openSessions()],
  }))
}

/** Returns how often a session has been interrupted, by what the server says of each pause. */
export const interruptionsOf = ({ pauses }: Pick<EndedSession, 'pauses'>): number =>
  pauses.reduce((sum, { times = 1 }) => sum + times, 0)

/** Returns every ended session of these people, page by page, in the order of their ids. */
export async function allPast(store: Store, people: readonly string[]): Promise<EndedSession[]> {
  const found = new Map<string, EndedSession>()
  for (const person of people) {
    let cursor: string | undefined
    do {
      const page = await store.pastSessions(person, { cursor, limit: 20 })
      for (const session of page.sessions) found.set(session.id, session)
      cursor = page.nextCursor
    } while (cursor !== undefined)
  }
  return [...found.values()].sort((one, other) => (one.id < other.id ? -1 : 1))
}

/**
 * Returns the same text for the same content, whatever the order in which fields and records were
 * made.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  )
}
