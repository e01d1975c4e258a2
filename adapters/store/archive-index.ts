/**
 * Indexes where each ended session is in sessions.json, and whose it is: some sixty bytes a
 * session, in blocks that are never copied, so that the millionth costs what the first did.
 */
import { hash } from 'node:crypto'
import type { EndedSession } from '../../domain/session.ts'

/**
 * Entry of one session in the index; ids are kept as {@link keyOf} and compared again when the
 * session is read.
 */
export interface IndexEntry {
  readonly id: number
  readonly client: number
  readonly reader: number
  readonly endedAt: number
  readonly offset: number
  readonly bytes: number
  readonly crc: number
}

export interface ArchiveIndex {
  readonly count: number
  add(entry: IndexEntry): void
  entry(ordinal: number): IndexEntry
  /** Checks whether a session, by its ordinal, is one of the user's. */
  isOf(ordinal: number, personId: string): boolean
  /** Returns the ordinals of all sessions that may have the id. */
  withId(id: string): number[]
  /**
   * Yields the ordinals of a user's sessions: latest end first, and of two at one instant the later
   * added.
   */
  ofPerson(personId: string): Iterable<number>
}

export const ENTRY_BYTES = 48

/**
 * Returns an id as a whole number below 2^48: equal ids have equal keys, and different ones nearly
 * always different keys.
 */
function keyOf(id: string): number {
  return Number.parseInt(hash('sha256', id, 'hex').slice(0, 12), 16)
}

/** Returns what the index keeps of a session whose line of `bytes` bytes is at `offset`. */
export function entryOf(
  session: EndedSession,
  line: { offset: number; bytes: number; crc: number },
): IndexEntry {
  const { id, clientId, readerId, endedAt } = session
  return { id: keyOf(id), client: keyOf(clientId), reader: keyOf(readerId), endedAt, ...line }
}

export function encodeEntries(entries: readonly IndexEntry[]): Buffer {
  const bytes = Buffer.alloc(entries.length * ENTRY_BYTES)
  entries.forEach((entry, place) => {
    const at = place * ENTRY_BYTES
    bytes.writeUIntBE(entry.id, at, 6)
    bytes.writeUIntBE(entry.client, at + 8, 6)
    bytes.writeUIntBE(entry.reader, at + 16, 6)
    bytes.writeDoubleBE(entry.endedAt, at + 24)
    bytes.writeUIntBE(entry.offset, at + 32, 6)
    bytes.writeUInt32BE(entry.bytes, at + 40)
    bytes.writeUInt32BE(entry.crc, at + 44)
  })
  return bytes
}

export function decodeEntry(bytes: Buffer, at: number): IndexEntry {
  return {
    id: bytes.readUIntBE(at, 6),
    client: bytes.readUIntBE(at + 8, 6),
    reader: bytes.readUIntBE(at + 16, 6),
    endedAt: bytes.readDoubleBE(at + 24),
    offset: bytes.readUIntBE(at + 32, 6),
    bytes: bytes.readUInt32BE(at + 40),
    crc: bytes.readUInt32BE(at + 44),
  }
}

// ---------------------------------------------------------------- the blocks

const BLOCK = 8192
const SLOTS = BLOCK * 2
const NONE = -1

interface Block {
  readonly id: Float64Array
  readonly client: Float64Array
  readonly reader: Float64Array
  readonly endedAt: Float64Array
  readonly offset: Float64Array
  readonly bytes: Uint32Array
  readonly crc: Uint32Array
  /** Next older session of the same client or reader. */
  readonly olderOfClient: Int32Array
  readonly olderOfReader: Int32Array
  /** A hash table of the block's ids: the place in the block, plus one. */
  readonly slots: Uint16Array
}

function newBlock(): Block {
  return {
    id: new Float64Array(BLOCK),
    client: new Float64Array(BLOCK),
    reader: new Float64Array(BLOCK),
    endedAt: new Float64Array(BLOCK),
    offset: new Float64Array(BLOCK),
    bytes: new Uint32Array(BLOCK),
    crc: new Uint32Array(BLOCK),
    olderOfClient: new Int32Array(BLOCK),
    olderOfReader: new Int32Array(BLOCK),
    slots: new Uint16Array(SLOTS),
  }
}

export function createArchiveIndex(): ArchiveIndex {
  const blocks: Block[] = []
  const newest = new Map<number, number>()
  let count = 0

  const blockOf = (ordinal: number): Block => {
    const block = blocks[Math.floor(ordinal / BLOCK)]
    if (!block) throw new RangeError(`there is no past session ${ordinal}`)
    return block
  }
  const olderOf = (ordinal: number, person: number): { list: Int32Array; at: number } => {
    const block = blockOf(ordinal)
    const at = ordinal % BLOCK
    return { list: block.client[at] === person ? block.olderOfClient : block.olderOfReader, at }
  }
  const older = (ordinal: number, person: number): number => {
    const { list, at } = olderOf(ordinal, person)
    return list[at] ?? NONE
  }
  const setOlder = (ordinal: number, person: number, next: number): void => {
    const { list, at } = olderOf(ordinal, person)
    list[at] = next
  }
  const endedAt = (ordinal: number): number => blockOf(ordinal).endedAt[ordinal % BLOCK] ?? 0

  /** Puts the session into its user's chain, which runs from the latest end to the earliest. */
  function chain(ordinal: number, person: number): void {
    let later = NONE
    let next = newest.get(person) ?? NONE
    while (next !== NONE && endedAt(next) > endedAt(ordinal)) {
      later = next
      next = older(next, person)
    }
    setOlder(ordinal, person, next)
    if (later === NONE) newest.set(person, ordinal)
    else setOlder(later, person, ordinal)
  }

  return {
    get count() {
      return count
    },
    add: (entry) => {
      if (count % BLOCK === 0) blocks.push(newBlock())
      fill(blockOf(count), count % BLOCK, entry)
      chain(count, entry.client)
      if (entry.reader !== entry.client) chain(count, entry.reader)
      count++
    },
    entry: (ordinal) => read(blockOf(ordinal), ordinal % BLOCK),
    isOf: (ordinal, personId) => {
      const { client, reader } = read(blockOf(ordinal), ordinal % BLOCK)
      const person = keyOf(personId)
      return client === person || reader === person
    },
    withId: (id) => {
      const key = keyOf(id)
      return blocks.flatMap((block, index) => placesOf(block, key).map((place) => index * BLOCK + place))
    },
    ofPerson: function* (personId) {
      const person = keyOf(personId)
      for (let at = newest.get(person) ?? NONE; at !== NONE; at = older(at, person)) yield at
    },
  }
}

function fill(block: Block, at: number, entry: IndexEntry): void {
  block.id[at] = entry.id
  block.client[at] = entry.client
  block.reader[at] = entry.reader
  block.endedAt[at] = entry.endedAt
  block.offset[at] = entry.offset
  block.bytes[at] = entry.bytes
  block.crc[at] = entry.crc
  let slot = entry.id % SLOTS
  while (block.slots[slot]) slot = (slot + 1) % SLOTS
  block.slots[slot] = at + 1
}

function placesOf(block: Block, key: number): number[] {
  const places: number[] = []
  for (let slot = key % SLOTS, found = block.slots[slot]; found; ) {
    if (block.id[found - 1] === key) places.push(found - 1)
    slot = (slot + 1) % SLOTS
    found = block.slots[slot]
  }
  return places
}

function read(block: Block, at: number): IndexEntry {
  return {
    id: block.id[at] ?? 0,
    client: block.client[at] ?? 0,
    reader: block.reader[at] ?? 0,
    endedAt: block.endedAt[at] ?? 0,
    offset: block.offset[at] ?? 0,
    bytes: block.bytes[at] ?? 0,
    crc: block.crc[at] ?? 0,
  }
}
