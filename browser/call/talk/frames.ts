/** Reads and writes the frames that the two pages exchange. */
import type { Level, PeerMedia } from '../types.ts'

/** Describes the frames beside the chat; a page that does not know one ignores it. */
export type ControlFrame =
  | ({ readonly type: 'media' } & PeerMedia)
  | { readonly type: 'ping'; readonly number: number; readonly level?: Level; readonly online?: boolean }
  | { readonly type: 'pong'; readonly number: number }

const MICROPHONES: readonly PeerMedia['microphone'][] = ['on', 'muted', 'none']
const CAMERAS: readonly PeerMedia['camera'][] = ['on', 'off', 'saving', 'none']
const LEVELS: readonly Level[] = ['good', 'fair', 'poor', 'lost']

/**
 * Returns the frame that the other page sent; undefined when it is nothing we know, because that
 * page is not trusted.
 */
export function parseControl(data: unknown): ControlFrame | undefined {
  const { type, number, level, online, microphone, camera, screen } = fieldsOf(data)
  if (type === 'media') {
    const knownMicrophone = MICROPHONES.find((known) => known === microphone)
    const knownCamera = CAMERAS.find((known) => known === camera)
    if (!knownMicrophone || !knownCamera || typeof screen !== 'boolean') return undefined
    return { type, microphone: knownMicrophone, camera: knownCamera, screen }
  }
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return undefined
  if (type === 'pong') return { type, number }
  if (type !== 'ping') return undefined
  const knownLevel = LEVELS.find((known) => known === level)
  return {
    type,
    number,
    ...(knownLevel ? { level: knownLevel } : {}),
    ...(typeof online === 'boolean' ? { online } : {}),
  }
}

// Far more than two pages that read ever have waiting; for a page that does not read, no replies
// are queued.
const WAITING_BYTES_MAX = 1_048_576

/** Sends a frame, unless the channel is closed or earlier frames are not being read. */
export function sendFrame(channel: RTCDataChannel | undefined, frame: object): void {
  if (channel?.readyState !== 'open' || channel.bufferedAmount > WAITING_BYTES_MAX) return
  channel.send(JSON.stringify(frame))
}

/** Returns the fields of an object in JSON; of anything else, none. */
export function fieldsOf(data: unknown): Partial<Record<string, unknown>> {
  if (typeof data !== 'string') return {}
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
