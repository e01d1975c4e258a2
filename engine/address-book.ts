import { ATTEMPTS_WITHIN_MS, PAUSE_MS } from '../domain/card-limits.ts'
import type { Client } from '../domain/user.ts'

/** What has lately been tried from one network address, by whichever account. */
export interface Tries {
  readonly attempts: readonly number[]
  readonly declines: readonly number[]
}

export interface AddressBook {
  /** `clients` are asked when the book is opened for the first time: what is on record outlives a restart. */
  of(address: string, clients: () => Iterable<Client>, now: number): Tries
  noteAttempt(address: string, at: number): void
  noteDecline(address: string, at: number): void
}

/** An index over the records by address, so that a new attempt need not look at every client. */
export function createAddressBook(): AddressBook {
  let book: Map<string, { attempts: number[]; declines: number[] }> | undefined

  const page = (address: string) => {
    const found = book?.get(address) ?? { attempts: [], declines: [] }
    book?.set(address, found)
    return found
  }

  const open = (clients: Iterable<Client>) => {
    book = new Map()
    for (const { topUps } of clients) {
      for (const { from, createdAt, declines = [] } of topUps) {
        if (from === undefined) continue
        page(from).attempts.push(createdAt)
        page(from).declines.push(...declines.map(({ at }) => at))
      }
    }
  }

  return {
    of(address, clients, now) {
      if (!book) open(clients())
      const { attempts, declines } = book?.get(address) ?? { attempts: [], declines: [] }
      const recent = {
        attempts: attempts.filter((at) => at > now - ATTEMPTS_WITHIN_MS),
        // Twice the pause: a pause runs from the last of several declines.
        declines: declines.filter((at) => at > now - 2 * PAUSE_MS).sort((a, b) => a - b),
      }
      if (recent.attempts.length + recent.declines.length > 0) book?.set(address, recent)
      else book?.delete(address)
      return recent
    },
    noteAttempt: (address, at) => void (book && page(address).attempts.push(at)),
    noteDecline: (address, at) => void (book && page(address).declines.push(at)),
  }
}
