/** Finds out which keys of people the records of the journal need, and which they say are gone. */
import { isObject, parseLine } from '../../store/journal/record.ts'
import { keyIdOf } from '../../store/people/person-keys.ts'
import { eachRecord, type Records } from '../piece.ts'

export interface NeededKeys {
  /** Takes note of records that are to be read. */
  add(records: Records): void
  /** Takes note of records that are not to be read: what they say of keys holds all the same. */
  addLater(records: Records): void
  /** Returns the keys that are needed and not among `there`, each with whether its person has left. */
  lackedBy(there: ReadonlySet<string>): { left: string[]; lost: string[] }
}

export function createNeededKeys(): NeededKeys {
  const needed = new Set<string>()
  const gone = new Set<string>()
  const goneLater = new Set<string>()
  return {
    add(records) {
      for (const id of sealedIn(records.bytes)) needed.add(id)
      for (const id of goneIn(records)) gone.add(id)
    },
    addLater(records) {
      for (const id of goneIn(records)) goneLater.add(id)
    },
    lackedBy(there) {
      const lacked = [...needed].filter((id) => !there.has(id) && !gone.has(id))
      return {
        left: lacked.filter((id) => goneLater.has(id)),
        lost: lacked.filter((id) => !goneLater.has(id)),
      }
    },
  }
}

const SEALED_TEXT = Buffer.from('"$":"') // within a text of JSON the quotes would have backslashes
const LONGEST_ID = 64

/** Returns the ids of the keys under which something in a journal's bytes is sealed. */
export function* sealedIn(bytes: Buffer): Generator<string> {
  for (let at = bytes.indexOf(SEALED_TEXT); at >= 0; at = bytes.indexOf(SEALED_TEXT, at)) {
    at += SEALED_TEXT.length
    yield keyIdOf(bytes.toString('latin1', at, at + LONGEST_ID))
  }
}

const GONE_TEXT = '"gone":'

/** Returns the ids of the keys of those who have left. */
function* goneIn({ first, before, bytes }: Records): Generator<string> {
  if (!bytes.includes(GONE_TEXT)) return
  for (const { line } of eachRecord(bytes, { seq: first - 1, chain: before })) {
    if (!line.includes(GONE_TEXT)) continue
    const { gone } = parseLine(line) ?? {}
    for (const ids of isObject(gone) ? Object.values(gone) : [])
      yield* Array.isArray(ids) ? ids.map(String) : []
  }
}
