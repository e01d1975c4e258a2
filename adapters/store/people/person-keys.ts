/**
 * Gives every person a key of that person's own, under which the journal says what is personal.
 * Without the key, which is in keys.json alone, none of it can be read again.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { invariant } from '../../../domain/errors.ts'
import type { DataKeys } from '../../system/data-key.ts'
import type { Disk } from '../disk/disk.ts'
import { UnsafeData } from '../journal/scan.ts'
import {
  KEYS_FILE,
  type KeysFile,
  type LoadedKeys,
  loadKeys,
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

const KEY_BYTES = 32
const ID_BYTES = 9
const PURPOSE = 'person'

/**
 * Loads the keys and changes nothing. Throws {@link UnsafeData} where keys.json is damaged, or
 * wrapped under a data key that is not among those given.
 */
export async function loadPersonKeys(disk: Disk, dataKey: DataKeys): Promise<PersonKeys> {
  const found = await loadKeys(disk)
  refuseOtherDataKey(found, dataKey, disk.name)
  return createPersonKeys(found, openKeysFile(disk, found), dataKey)
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

function createPersonKeys(found: LoadedKeys, file: KeysFile, dataKey: DataKeys): PersonKeys {
  const ring = createKeyRing(found.keys)
  let unsaved: PersonKey[] = []
  let leaving: Leaving[] = []
  let fingerprints = found.fingerprints
  const alone = oneAtATime()
  const first = dataKey.fingerprints.slice(0, 1)
  const namesNow = () => [...new Set([...first, ...fingerprints])]
  const lacksName = () => !file.isThere || fingerprints[0] !== first[0]

  const plainOf = (key: PersonKey): Buffer => {
    key.plain ??= dataKey.unwrap(PURPOSE, contextOf(key), key.wrapped)
    return key.plain
  }

  function make(personId: string): PersonKey {
    const id = randomBytes(ID_BYTES).toString('base64url')
    const plain = randomBytes(KEY_BYTES)
    const wrapped = dataKey.wrap(PURPOSE, contextOf({ id, personId }), plain)
    const key = ring.add({ id, personId, wrapped }, plain)
    unsaved.push(key)
    return key
  }

  async function replace(names: readonly string[]): Promise<void> {
    const saving = new Set(unsaved)
    await file.replace(names, ring.all())
    fingerprints = names
    unsaved = unsaved.filter((key) => !saving.has(key))
  }

  async function append(): Promise<void> {
    if (unsaved.length === 0) return
    if (lacksName()) return replace(namesNow())
    const saving = unsaved.slice()
    await file.add(saving)
    unsaved = unsaved.slice(saving.length)
  }

  return {
    get isThere() {
      return file.isThere
    },
    get leaving() {
      return leaving
    },
    seal: (personId, context, text) => {
      const key = ring.inUse(personId) ?? make(personId)
      return `${key.id}.${encrypt(plainOf(key), context, text)}`
    },
    unseal: (context, sealed) => {
      const id = keyIdOf(sealed)
      const key = ring.get(id)
      return key && decrypt(plainOf(key), context, sealed.slice(id.length + 1))
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
    saved: () => (unsaved.length === 0 ? undefined : alone(append)),
    drop: (gone) =>
      alone(async () => {
        const ids = new Set(gone.flatMap(({ keyIds }) => keyIds))
        if (ids.size === 0) return
        for (const { personId } of gone) ring.remove(personId, ids)
        unsaved = unsaved.filter(({ id }) => !ids.has(id))
        await replace(namesNow())
      }),
    haveLeft: (gone) => {
      leaving = leaving.filter((each) => !gone.includes(each))
    },
    tidy: () =>
      alone(async () => {
        const isBehind = file.newBytes > Math.max(COMPACT_FROM_BYTES, file.bytes / 2)
        if (lacksName() || isBehind) await replace(namesNow())
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

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

function encrypt(key: Buffer, context: string, text: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(context))
  const sealed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(sealed).toString('base64url')
}

/** Throws a BrokenInvariant for what was not sealed under this key and in this context. */
function decrypt(key: Buffer, context: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  invariant(bytes.length >= NONCE_BYTES + TAG_BYTES, `what is sealed for ${context} is too short`)
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return (
      decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    )
  } catch {
    invariant(false, `what is sealed for ${context} does not open with its key in ${KEYS_FILE}`)
  }
}
