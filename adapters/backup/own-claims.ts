/**
 * Keeps in the data folder which claims in the bucket are this folder's own: the one in force, and
 * those that were about to be written when a process ended.
 */
import type { Disk, ReadingDisk } from '../store/disk/disk.ts'
import { readWhole, replaceFile } from '../store/disk/files.ts'

const FILE = 'claims.json'
const MOST = 20

export async function readOwnClaims(disk: ReadingDisk): Promise<readonly string[]> {
  const bytes = await readWhole(disk, FILE)
  try {
    const value: unknown = JSON.parse(bytes?.toString('utf8') ?? '[]')
    return Array.isArray(value) ? value.map(String) : []
  } catch {
    return []
  }
}

/** Adds a claim before it is written, so that it is known whatever comes of the request. */
export async function addOwnClaim(disk: Disk, claim: string): Promise<void> {
  const claims = [...(await readOwnClaims(disk)), claim].slice(-MOST)
  await replaceFile(disk, FILE, [`${JSON.stringify(claims)}\n`])
}
