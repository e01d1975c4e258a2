import { CHAT_MAX } from '../shared/limits.ts'

export interface ChatLine {
  readonly id: string
  readonly mine: boolean
  readonly text: string
  readonly at: number
}

interface ChatParts {
  newId(): string
  now(): number
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

/**
 * A conversation that outlives its channels: each page numbers its lines, the other confirms them, and a line
 * heard again after a rebuild is confirmed but not shown twice.
 */
export function createChat({ newId, now, onLine, onDelivered }: ChatParts): Chat {
  const me = newId()
  let channel: RTCDataChannel | undefined
  let sent = 0
  let unconfirmed: { readonly number: number; readonly line: ChatLine }[] = []
  let heard = { from: '', number: 0 }

  const post = (frame: Frame) => {
    if (channel?.readyState === 'open') channel.send(JSON.stringify(frame))
  }
  const postLine = ({ number, line }: { number: number; line: ChatLine }) =>
    post({ type: 'line', from: me, number, text: line.text })

  const hearLine = (from: string, number: number, text: string) => {
    // A page that was reloaded counts from one again, under another name.
    if (heard.from !== from) heard = { from, number: 0 }
    if (number > heard.number && isSayable(text)) {
      heard = { from, number }
      onLine({ id: `${from}:${number}`, mine: false, text: text.toWellFormed(), at: now() })
    }
    post({ type: 'ack', from, number: heard.number })
  }
  const hearAck = (from: string, number: number) => {
    if (from !== me) return
    const confirmed = unconfirmed.filter((entry) => entry.number <= number)
    unconfirmed = unconfirmed.filter((entry) => entry.number > number)
    for (const { line } of confirmed) onDelivered(line.id)
  }

  return {
    attach: (next) => {
      channel = next
      next.onmessage = ({ data }: MessageEvent<unknown>) => {
        const frame = parseFrame(data)
        if (frame?.type === 'line') hearLine(frame.from, frame.number, frame.text)
        if (frame?.type === 'ack') hearAck(frame.from, frame.number)
      }
      next.addEventListener('open', () => unconfirmed.forEach(postLine))
    },
    send: (text) => {
      if (!isSayable(text)) return undefined
      sent += 1
      const line = { id: `${me}:${sent}`, mine: true, text: text.toWellFormed(), at: now() }
      const entry = { number: sent, line }
      unconfirmed.push(entry)
      postLine(entry)
      return line
    },
  }
}

function isSayable(text: string): boolean {
  return text.trim() !== '' && [...text].length <= CHAT_MAX
}

/** What the other page sent, or undefined when it is nothing we know: the other page is not trusted. */
function parseFrame(data: unknown): Frame | undefined {
  if (typeof data !== 'string') return undefined
  const value = parseJson(data)
  if (typeof value !== 'object' || value === null) return undefined
  const { type, from, number, text } = value as Partial<Record<string, unknown>>
  if (typeof from !== 'string' || from.length > 64) return undefined
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return undefined
  if (type === 'ack') return { type, from, number }
  if (type === 'line' && typeof text === 'string') return { type, from, number, text }
  return undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
