/** Declares a table that only the tests know, which every test of the store includes. */
import type { AnyTable, TableDeclaration } from '../../../domain/table.ts'
import { TABLES, UNMATCHED_PAYMENTS } from '../../../domain/tables.ts'
import type { Tx, View } from '../../../engine/ports.ts'

export interface Note {
  readonly id: string
  readonly authorId: string
  readonly topic: string
  readonly text?: string
  readonly tags: readonly string[]
}

export const NOTES: TableDeclaration<Note> = {
  name: 'notes',
  file: 'notes.json',
  key: 'id',
  owner: 'authorId',
  indexes: ['topic'],
  onlyGrows: false,
  personal: ['text'],
  check: ({ text = '' }) => (text.length > 100 ? 'it is too long' : undefined),
}

export const TEST_TABLES: readonly AnyTable[] = [...TABLES, NOTES]

/**
 * Adds two notes; of those that were there, changes one and removes one. Adds to a table that only
 * grows, too.
 */
export function note(tx: Tx, n: number): void {
  const notes = tx.table(NOTES)
  const before = inOrder([...notes.all()], ({ id }) => id)
  const last = before.at(-1)
  for (const id of [`n${n}`, `n${n}-again`])
    notes.put({ id, authorId: 'ana', topic: `topic ${n % 2}`, text: `Note ${n} ❤`, tags: ['new'] })
  if (last) notes.put({ ...last, tags: [...last.tags, 'old'] })
  if (before.length > 1 && before[0]) notes.remove(before[0].id)
  const paymentIntentId = `pi_${n}`
  const payments = tx.table(UNMATCHED_PAYMENTS)
  if (!payments.get(paymentIntentId))
    payments.put({
      paymentIntentId,
      amountCents: 500,
      currency: 'usd',
      why: 'no top-up',
      at: 1,
      userId: 'ana',
    })
}

/** Returns every record of every table, in the order of their ids, and what the indexes find. */
export function recordsIn(view: View): unknown {
  const notes = [...view.table(NOTES).all()]
  const payments = [...view.table(UNMATCHED_PAYMENTS).all()]
  return {
    notes: inOrder(notes, ({ id }) => id),
    payments: inOrder(payments, ({ paymentIntentId }) => paymentIntentId),
    byTopic: notes
      .map(({ topic }) => inOrder([...view.table(NOTES).by('topic', topic)], ({ id }) => id))
      .sort(byText),
    byAuthor: inOrder([...view.table(NOTES).by('authorId', 'ana')], ({ id }) => id),
  }
}

function inOrder<R>(records: readonly R[], idOf: (record: R) => string): readonly R[] {
  return [...records].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}
