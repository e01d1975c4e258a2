/** Shares turns at something slow between the networks that ask for it. */
import { Refusal } from '../../domain/errors.ts'
import type { Caller, Clock } from '../../engine/ports.ts'

const AT_ONCE = 2 // bcrypt and the journal's syncs share Node's four pool threads
/** Most that wait for a turn: from one IPv4 address or IPv6 /48, and in all. */
export const MOST_WAITING = { ofOne: 12, inAll: 600 } as const
/** The longest that a caller is kept waiting for a turn. */
export const LONGEST_WAIT_MS = 10_000
const FURTHEST_RETURN_MS = 60_000
const FIRST_GUESS_MS = 300 // for one piece of work, before any has been measured
const WEIGHT_OF_LATEST = 0.1

interface Waiting {
  readonly go: () => void
  readonly refuse: (error: Refusal) => void
}

export type TakeTurn = <T>(caller: Caller, work: () => Promise<T>) => Promise<T>

/**
 * Creates the queue. It runs `work` when it is its turn: within a network in order, and between
 * networks one after the other, so that a network that asks for much only delays itself. Throws the
 * refusal `busy`, which says when to come back, to a caller whose turn is not expected within
 * {@link LONGEST_WAIT_MS} or has not come by then; when there is no room left, the network with the
 * longest line gives up its last place to one that has fewer waiting.
 */
export function createTurns(clock: Clock): TakeTurn {
  let running = 0
  const lines = new Map<string, Waiting[]>() // the first is next
  const pace = createPace(clock)

  const waitingInAll = (): number => [...lines.values()].reduce((sum, { length }) => sum + length, 0)

  /** Returns how many turns are given before one that joins this line. */
  const turnsBefore = (mine: readonly Waiting[]): number =>
    [...lines.values()].reduce((sum, { length }) => sum + Math.min(length, mine.length + 1), 0)

  const makeRoom = (mine: Waiting[]): void => {
    const longest = [...lines.values()].reduce((a, b) => (b.length > a.length ? b : a), mine)
    if (longest.length <= mine.length + 1) throw pace.busy(waitingInAll())
    longest.pop()?.refuse(pace.busy(waitingInAll()))
  }

  const leave = (network: string, waiting: Waiting): void => {
    const line = lines.get(network)?.filter((each) => each !== waiting) ?? []
    if (line.length > 0) lines.set(network, line)
    else lines.delete(network)
    waiting.refuse(pace.busy(waitingInAll()))
  }

  const wait = async (network: string): Promise<void> => {
    const line = lines.get(network) ?? []
    // A network that has its share in line is no sign that others have to wait longer.
    if (line.length >= MOST_WAITING.ofOne) throw pace.busyAlone(line.length)
    const before = turnsBefore(line)
    if (pace.waitFor(before + 1) > LONGEST_WAIT_MS) throw pace.busy(before)
    if (waitingInAll() >= MOST_WAITING.inAll) makeRoom(line)
    let cancel: () => void = () => undefined
    try {
      await new Promise<void>((go, refuse) => {
        const waiting = { go, refuse }
        lines.set(network, [...line, waiting])
        cancel = clock.at(clock.now() + LONGEST_WAIT_MS, () => leave(network, waiting))
      })
    } finally {
      cancel()
    }
  }

  const takeNext = (): Waiting | undefined => {
    const [first] = lines
    if (!first) return undefined
    const [network, [next, ...others]] = first
    lines.delete(network)
    if (others.length > 0) lines.set(network, others)
    return next
  }

  return async (caller, work) => {
    if (running < AT_ONCE) running += 1
    else await wait(caller.networks?.at(-1) ?? '')
    try {
      return await pace.measure(work)
    } finally {
      const next = takeNext()
      if (next) next.go()
      else running -= 1
    }
  }
}

/**
 * Creates what knows how long turns take. It sends those who are refused back at different times, as
 * fast as turns are given, so that a crowd comes back as a line.
 */
function createPace({ now }: Clock) {
  let workMs = FIRST_GUESS_MS
  let promisedUntil = 0
  const waitFor = (turns: number): number => (turns * workMs) / AT_ONCE

  return {
    waitFor,

    async measure<T>(work: () => Promise<T>): Promise<T> {
      const from = now()
      const done = await work()
      workMs += WEIGHT_OF_LATEST * (now() - from - workMs)
      return done
    },

    /** Returns the refusal of a caller before whom `turns` are given. */
    busy(turns: number): Refusal {
      const latest = now() + FURTHEST_RETURN_MS
      promisedUntil = Math.min(latest, Math.max(now() + waitFor(turns), promisedUntil + waitFor(1)))
      return busyFor(promisedUntil - now())
    },

    busyAlone: (turns: number): Refusal => busyFor(waitFor(turns)),
  }
}

function busyFor(waitMs: number): Refusal {
  return new Refusal('busy', 'Many people are logging in right now. Try again in a few seconds.', {
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  })
}
