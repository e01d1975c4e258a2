/**
 * Keeps the ended sessions: the latest in memory until sessions.json has them, all others in that
 * file behind its index.
 */
import { Refusal } from '../../domain/errors.ts'
import { type EndedSession, seatOf } from '../../domain/session.ts'
import type { ArchivedSessions } from '../../engine/ports.ts'
import { WRONG_CURSOR } from '../../shared/protocol/http.ts'
import type { SessionsFile } from './sessions-file.ts'

export interface SessionArchive {
  /**
   * Adds a session and returns the function that removes it, which only the last one added may use.
   */
  add(session: EndedSession): () => void
  find(id: string): Promise<EndedSession | undefined>
  /**
   * Resolves with a user's sessions, latest end first. Throws {@link UnsafeData} when the file
   * turns out to be damaged, and the refusal `invalid_input` for a cursor that names none of the
   * user's sessions.
   */
  list(userId: string, range: { cursor?: string | undefined; limit: number }): Promise<ArchivedSessions>
  /** Number of sessions that are in memory alone. */
  readonly waiting: number
  /** Moves the first `count` of those that wait, which ended up to record `seq`, into the file. */
  settle(count: number, seq: number): Promise<void>
}

/** A session and its place among all: its number in the order of ending. */
interface Found {
  readonly ordinal: number
  readonly endedAt: number
}

export function createSessionArchive(file: SessionsFile): SessionArchive {
  let waiting: EndedSession[] = []
  /**
   * Count of sessions at the start of `waiting` that are in the file already: the list is cut when
   * they are half of it.
   */
  let gone = 0
  const waitingById = new Map<string, EndedSession>()

  async function get(ordinals: readonly number[]): Promise<EndedSession[]> {
    // Sessions in memory may move into the file while it is read, so they are taken first.
    const inMemory = new Map(
      ordinals.map((ordinal) => [ordinal, waiting[gone + ordinal - file.index.count]] as const),
    )
    const fromFile = await file.read(ordinals.filter((ordinal) => !inMemory.get(ordinal)))
    return ordinals.flatMap((ordinal) => inMemory.get(ordinal) ?? fromFile.shift() ?? [])
  }

  /**
   * Returns the places of a page. Both halves are in order, and a user's later sessions end later,
   * but only the instants themselves count.
   */
  function placesOf(userId: string, after: Found | undefined, limit: number): Found[] {
    const wanted: Found[] = []
    for (let at = gone; at < waiting.length; at++) {
      const session = waiting[at]
      if (session?.clientId !== userId && session?.readerId !== userId) continue
      const place = { ordinal: file.index.count + at - gone, endedAt: session.endedAt }
      if (comesAfter(place, after)) wanted.push(place)
    }
    let taken = 0
    for (const ordinal of file.index.ofPerson(userId)) {
      const place = { ordinal, endedAt: file.index.entry(ordinal).endedAt }
      if (!comesAfter(place, after)) continue
      wanted.push(place)
      if (++taken === limit) break
    }
    return wanted.sort((a, b) => (comesAfter(b, a) ? -1 : 1)).slice(0, limit)
  }

  /** Returns the place that a cursor names, which one of the user's sessions has. */
  function mustBePlaceOf(userId: string, cursor: string): Found {
    const place = decodeCursor(cursor)
    if (place && isPlaceOf(userId, place)) return place
    throw new Refusal('invalid_input', 'There is no such page of the list.', {
      errors: [{ path: 'cursor', message: WRONG_CURSOR }],
    })
  }

  function isPlaceOf(userId: string, { ordinal, endedAt }: Found): boolean {
    const inMemory = ordinal - file.index.count
    if (inMemory < 0) {
      return file.index.isOf(ordinal, userId) && file.index.entry(ordinal).endedAt === endedAt
    }
    const session = waiting[gone + inMemory]
    return session?.endedAt === endedAt && seatOf(session, userId) !== undefined
  }

  return {
    add: (session) => {
      waiting.push(session)
      waitingById.set(session.id, session)
      return () => {
        waiting.pop()
        waitingById.delete(session.id)
      }
    },
    find: async (id) => {
      const waits = waitingById.get(id)
      if (waits) return waits
      return (await file.read(file.index.withId(id))).find((session) => session.id === id)
    },
    list: async (userId, { cursor, limit }) => {
      const after = cursor === undefined ? undefined : mustBePlaceOf(userId, cursor)
      const places = placesOf(userId, after, limit + 1)
      const last = places.length > limit ? places[limit - 1] : undefined
      const found = await get(places.slice(0, limit).map((place) => place.ordinal))
      const sessions = found.filter((session) => session.clientId === userId || session.readerId === userId)
      return last ? { sessions, nextCursor: encodeCursor(last) } : { sessions }
    },
    get waiting() {
      return waiting.length - gone
    },
    settle: async (count, seq) => {
      let left = count
      do {
        const settled = waiting.slice(gone, gone + Math.min(left, AT_A_TIME))
        left -= settled.length
        // Only with the last of them does the file contain all up to the record.
        await file.append(settled, left > 0 ? file.mark.seq : seq, () => {
          for (const session of settled) waitingById.delete(session.id)
          gone += settled.length
          if (gone * 2 < waiting.length) return
          waiting = waiting.slice(gone)
          gone = 0
        })
      } while (left > 0)
    },
  }
}

// making their lines takes a few milliseconds, during which nothing else happens
const AT_A_TIME = 200

/**
 * Returns true where `place` is further down a page than `other`: it ended earlier or, at one
 * instant, before it.
 */
function comesAfter(place: Found, other: Found | undefined): boolean {
  if (!other) return true
  return place.endedAt === other.endedAt ? place.ordinal < other.ordinal : place.endedAt < other.endedAt
}

function encodeCursor(place: Found): string {
  return `${place.endedAt}-${place.ordinal}`
}

function decodeCursor(cursor: string): Found | undefined {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(cursor)
  return match ? { endedAt: Number(match[1]), ordinal: Number(match[2]) } : undefined
}
