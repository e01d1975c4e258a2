/**
 * Gathers lines that go to the disk in one write, already as its bytes, and the callers who wait
 * for them.
 */
import { crc32 } from 'node:zlib'
import { type Content, recordBody, SEAL_BYTES, sealOf } from './record.ts'

export interface Batch {
  /** Number and checksum of its last line. */
  readonly seq: number
  readonly sum: number
  /** True where it is so large that the disk should start rather than wait for more. */
  readonly isWorthAWrite: boolean
  /** True where it is as large as a write may be. */
  readonly isFull: boolean
  /** Starts again, empty. */
  clear(): void
  /**
   * Adds the line that follows `last`, and makes that the last one. `undo` undoes the line's
   * change.
   */
  add(last: LastLine, at: number, content: Content, undo: () => void): void
  /** Returns the lines; they stay as they are until {@link clear}. */
  bytes(): Buffer
  /** Resolves with `answer`, or rejects, when the batch is settled. */
  wait<T>(answer: T): Promise<T>
  /**
   * Settles every waiting promise, in the order of the calls: with a failure, or with its own
   * result.
   */
  settle(failure: { readonly error: unknown } | undefined): void
  /** Undoes all its changes, latest first. */
  undo(): void
}

export interface LastLine {
  seq: number
  sum: number
}

/** One promise for all callers who wait: each is settled from it, in the order of the calls. */
interface Settled {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

function createSettled(): Settled {
  let resolve: () => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<void>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { promise, resolve, reject }
}

const WORTH_A_WRITE_BYTES = 14 << 10
const LARGEST_BYTES = 1 << 20
const FIRST_BYTES = 1 << 14
const LARGEST_CHAR_BYTES = 3 // of one UTF-16 unit in UTF-8

export function createBatch(): Batch {
  let buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  let length = 0
  let seq = 0
  let sum = 0
  let undos: (() => void)[] = []
  let settled: Settled | undefined

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
    get isWorthAWrite() {
      return length > WORTH_A_WRITE_BYTES
    },
    get isFull() {
      return length > LARGEST_BYTES
    },
    clear: () => {
      if (buffer.length > LARGEST_BYTES * 2) buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
      length = 0
      undos = []
      settled = undefined
    },
    add: (last, at, content, undo) => {
      const body = recordBody(last.seq + 1, at, undos.length, content)
      makeRoom(body.length * LARGEST_CHAR_BYTES + SEAL_BYTES)
      const end = length + buffer.write(body, length)
      last.seq = seq = last.seq + 1
      last.sum = sum = crc32(buffer.subarray(length, end), last.sum)
      length = end + buffer.write(sealOf(sum), end)
      undos.push(undo)
    },
    bytes: () => buffer.subarray(0, length),
    wait: (answer) => {
      settled ??= createSettled()
      return settled.promise.then(() => answer)
    },
    settle: (failure) => {
      const answered = settled
      settled = undefined
      undos = []
      if (failure) answered?.reject(failure.error)
      else answered?.resolve()
    },
    undo: () => {
      for (const undo of undos.reverse()) undo()
    },
  }
}
