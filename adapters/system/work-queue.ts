/** Shares turns at something slow between the networks that ask for it. */
import { Refusal } from '../../domain/errors.ts'
import type { Caller } from '../../engine/ports.ts'

const AT_ONCE = 2 // bcrypt and the journal's syncs share Node's four pool threads
/** Most that wait for a turn: from one IPv4 address or IPv6 /48, and in all. */
export const MOST_WAITING = { ofOne: 12, inAll: 48 } as const
const RETRY_AFTER_SECONDS = 5

interface Waiting {
  readonly go: () => void
  readonly refuse: (error: Refusal) => void
}

export type TakeTurn = <T>(caller: Caller, work: () => Promise<T>) => Promise<T>

/**
 * Creates the queue. It runs `work` when it is its turn: within a network in order, and between
 * networks one after the other, so that a network that asks for much only delays itself. Throws the
 * refusal `busy` when too many wait; when there is no room left, the network with the longest line
 * gives up its last place to one that has fewer waiting.
 */
export function createTurns(): TakeTurn {
  let running = 0
  const lines = new Map<string, Waiting[]>() // the first is next

  const makeRoom = (mine: Waiting[]): void => {
    const longest = [...lines.values()].reduce((a, b) => (b.length > a.length ? b : a), mine)
    if (longest.length <= mine.length + 1) throw busy()
    longest.pop()?.refuse(busy())
  }

  const wait = (network: string): Promise<void> => {
    const line = lines.get(network) ?? []
    if (line.length >= MOST_WAITING.ofOne) throw busy()
    const count = [...lines.values()].reduce((sum, { length }) => sum + length, 0)
    if (count >= MOST_WAITING.inAll) makeRoom(line)
    lines.set(network, line)
    return new Promise((go, refuse) => void line.push({ go, refuse }))
  }

  const takeNext = (): Waiting | undefined => {
    const [first] = lines
    if (!first) return undefined
    const [network, line] = first
    const next = line.shift()
    lines.delete(network)
    if (line.length > 0) lines.set(network, line)
    return next
  }

  return async (caller, work) => {
    if (running < AT_ONCE) running += 1
    else await wait(caller.networks?.at(-1) ?? '')
    try {
      return await work()
    } finally {
      const next = takeNext()
      if (next) next.go()
      else running -= 1
    }
  }
}

const busy = () =>
  new Refusal('busy', 'Many people are logging in right now. Try again in a few seconds.', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
