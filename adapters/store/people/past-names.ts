/** Takes the names of those who have left out of sessions.json. */
import { crc32 } from 'node:zlib'
import type { EndedSession } from '../../../domain/session.ts'
import { DELETED_NAME } from '../../../domain/user.ts'
import type { ArchiveIndex, IndexEntry } from '../archive-index.ts'
import type { Disk } from '../disk/disk.ts'
import { syncFile, writeAll } from '../disk/files.ts'
import { UnsafeData } from '../journal/scan.ts'
import type { SessionsMark } from '../manifest.ts'
import { closing, eachPiece, OPENING, placeOf, SESSIONS_FILE, separatorOf } from '../session-lines.ts'

/** Its name until it is put in place. */
export const SESSIONS_BESIDE_FILE = `${SESSIONS_FILE}.tmp`

export interface SessionsMade {
  readonly bytes: number
  readonly crc: number
  readonly entries: readonly IndexEntry[]
}

/** Writes what the mark says into a file beside, with another name for the people; piece by piece. */
export async function writeWithoutNames(
  disk: Disk,
  { mark, index }: { mark: SessionsMark; index: ArchiveIndex },
  personIds: readonly string[],
): Promise<SessionsMade> {
  const beside = await disk.open(SESSIONS_BESIDE_FILE, 'create')
  const entries: IndexEntry[] = []
  let bytes = 0
  let crc = 0
  const put = async (chunk: Buffer): Promise<void> => {
    await writeAll(beside, chunk, bytes)
    await syncFile(beside)
    bytes += chunk.length
    crc = crc32(chunk, crc)
  }
  try {
    await put(Buffer.from(OPENING))
    const read = await eachPiece(disk, mark.bytes, async (lines) => {
      const chunks: Buffer[] = []
      let offset = bytes
      for (const { line } of lines) {
        const separator = Buffer.from(separatorOf(entries.length))
        const made = withoutPeople(line, personIds)
        offset += separator.length
        entries.push({ ...index.entry(entries.length), ...placeOf(made, offset) })
        offset += made.length
        chunks.push(separator, made)
      }
      await put(Buffer.concat(chunks))
    })
    if (read !== mark.crc) {
      throw new UnsafeData(`${SESSIONS_FILE} is damaged. Delete it and start again: it will be rewritten.`)
    }
    const written = { bytes, crc, entries }
    await put(Buffer.from(closing(bytes)))
    return written
  } finally {
    await beside.close()
  }
}

/** Returns a session's line with another name for each of its people who is among these. */
function withoutPeople(line: Buffer, personIds: readonly string[]): Buffer {
  // Nearly all lines are of others; looking for an id is far quicker than parsing.
  if (!personIds.some((id) => line.includes(id))) return line
  const session: EndedSession = JSON.parse(line.toString('utf8'))
  const hasLeft = (id: string) => personIds.includes(id)
  return Buffer.from(
    JSON.stringify({
      ...session,
      ...(hasLeft(session.clientId) ? { clientName: DELETED_NAME } : {}),
      ...(hasLeft(session.readerId) ? { readerName: DELETED_NAME } : {}),
    }),
  )
}
