/**
 * Sends long responses: one at a time for each account, as fast as the client reads, until it
 * disconnects.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import type { Response } from 'express'
import { Refusal } from '../domain/errors.ts'

const PIECE_CHARS = 16 * 1024
const SLICE_MS = 20 // of work, after which everybody else has a turn
const STALLED_MS = 30_000 // a caller who takes nothing for so long is gone
const COME_BACK_SECONDS = 5

/**
 * Requests of one account that may wait for the one under way: as many pages as a user opens at
 * once.
 */
export const MOST_WAITING = 9

/**
 * Runs `work` once nothing else of the account runs, unless the caller has gone by then. Throws the
 * refusal `rate_limited`.
 */
export type InTurn = (accountId: string, res: Response, work: () => Promise<void>) => Promise<void>

/** Creates the queues: of each account one piece of work runs, and `mostWaiting` wait for it. */
export function createAccountQueue(mostWaiting: number): InTurn {
  const lines = new Map<string, { length: number; last: Promise<void> }>()

  return async (accountId, res, work) => {
    const line = lines.get(accountId) ?? { length: 0, last: Promise.resolve() }
    if (line.length > mostWaiting) throw oneAtATime()
    const mine = line.last.then(() => (res.closed ? undefined : work()))
    line.length += 1
    line.last = mine.catch(() => undefined)
    lines.set(accountId, line)
    try {
      await mine
    } finally {
      line.length -= 1
      if (line.length === 0) lines.delete(accountId)
    }
  }
}

function oneAtATime(): Refusal {
  return new Refusal('rate_limited', 'Your last request is still running. Try again in a few seconds.', {
    retryAfterSeconds: COME_BACK_SECONDS,
  })
}

/**
 * Sends the parts of a text; asks for no more of them than the caller takes, and for none when the
 * caller has gone.
 */
export async function sendParts(res: Response, parts: AsyncIterable<string>): Promise<void> {
  res.setTimeout(STALLED_MS, () => res.destroy())
  try {
    await pipeline(Readable.from(inPieces(parts)), res)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

async function* inPieces(parts: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let piece = ''
  let sliceAt = performance.now()
  for await (const part of parts) {
    piece += part
    if (performance.now() - sliceAt > SLICE_MS) {
      await setImmediate()
      sliceAt = performance.now()
    }
    if (piece.length < PIECE_CHARS) continue
    yield piece
    piece = ''
  }
  yield piece
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}

/** Returns a signal that aborts when the caller has gone. */
export function goneSignal(res: Response): AbortSignal {
  const gone = new AbortController()
  res.once('close', () => gone.abort())
  return gone.signal
}
