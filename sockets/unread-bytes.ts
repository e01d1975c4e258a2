/** Limits how much may wait for a page that does not read. */

import { CONNECTION } from '../http/rate-limiter.ts'
import type { Connection, Packet } from './engine-io.ts'

/**
 * Calls `end` once too much waits for the page, or once it asks for more while it leaves its last
 * response unread.
 */
export function watchUnread(connection: Connection, end: () => void): void {
  let bytes = 0
  let isLooking = false
  let isTaken = true

  const isTooMuch = (): boolean => {
    const waiting = connection.writeBuffer.length
    return waiting > CONNECTION.waitingPackets || (waiting > 0 && bytes > CONNECTION.waitingBytes)
  }

  connection.on('packetCreate', ({ data }: Packet) => {
    if (connection.transport.writable) return
    if (connection.writeBuffer.length === 0) bytes = 0
    bytes += data?.length ?? 0
    if (isLooking || !isTooMuch()) return
    isLooking = true
    // Bytes written within one turn of the event loop wait for its end, however fast the page
    // reads.
    setImmediate(() => {
      isLooking = false
      if (isTooMuch()) end()
    })
  })

  connection.on('flush', () => {
    const { res } = connection.transport
    if (!res) return
    if (!isTaken) setImmediate(end) // Engine.IO is about to write to this connection
    isTaken = false
    res.once('finish', () => {
      isTaken = true
    })
  })
}
