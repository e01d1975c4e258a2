import type { ReaderStatus, ReaderView } from '../../shared/protocol/views.ts'
import { sayNeeds } from '../lib/messages.ts'

const ORDER: readonly ReaderStatus[] = ['available', 'busy', 'offline']

/** Available first, then those in a session, then the others; by name among equals. */
export function inOrder(readers: readonly ReaderView[]): ReaderView[] {
  return [...readers].sort(
    (a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || a.name.localeCompare(b.name),
  )
}

/** A newer list in the places of the one that is shown, so that nothing moves under a finger; new readers come last. */
export function inPlace(shown: readonly ReaderView[], fresh: readonly ReaderView[]): ReaderView[] {
  const byId = new Map(fresh.map((reader) => [reader.id, reader]))
  const kept = shown.flatMap(({ id }) => byId.get(id) ?? [])
  const known = new Set(shown.map(({ id }) => id))
  return [...kept, ...inOrder(fresh.filter(({ id }) => !known.has(id)))]
}

/** Whether the list stands as it would if it were drawn anew. */
export function isInOrder(readers: readonly ReaderView[]): boolean {
  return inOrder(readers).every(({ id }, index) => readers[index]?.id === id)
}

/** Those whose name or speciality has every word of `wanted`, however it is written. */
export function matching(readers: readonly ReaderView[], wanted: string): readonly ReaderView[] {
  const words = plain(wanted).split(' ').filter(Boolean)
  if (words.length === 0) return readers
  return readers.filter(({ name, speciality = '' }) => {
    const told = plain(`${name} ${speciality}`)
    return words.every((word) => told.includes(word))
  })
}

/** Without accents, capitals and double spaces: `"Élodie "` is found by `"elodie"`. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim()
}

/** Why a client cannot ring a reader now. */
export interface WhyNot {
  /** What is in the way, and where it passes by itself, when. */
  readonly says: string
  /** Money is all that is missing, so that a top-up is the way on. */
  readonly needsFunds: boolean
}

/** Why a client cannot ring this reader now; undefined when it is possible. */
export function whyNot(
  reader: ReaderView,
  balanceCents: number,
  hasOpenSession: boolean,
): WhyNot | undefined {
  const because = (says: string) => ({ says, needsFunds: false })
  if (hasOpenSession) return because('You have an open session. Return to it, or end it first.')
  if (reader.status === 'busy')
    return because('With somebody else just now. The buttons come back when that session is over.')
  if (reader.status === 'offline')
    return because('Not taking sessions just now. This changes by itself when they are back.')
  if (balanceCents < reader.rateCents)
    return { says: sayNeeds(reader.rateCents, balanceCents), needsFunds: true }
  return undefined
}
