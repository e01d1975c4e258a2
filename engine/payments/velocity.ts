/** Counts how many cards and payments each network tries. */
import { ATTEMPTS_WITHIN_MS, PAUSE_MS } from '../../domain/card-testing.ts'
import type { Client } from '../../domain/client.ts'
import { networksAround } from '../../domain/networks.ts'
import { ageOf } from '../../shared/time.ts'

/** Attempts that were lately made from one network, by any account. */
export interface Tries {
  readonly attempts: readonly number[]
  readonly declines: readonly number[]
}

export interface VelocityIndex {
  /**
   * Returns what was tried from the address's subnet and the networks around it, narrowest
   * first. `clients` are read at the first call: what is on record outlives a restart.
   */
  of(address: string, clients: () => Iterable<Client>, now: number): readonly Tries[]
  noteAttempt(address: string, at: number): void
  noteDecline(address: string, at: number): void
}

/**
 * Creates an index of the records by address, so that a new attempt need not look at every client.
 */
export function createVelocityIndex(): VelocityIndex {
  let book: Map<string, { attempts: number[]; declines: number[] }> | undefined

  const triesOf = (address: string) => {
    const found = book?.get(address) ?? { attempts: [], declines: [] }
    book?.set(address, found)
    return found
  }

  const open = (clients: Iterable<Client>) => {
    book = new Map()
    for (const { topUps } of clients) {
      for (const { from, createdAt, declines = [] } of topUps) {
        if (from === undefined) continue
        for (const network of networksAround(from)) {
          triesOf(network).attempts.push(createdAt)
          triesOf(network).declines.push(...declines.map(({ at }) => at))
        }
      }
    }
  }

  const recentOf = (network: string, now: number): Tries => {
    const { attempts, declines } = book?.get(network) ?? { attempts: [], declines: [] }
    const recent = {
      attempts: attempts.filter((at) => ageOf(at, now) < ATTEMPTS_WITHIN_MS),
      // Twice the pause: a pause runs from the last of several declines.
      declines: declines.filter((at) => ageOf(at, now) < 2 * PAUSE_MS).sort((a, b) => a - b),
    }
    if (recent.attempts.length + recent.declines.length > 0) book?.set(network, recent)
    else book?.delete(network)
    return recent
  }

  const note = (address: string, what: keyof Tries, at: number): void => {
    if (!book) return
    for (const network of networksAround(address)) triesOf(network)[what].push(at)
  }

  return {
    of(address, clients, now) {
      if (!book) open(clients())
      return networksAround(address).map((network) => recentOf(network, now))
    },
    noteAttempt: (address, at) => note(address, 'attempts', at),
    noteDecline: (address, at) => note(address, 'declines', at),
  }
}
