import { CHAT_MAX } from '../shared/limits.ts'
import { fieldsOf } from './call-frames.ts'

// More pages than a person opens in one session; the other page is not trusted to keep within that.
const NAMES_MAX = 32

export interface ChatLine {
  readonly id: string
  readonly mine: boolean
  readonly text: string
  readonly at: number
}

interface ChatParts {
  newId(): string
  now(): number
  /** Lines that this page had written before it was loaded anew, and that nobody has confirmed. */
  unsent?: readonly ChatLine[] | undefined
  onLine(line: ChatLine): void
  /** The other page has this line of ours. */
  onDelivered(id: string): void
}

export interface Chat {
  /** Carries the conversation on over a new channel; whatever was not confirmed on the old one is sent again. */
  attach(channel: RTCDataChannel): void
  /** The line, which is sent as soon as the channel is open; undefined when the text is empty or too long. */
  send(text: string): ChatLine | undefined
}

type Frame =
  | { readonly type: 'line'; readonly from: string; readonly number: number; readonly text: string }
  | { readonly type: 'ack'; readonly from: string; readonly number: number }

interface Entry {
  readonly from: string
  readonly number: number
  readonly line: ChatLine
}

/**
 * A conversation that outlives its channels: each page numbers its lines, the other confirms them, and a line
 * heard again after a rebuild is confirmed but not shown twice.
 */
export function createChat({ newId, now, unsent = [], onLine, onDelivered }: ChatParts): Chat {
  const me = newId()
  let channel: RTCDataChannel | undefined
  let sent = 0
  let unconfirmed: Entry[] = unsent.flatMap(entryOf)
  const heard = new Map<string, number>()

  const post = (frame: Frame) => {
    if (channel?.readyState === 'open') channel.send(JSON.stringify(frame))
  }
  const postLine = ({ from, number, line }: Entry) => post({ type: 'line', from, number, text: line.text })

  const hearLine = (from: string, number: number, text: string) => {
    // A page that was loaded anew has another name, and may still have lines to say under its old one.
    const before = heard.get(from) ?? 0
    if (number > before && isSayable(text)) {
      remember(from, number)
      onLine({ id: `${from}:${number}`, mine: false, text: text.toWellFormed(), at: now() })
    }
    post({ type: 'ack', from, number: heard.get(from) ?? 0 })
  }
  const remember = (from: string, number: number) => {
    heard.delete(from)
    heard.set(from, number)
    const [oldest] = heard.keys()
    if (heard.size > NAMES_MAX && oldest !== undefined) heard.delete(oldest)
  }
  const hearAck = (from: string, number: number) => {
    const confirmed = unconfirmed.filter((entry) => entry.from === from && entry.number <= number)
    unconfirmed = unconfirmed.filter((entry) => !confirmed.includes(entry))
    for (const { line } of confirmed) onDelivered(line.id)
  }

  return {
    attach: (next) => {
      channel = next
      next.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        const frame = next === channel ? parseFrame(data) : undefined
        if (frame?.type === 'line') hearLine(frame.from, frame.number, frame.text)
        if (frame?.type === 'ack') hearAck(frame.from, frame.number)
      })
      next.addEventListener('open', () => unconfirmed.forEach(postLine))
    },
    send: (text) => {
      if (!isSayable(text)) return undefined
      sent += 1
      const line = { id: `${me}:${sent}`, mine: true, text: text.toWellFormed(), at: now() }
      const entry = { from: me, number: sent, line }
      unconfirmed.push(entry)
      postLine(entry)
      return line
    },
  }
}

/** A line knows by its id under which name and number it was written. */
function entryOf(line: ChatLine): Entry[] {
  const [from = '', number] = line.id.split(':')
  return line.mine && Number.isSafeInteger(Number(number)) ? [{ from, number: Number(number), line }] : []
}

function isSayable(text: string): boolean {
  return text.trim() !== '' && [...text].length <= CHAT_MAX
}

/** What the other page sent, or undefined when it is nothing we know: the other page is not trusted. */
function parseFrame(data: unknown): Frame | undefined {
  const { type, from, number, text } = fieldsOf(data)
  if (typeof from !== 'string' || from.length > 64) return undefined
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return undefined
  if (type === 'ack') return { type, from, number }
  if (type === 'line' && typeof text === 'string') return { type, from, number, text }
  return undefined
}
