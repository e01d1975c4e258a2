/**
 * Saves three files in ways that look right and are not: a crash test that passes one of them
 * proves nothing.
 */
import type { Disk, DiskFile } from '../../../adapters/store/disk/disk.ts'

/** Saves each text under its name. */
export type Saver = (disk: Disk, files: ReadonlyMap<string, string>) => Promise<void>

export const UNSAFE_SAVERS: Readonly<Record<string, Saver>> = {
  'overwriting in place': async (disk, files) => {
    for (const [name, text] of files) await fill(disk, name, text)
  },
  'another file and a rename, no sync': async (disk, files) => {
    for (const [name, text] of files) {
      await fill(disk, `${name}.tmp`, text)
      await disk.rename(`${name}.tmp`, name)
    }
  },
  'another file, a sync and a rename, no sync of the folder': async (disk, files) => {
    for (const [name, text] of files) {
      await fill(disk, `${name}.tmp`, text, (file) => file.sync())
      await disk.rename(`${name}.tmp`, name)
    }
  },
  'three files, each replaced with every sync there is': async (disk, files) => {
    for (const [name, text] of files) {
      await fill(disk, `${name}.tmp`, text, (file) => file.sync())
      await disk.rename(`${name}.tmp`, name)
      await disk.syncFolder()
    }
  },
}

async function fill(
  disk: Disk,
  name: string,
  text: string,
  then: (file: DiskFile) => Promise<void> = async () => undefined,
): Promise<void> {
  const file = await disk.open(name, 'create')
  await file.write(Buffer.from(text), 0)
  await then(file)
  await file.close()
}
