/**
 * stray-payments.json: money at Stripe that belongs to nobody here, an array with a record a line. It is beside the
 * journal and not in it: no balance of ours depends on it, and Stripe can tell it anew.
 */
import type { Stray, Strays } from '../engine/ports.ts'
import type { Disk } from './disk.ts'
import { readWhole, replaceFile } from './files.ts'

export const STRAYS_FILE = 'stray-payments.json'

/** Opens the file of a folder that this process holds. Rejects when what stands there is no such file. */
export async function openStrays(disk: Disk): Promise<Strays> {
  const text = (await readWhole(disk, STRAYS_FILE))?.toString('utf8') ?? '[]'
  let strays = JSON.parse(text) as readonly Stray[]
  let writing: Promise<void> = Promise.resolve()

  const write = async (stray: Stray): Promise<void> => {
    if (strays.some(({ paymentIntentId }) => paymentIntentId === stray.paymentIntentId)) return
    const next = [...strays, stray]
    const lines = next.map((each) => JSON.stringify(each)).join(',\n')
    await replaceFile(disk, STRAYS_FILE, [`[\n${lines}\n]\n`])
    strays = next
  }

  return {
    all: async () => strays,
    put(stray) {
      const mine = writing.then(() => write(stray))
      writing = mine.catch(() => undefined)
      return mine
    },
  }
}
