/**
 * Bounds unbilled time: media that reached a client without proof, so that it was not paid for.
 * [B22]
 */

import type { Client } from './client.ts'
import { draftOfClient } from './drafts.ts'
import { dayBook } from './spending.ts'

/**
 * Time that a page sends beyond what has been proven in a session before it holds its camera,
 * microphone and chat.
 */
export const UNBILLED_MS = 10_000
/** The same for a client who has had {@link MUCH_MS} of it on one day (of UTC). */
const LITTLE_MS = 2_000
const MUCH_MS = 30_000

/**
 * Returns how long media was sent to the client in a session unbilled, in milliseconds, as far as
 * an honest page would have sent it.
 */
export function unbilledIn(sentMs: number, billedMs: number): number {
  return Math.round(Math.min(UNBILLED_MS, Math.max(0, sentMs - billedMs)))
}

export function noteUnbilled(client: Client, unbilledMs: number, at: number): Client {
  const book = dayBook(client, at)
  const draft = draftOfClient(client)
  draft.dayBook = { ...book, unbilledMs: (book.unbilledMs ?? 0) + unbilledMs }
  return draft
}

/** Returns how much a session of this client may leave unbilled now, in milliseconds. */
export function unbilledAllowed(client: Client, at: number): number {
  return (dayBook(client, at).unbilledMs ?? 0) < MUCH_MS ? UNBILLED_MS : LITTLE_MS
}
