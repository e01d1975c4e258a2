/** Makes a folder usable whose data key is lost: what was sealed under it stays closed. */
import fs from 'node:fs/promises'
import { join } from 'node:path'
import type { AnyTable } from '../../../domain/table.ts'
import { nodeDisk } from '../../store/disk/disk.ts'
import { segmentsAmong } from '../../store/journal/segments.ts'
import { KEYS_FILE, keysText, NEW_KEYS_FILE } from '../../store/people/keys-file.ts'
import { isUnreadable } from '../../store/people/sealing.ts'
import { openStore } from '../../store/store.ts'
import { systemClock } from '../../system/clock.ts'
import type { DataKeys } from '../../system/data-key.ts'
import { UNWATCHED } from '../../system/disk-space.ts'
import { sealedIn } from './needed-keys.ts'

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined }

/**
 * Reads the journal of `folder` with every balance and earning, and with names and addresses as the
 * JSON files have them; then writes those files, so that a start needs no old key. Returns how many
 * accounts have no name any more.
 */
export async function readWithoutKey(parts: {
  folder: string
  /** The key that is in use from now on. */
  dataKey: DataKeys
  tables?: readonly AnyTable[]
}): Promise<number> {
  const { folder, dataKey, tables } = parts
  const closed = new Set<string>()
  for (const { name } of segmentsAmong(await fs.readdir(folder))) {
    for (const id of sealedIn(await fs.readFile(join(folder, name)))) closed.add(id)
  }
  await fs.rm(join(folder, NEW_KEYS_FILE), { force: true })
  const text = keysText({ fingerprints: [], closed: [...closed] }, [])
  await fs.writeFile(join(folder, KEYS_FILE), text, { mode: 0o600 })
  const store = await openStore({
    disk: nodeDisk(folder),
    dataKey,
    clock: systemClock(),
    log: SILENT,
    space: UNWATCHED,
    onFatal: (error) => {
      throw error
    },
    areKeysLost: true,
    ...(tables && { tables }),
  })
  const unreadable = await store.read((view) => [...view.users()].filter(isUnreadable).length)
  await store.close()
  return unreadable
}
