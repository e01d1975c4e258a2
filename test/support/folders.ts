/** Copies and removes data folders that a process may still be writing to. */
import { cpSync } from 'node:fs'
import { rm } from 'node:fs/promises'

/** Copies the data folder of a running server, without its lock and the files that it is about to rename. */
export function copyWhileRunning(from: string, to: string): void {
  const filter = (path: string) => !path.endsWith('lock.sock') && !path.endsWith('.tmp')
  cpSync(from, to, { recursive: true, filter })
}

/** Removes a folder, and tries again for seconds while files are still written into it. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 12, retryDelay: 50 })
}
