/** Sorts and filters the list of readers, and says why one cannot be called. */
import { TOP_UP_CHOICES_CENTS } from '../../shared/bounds.ts'
import type { ReaderStatus, ReaderView } from '../../shared/protocol/views.ts'
import { sayNeeds } from '../lib/messages.ts'
import { sayAmount } from '../payments/top-up-messages.ts'

const ORDER: Record<ReaderStatus, number> = { available: 0, busy: 1, offline: 2 }

// One for all: `localeCompare` makes another at every comparison.
const { compare: compareNames } = new Intl.Collator()

const compare = (a: ReaderView, b: ReaderView): number =>
  ORDER[a.status] - ORDER[b.status] || compareNames(a.name, b.name)

/**
 * Returns available readers first, then those in a session, then the others; by name within each.
 */
export function inOrder(readers: readonly ReaderView[]): ReaderView[] {
  return [...readers].sort(compare)
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
  return readers.every((reader, index) => {
    const next = readers[index + 1]
    return next === undefined || compare(reader, next) <= 0
  })
}

/**
 * Returns the readers whose name or speciality has every word of `wanted`, whatever its case or
 * accents.
 */
export function matching(readers: readonly ReaderView[], wanted: string): readonly ReaderView[] {
  const words = plain(wanted).split(/\s+/).filter(Boolean)
  if (words.length === 0) return readers
  return readers.filter((reader) => {
    const told = plainOf(reader)
    return words.every((word) => told.includes(word))
  })
}

/** Keeps what is searched: with thousands of readers, a letter must not cost thousands of these. */
const plainTexts = new WeakMap<ReaderView, string>()

function plainOf(reader: ReaderView): string {
  const known = plainTexts.get(reader)
  if (known !== undefined) return known
  const text = plain(`${reader.name} ${reader.speciality ?? ''}`)
  plainTexts.set(reader, text)
  return text
}

/** Returns text without accents and capitals: `"elodie"` finds `"Élodie"`. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

/**
 * Returns what the balance buys of a reader or, where that is not a minute, what the least amount
 * that does would buy: `"Your balance buys 7 min"`, `"$20 buys 8 min"`.
 */
export function sayBuys(balanceCents: number, rateCents: number): string {
  const minutes = (cents: number) => Math.floor(cents / rateCents)
  if (minutes(balanceCents) >= 1) return `Your balance buys ${minutes(balanceCents)} min`
  const [, ...larger] = TOP_UP_CHOICES_CENTS
  const cents = larger.find((choice) => minutes(choice) >= 1)
  return cents === undefined ? '' : `${sayAmount(cents)} buys ${minutes(cents)} min`
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
  { hasOpenSession, isOnHold }: { hasOpenSession: boolean; isOnHold: boolean },
): WhyNot | undefined {
  const because = (says: string) => ({ says, needsFunds: false })
  if (isOnHold) return because('Your account is on hold.')
  if (hasOpenSession) return because('You have an open session. Return to it, or end it first.')
  if (reader.status === 'busy') return because('In a session. You can call again when it ends.')
  if (reader.status === 'offline') return because('Offline. You can call when they are back.')
  if (balanceCents < reader.rateCents)
    return { says: sayNeeds(reader.rateCents, balanceCents), needsFunds: true }
  return undefined
}
