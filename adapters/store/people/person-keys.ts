/**
 * Gives every person a key of that person's own, under which the journal says what is personal.
 * Without the key, which is in keys.json alone, none of it can be read again.
 */
import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { invariant } from '../../../domain/errors.ts'
import type { Log } from '../../../engine/ports.ts'
import type { DataKeys } from '../../system/data-key.ts'
import { KEY_BYTES, open, seal } from '../../system/sealed-box.ts'
import type { Disk } from '../disk/disk.ts'
import { UnsafeData } from '../journal/scan.ts'
import {
  DEBRIS_FILE,
  KEYS_FILE,
  type KeysFile,
  type LoadedKeys,
  loadKeys,
  NEW_KEYS_FILE,
  openKeysFile,
  type WrappedKey,
} from './keys-file.ts'

/** Reads what is sealed. */
export interface Unsealer {
  /** Returns the text; undefined where its key is gone. `context` is what it was sealed with. */
  unseal(context: string, sealed: string): string | undefined
  /** Takes note that these keys of a person are to be dropped. */
  leave(leaving: Leaving): void
}

/** A person who has left, and the keys that the person had then. */
export interface Leaving {
  readonly personId: string
  readonly keyIds: readonly string[]
}

export interface PersonKeys extends Unsealer {
  /** True where keys.json is there. */
  readonly isThere: boolean
  /** Returns true for a key of which keys.json says that it is gone. */
  isClosed(keyId: string): boolean
  /** Seals a text under the person's key, which is made where there is none. */
  seal(personId: string, context: string, text: string): string
  /**
   * Takes a person's keys out of use: what is sealed for that person afterwards has a new one.
   * Returns them, and how to undo it.
   */
  forget(personId: string): { leaving: Leaving; undo: () => void }
  /** People who have left, and whose keys and names are still on the disk. */
  readonly leaving: readonly Leaving[]
  /** Resolves once every key that was made is on the disk; undefined where all of them are. */
  saved(): Promise<void> | undefined
  /** Drops the keys of those who have left, for good. */
  drop(gone: readonly Leaving[]): Promise<void>
  /** Takes those off {@link leaving}: nothing of them is left. */
  haveLeft(gone: readonly Leaving[]): void
  /** Writes keys.json where it is missing, names another data key, or is far behind. */
  tidy(): Promise<void>
  /** Wraps every key under the first data key alone; resolves with how many there are. */
  rewrap(): Promise<number>
  close(): Promise<void>
}

const ID_BYTES = 9
const PURPOSE = 'person'

/**
 * Loads the keys and changes nothing. Throws {@link UnsafeData} where keys.json is damaged, or
 * wrapped under a data key that is not among those given.
 */
export async function loadPersonKeys(disk: Disk, dataKey: DataKeys, log: Log): Promise<PersonKeys> {
  const found = await loadKeys(disk)
  refuseOtherDataKey(found, dataKey, disk.name)
  return createPersonKeys(found, openKeysFile(disk, found), dataKey, log)
}

/** Reads nothing: for the books, which need no personal field. */
export const NO_KEYS: Unsealer = { unseal: () => undefined, leave: () => undefined }

function refuseOtherDataKey({ fingerprints }: LoadedKeys, dataKey: DataKeys, folder: string): void {
  const unknown = fingerprints.filter((each) => !dataKey.fingerprints.includes(each))
  if (unknown.length === 0) return
  throw new UnsafeData(
    `What is in ${folder} was wrapped under the data key ${unknown.join(' and ')}, and DATA_KEY holds ` +
      `${dataKey.fingerprints.join(' and ')} alone. Nothing was changed. Set DATA_KEY to the key that the folder was ` +
      'used with; to change keys, put the new one first (DATA_KEY=NEW,OLD) and run `npm run admin -- rewrap`.',
  )
}

const COMPACT_FROM_BYTES = 64 * 1024
const AT_A_TIME = 500 // wrapped in a few milliseconds, between other work

function createPersonKeys(found: LoadedKeys, file: KeysFile, dataKey: DataKeys, log: Log): PersonKeys {
  const ring = createKeyRing(found.keys)
  const plainOf = (key: PersonKey): Buffer => {
    key.plain ??= dataKey.unwrap(PURPOSE, contextOf(key), key.wrapped)
    return key.plain
  }
  const saving = createSaving({ found, file, ring, dataKey, log, plainOf })
  const closed = new Set(found.closed)
  let leaving: Leaving[] = []

  function make(personId: string): PersonKey {
    const id = randomBytes(ID_BYTES).toString('base64url')
    const plain = randomBytes(KEY_BYTES)
    const wrapped = dataKey.wrap(PURPOSE, contextOf({ id, personId }), plain)
    const key = ring.add({ id, personId, wrapped }, plain)
    saving.soon(key)
    return key
  }

  return {
    ...saving,
    get isThere() {
      return file.isThere
    },
    isClosed: (keyId) => closed.has(keyId),
    get leaving() {
      return leaving
    },
    seal: (personId, context, text) => {
      const key = ring.inUse(personId) ?? make(personId)
      return `${key.id}.${seal(plainOf(key), context, Buffer.from(text)).toString('base64url')}`
    },
    unseal: (context, sealed) => {
      const id = keyIdOf(sealed)
      const key = ring.get(id)
      if (!key) return undefined
      const plain = open(plainOf(key), context, Buffer.from(sealed.slice(id.length + 1), 'base64url'))
      invariant(plain, `what is sealed for ${context} does not open with its key in ${KEYS_FILE}`)
      return plain.toString('utf8')
    },
    leave: (one) => void leaving.push(one),
    forget: (personId) => {
      const keys = ring.forget(personId)
      const one = { personId, keyIds: keys.map(({ id }) => id) }
      leaving.push(one)
      const undo = () => {
        for (const key of keys) key.isForgotten = false
        leaving = leaving.filter((each) => each !== one)
      }
      return { leaving: one, undo }
    },
    haveLeft: (gone) => {
      leaving = leaving.filter((each) => !gone.includes(each))
    },
  }
}

/** Creates what writes the keys to the disk, one piece of work after the other. */
function createSaving(parts: {
  found: LoadedKeys
  file: KeysFile
  ring: KeyRing
  dataKey: DataKeys
  log: Log
  plainOf: (key: PersonKey) => Buffer
}) {
  const { file, ring, dataKey, log, plainOf } = parts
  const { closed } = parts.found
  let { fingerprints, debris } = parts.found
  let unsaved: PersonKey[] = []
  const alone = oneAtATime()
  const first = dataKey.fingerprints.slice(0, 1)
  const namesNow = () => [...new Set([...first, ...fingerprints])]
  /** Returns true where nothing may be added to the files as they are. */
  const isUnfit = () => debris.length > 0 || !file.isThere || fingerprints[0] !== first[0]

  async function replace(names: readonly string[]): Promise<void> {
    if (debris.length > 0) {
      await file.putAside(debris)
      log.warn({ file: NEW_KEYS_FILE, kept: DEBRIS_FILE }, 'the last write of keys was cut off by a crash')
    }
    const saving = new Set(unsaved)
    await file.replace({ fingerprints: names, closed }, ring.all())
    debris = Buffer.alloc(0)
    fingerprints = names
    unsaved = unsaved.filter((key) => !saving.has(key))
  }

  async function append(): Promise<void> {
    if (unsaved.length === 0) return
    if (isUnfit()) return replace(namesNow())
    const saving = unsaved.slice()
    await file.add(saving)
    unsaved = unsaved.slice(saving.length)
  }

  return {
    /** Takes note of a key that was made. */
    soon: (key: PersonKey) => void unsaved.push(key),
    saved: () => (unsaved.length === 0 ? undefined : alone(append)),
    drop: (gone: readonly Leaving[]) =>
      alone(async () => {
        const ids = new Set(gone.flatMap(({ keyIds }) => keyIds))
        if (ids.size === 0) return
        for (const { personId } of gone) ring.remove(personId, ids)
        unsaved = unsaved.filter(({ id }) => !ids.has(id))
        await replace(namesNow())
      }),
    tidy: () =>
      alone(async () => {
        const isBehind = file.newBytes > Math.max(COMPACT_FROM_BYTES, file.bytes / 2)
        if (isUnfit() || isBehind) await replace(namesNow())
      }),
    rewrap: () =>
      alone(async () => {
        const keys = ring.all()
        for (const [at, key] of keys.entries()) {
          key.wrapped = dataKey.wrap(PURPOSE, contextOf(key), plainOf(key))
          if (at % AT_A_TIME === AT_A_TIME - 1) await setImmediate()
        }
        await replace(first)
        return keys.length
      }),
    close: () => alone(file.close),
  }
}

/** Returns the id of the key under which a text is sealed. */
export function keyIdOf(sealed: string): string {
  return sealed.slice(0, sealed.indexOf('.'))
}

const contextOf = ({ id, personId }: Pick<WrappedKey, 'id' | 'personId'>): string => `${personId} ${id}`

interface PersonKey extends WrappedKey {
  wrapped: string
  /** The key itself, once it was needed. */
  plain: Buffer | undefined
  isForgotten: boolean
  /** An earlier key of the same person. */
  older: PersonKey | undefined
}

type KeyRing = ReturnType<typeof createKeyRing>

/** Holds the keys in memory. */
function createKeyRing(found: readonly WrappedKey[]) {
  const byId = new Map<string, PersonKey>()
  const newest = new Map<string, PersonKey>()

  /** Returns a person's keys, newest first. */
  const keysOf = (personId: string): PersonKey[] => {
    const keys: PersonKey[] = []
    for (let key = newest.get(personId); key; key = key.older) keys.push(key)
    return keys
  }

  const add = ({ id, personId, wrapped }: WrappedKey, plain?: Buffer): PersonKey => {
    const key = { id, personId, wrapped, plain, isForgotten: false, older: newest.get(personId) }
    byId.set(id, key)
    newest.set(personId, key)
    return key
  }
  for (const key of found) add(key)

  return {
    add,
    get: (id: string) => byId.get(id),
    all: () => [...byId.values()],
    /** Returns the key under which a person's next text is sealed; undefined where there is none. */
    inUse: (personId: string) => keysOf(personId).find(({ isForgotten }) => !isForgotten),
    /** Takes a person's keys out of use, and returns them. */
    forget: (personId: string) => {
      const keys = keysOf(personId).filter(({ isForgotten }) => !isForgotten)
      for (const key of keys) key.isForgotten = true
      return keys
    },
    remove: (personId: string, ids: ReadonlySet<string>) => {
      const [kept] = keysOf(personId)
        .filter(({ id }) => !ids.has(id) || !byId.delete(id))
        .reverse()
        .map((key, at, all) => Object.assign(key, { older: all[at - 1] }))
        .reverse()
      if (kept) newest.set(personId, kept)
      else newest.delete(personId)
    },
  }
}

/** Returns a function that does one piece of work after the other. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
}
