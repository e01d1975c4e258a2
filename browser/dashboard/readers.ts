/** Sorts and filters the list of readers, and says why one cannot be called. */
import type { ReaderStatus, ReaderView } from '../../shared/protocol/views.ts'
import { sayNeeds } from '../lib/messages.ts'

const ORDER: readonly ReaderStatus[] = ['available', 'busy', 'offline']

/**
 * Returns available readers first, then those in a session, then the others; by name within each.
 */
export function inOrder(readers: readonly ReaderView[]): ReaderView[] {
  return [...readers].sort(
    (a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || a.name.localeCompare(b.name),
  )
}

/**
 * Returns the newer list in the order of the one that is shown, so that nothing moves under a
 * finger; new readers come last.
 */
export function inPlace(shown: readonly ReaderView[], fresh: readonly ReaderView[]): ReaderView[] {
  const byId = new Map(fresh.map((reader) => [reader.id, reader]))
  const kept = shown.flatMap(({ id }) => byId.get(id) ?? [])
  const known = new Set(shown.map(({ id }) => id))
  return [...kept, ...inOrder(fresh.filter(({ id }) => !known.has(id)))]
}

/** Says whether the list is already sorted. */
export function isInOrder(readers: readonly ReaderView[]): boolean {
  return inOrder(readers).every(({ id }, index) => readers[index]?.id === id)
}

/**
 * Returns the readers whose name or speciality has every word of `wanted`, whatever its case or
 * accents.
 */
export function matching(readers: readonly ReaderView[], wanted: string): readonly ReaderView[] {
  const words = plain(wanted).split(' ').filter(Boolean)
  if (words.length === 0) return readers
  return readers.filter(({ name, speciality = '' }) => {
    const told = plain(`${name} ${speciality}`)
    return words.every((word) => told.includes(word))
  })
}

/** Returns text without accents, capitals and double spaces: `"elodie"` finds `"Élodie "`. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim()
}

/** Describes why a client cannot call a reader now. */
export interface WhyNot {
  /** The obstacle and, where it passes without the client, when. */
  readonly says: string
  /** Only money is missing, so that a top-up helps. */
  readonly needsFunds: boolean
}

/** Returns why a client cannot call this reader now; undefined when it is possible. */
export function whyNot(
  reader: ReaderView,
  balanceCents: number,
  hasOpenSession: boolean,
): WhyNot | undefined {
  const because = (says: string) => ({ says, needsFunds: false })
  if (hasOpenSession) return because('You have an open session. Return to it, or end it first.')
  if (reader.status === 'busy') return because('In a session. You can call again when it ends.')
  if (reader.status === 'offline') return because('Offline. You can call when they are back.')
  if (balanceCents < reader.rateCents)
    return { says: sayNeeds(reader.rateCents, balanceCents), needsFunds: true }
  return undefined
}
