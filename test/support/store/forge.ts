/** Changes a folder as a forger would: with checksums that are right for what it wrote. */
import { crc32 } from 'node:zlib'
import { sealed } from '../../../adapters/store/journal/record.ts'
import type { MemoryDisk } from './memory-disk.ts'

/** Rewrites the journal's lines; all of them must be in one segment. */
export function forgeJournal(disk: MemoryDisk, change: (lines: string[]) => string[]): void {
  const name = disk.names().find((each) => each.startsWith('journal-')) ?? ''
  const bytes = disk.bytes(name)
  const end = bytes.lastIndexOf(10) + 1
  const [head = '', ...records] = bytes.toString('utf8', 0, end).split('\n').slice(0, -1)
  let text = `${head}\n`
  let chain: number = JSON.parse(head).chain
  for (const record of change(records)) {
    const line = sealed(record.replace(/,"sum":"[0-9a-f]{8}"}$/, ''), chain)
    text += line.text
    chain = line.sum
  }
  const forged = Buffer.alloc(bytes.length)
  forged.write(text)
  disk.put(name, forged)
}

/** Puts `text` into a file that is replaced as a whole, and the mark that fits it. */
export function forgeView(disk: MemoryDisk, view: string, name: string, text: string): void {
  disk.put(name, Buffer.from(text))
  forgeManifest(disk, (manifest) => {
    const mark = manifest.views[view]?.at(-1)
    manifest.views[view] = [{ ...mark, bytes: Buffer.byteLength(text), crc: crc32(text) }]
  })
}

/** Replaces `from` by `to`, as long, in sessions.json. */
export function forgeSessions(disk: MemoryDisk, from: string, to: string): void {
  const text = disk.text('sessions.json').replace(from, to)
  disk.put('sessions.json', Buffer.from(text))
  forgeManifest(disk, (manifest) => {
    manifest.sessions.crc = crc32(Buffer.from(text).subarray(0, manifest.sessions.bytes))
  })
}

interface Manifest {
  views: Record<string, object[]>
  sessions: { crc: number; bytes: number }
}

/** Rewrites checkpoint.json. */
export function forgeManifest(disk: MemoryDisk, change: (manifest: Manifest) => void): void {
  const { sum: _, ...manifest } = JSON.parse(disk.text('checkpoint.json'))
  change(manifest)
  disk.put('checkpoint.json', Buffer.from(sealed(JSON.stringify(manifest).slice(0, -1), 0).text))
}
