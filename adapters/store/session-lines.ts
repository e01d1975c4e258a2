/** Reads sessions.json line by line: an array, a session a line. */
import { crc32 } from 'node:zlib'
import type { ReadingDisk } from './disk/disk.ts'

export const SESSIONS_FILE = 'sessions.json'
export const OPENING = '['
export const PIECE_BYTES = 1 << 20

/** Returns the bytes before the session of this place in the order of ending. */
export const separatorOf = (ordinal: number): string => (ordinal === 0 ? '\n' : ',\n')

/** Returns the end of a file whose sessions take so many bytes. */
export const closing = (bytes: number): string => (bytes === OPENING.length ? ']\n' : '\n]\n')

export const placeOf = (line: Buffer, offset: number) => ({ offset, bytes: line.length, crc: crc32(line) })

/**
 * Calls back with each line of the first `length` bytes, without its comma; returns the checksum of
 * them all.
 */
export async function eachSession(
  disk: ReadingDisk,
  length: number,
  onLine: (line: Buffer, offset: number) => void,
): Promise<number> {
  return eachPiece(disk, length, async (lines) => {
    for (const { line, offset } of lines) onLine(line, offset)
  })
}

interface FoundLine {
  readonly line: Buffer
  readonly offset: number
}

/** As {@link eachSession}, with the lines of a piece of the file at a time. */
export async function eachPiece(
  disk: ReadingDisk,
  length: number,
  onLines: (lines: readonly FoundLine[]) => Promise<void>,
): Promise<number> {
  const file = await disk.open(SESSIONS_FILE, 'read')
  let crc = 0
  let rest: Buffer = Buffer.alloc(0)
  try {
    for (let at = 0; at < length; at += PIECE_BYTES) {
      const piece = await file.read(at, Math.min(PIECE_BYTES, length - at))
      crc = crc32(piece, crc)
      const lines: FoundLine[] = []
      const bytes = Buffer.concat([rest, piece])
      rest = eachWholeLine(bytes, at - rest.length, (line, offset) => void lines.push({ line, offset }))
      await onLines(lines)
    }
    if (rest[0] === OPEN_BRACE) await onLines([{ line: rest, offset: length - rest.length }])
    return crc
  } finally {
    await file.close()
  }
}

const OPEN_BRACE = 0x7b
const COMMA = 0x2c
const NEWLINE = 0x0a

function eachWholeLine(bytes: Buffer, base: number, onLine: (line: Buffer, offset: number) => void): Buffer {
  let start = 0
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    const line = bytes.subarray(start, bytes[end - 1] === COMMA ? end - 1 : end)
    if (line[0] === OPEN_BRACE) onLine(line, base + start)
    start = end + 1
  }
  return bytes.subarray(start)
}
