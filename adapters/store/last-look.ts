/**
 * Keeps stripe-last-look.json: when everything at Stripe was last looked through with a response to
 * every question. It is beside the journal: without it the next look goes back as far as at a first
 * start.
 */
import type { LastLook } from '../../engine/ports.ts'
import type { Disk } from './disk/disk.ts'
import { readWhole, replaceFile } from './disk/files.ts'

export const LAST_LOOK_FILE = 'stripe-last-look.json'

/**
 * Opens the file of a folder that this process holds; what cannot be read there counts as unknown.
 */
export async function openLastLook(disk: Disk): Promise<LastLook> {
  let known = instantIn((await readWhole(disk, LAST_LOOK_FILE))?.toString('utf8') ?? '')
  return {
    at: () => known,
    async put(instant) {
      await replaceFile(disk, LAST_LOOK_FILE, [`${JSON.stringify({ at: instant })}\n`])
      known = instant
    },
  }
}

function instantIn(text: string): number | undefined {
  try {
    const { at } = JSON.parse(text) as { at?: unknown }
    return typeof at === 'number' && Number.isFinite(at) ? at : undefined
  } catch {
    return undefined
  }
}
