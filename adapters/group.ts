/** Lines that go to the disk in one write, already as the bytes of it, and who waits for them. */
import { recordLine } from './record.ts'

export interface Group {
  /** The number and the checksum of its last line. */
  readonly seq: number
  readonly sum: number
  /** Whether it is large enough for one write. */
  readonly isFull: boolean
  /** Begins anew, empty. */
  clear(): void
  /** Adds the line that follows `last`, and makes that the last one. `undo` takes the line's change back. */
  add(last: LastLine, at: number, fields: string, undo: () => void): void
  /** The lines; they stay as they are until {@link clear}. */
  bytes(): Buffer
  /** Resolves with `answer`, or rejects, when the group is settled. */
  wait<T>(answer: T): Promise<T>
  /** Answers everybody who waits, in the order in which they came: with a failure, or with what each was promised. */
  settle(failure: { readonly error: unknown } | undefined): void
  /** Takes all its changes back, the latest first. */
  undo(): void
}

export interface LastLine {
  seq: number
  sum: number
}

interface Waiter {
  readonly answer: unknown
  readonly resolve: (answer: never) => void
  readonly reject: (error: unknown) => void
}

const LARGEST_BYTES = 1 << 20
const FIRST_BYTES = 1 << 14
const LARGEST_CHAR_BYTES = 3 // of one UTF-16 unit in UTF-8

export function createGroup(): Group {
  let buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  let length = 0
  let seq = 0
  let sum = 0
  let undos: (() => void)[] = []
  let waiters: Waiter[] = []

  function makeRoom(bytes: number): void {
    if (length + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(length + bytes, buffer.length * 2))
    buffer.copy(larger, 0, 0, length)
    buffer = larger
  }

  return {
    get seq() {
      return seq
    },
    get sum() {
      return sum
    },
    get isFull() {
      return length > LARGEST_BYTES
    },
    clear: () => {
      if (buffer.length > LARGEST_BYTES * 2) buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
      length = 0
      undos = []
      waiters = []
    },
    add: (last, at, fields, undo) => {
      const line = recordLine({ seq: last.seq + 1, at, place: undos.length }, fields, last.sum)
      makeRoom(line.text.length * LARGEST_CHAR_BYTES)
      length += buffer.write(line.text, length)
      last.seq = seq = last.seq + 1
      last.sum = sum = line.sum
      undos.push(undo)
    },
    bytes: () => buffer.subarray(0, length),
    wait: (answer) =>
      new Promise((resolve, reject) => {
        waiters.push({ answer, resolve, reject })
      }),
    settle: (failure) => {
      const answered = waiters
      waiters = []
      undos = []
      for (const { answer, resolve, reject } of answered) {
        if (failure) reject(failure.error)
        else resolve(answer as never)
      }
    },
    undo: () => {
      for (const undo of undos.reverse()) undo()
    },
  }
}
