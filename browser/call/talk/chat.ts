/** Carries the chat of a session over the data channels of its connections. */
import { CHAT_MAX } from '../../../shared/bounds.ts'
import type { CallEnvironment, ChatLine } from '../types.ts'
import { createBucket, LINES_A_SECOND, LINES_BURST, LINES_MAX } from './frame-limits.ts'
import { fieldsOf, sendFrame } from './frames.ts'

// More pages than a person opens in one session; the other page is not trusted to keep within that.
const NAMES_MAX = 32

// We send less than the other page accepts, even when the network holds everything up and then
// delivers it at once: a backlog goes out piece by piece.
const UNDER_WAY_MAX = 10
const SEND_BURST = 5
const SEND_A_SECOND = 8
const SEND_AGAIN_MS = 125

// Lines of a page that heard of the meter a moment sooner.
const WAITING_MAX = 20

interface ChatParts {
  newId(): string
  now(): number
  after: CallEnvironment['after']
  /** Lines that this page had written before it was reloaded, and that were not confirmed. */
  unsent?: readonly ChatLine[] | undefined
  /** The number of lines of the other person that this page had received before it was reloaded. */
  taken?: number | undefined
  onLine(line: ChatLine): void
  /** Runs when a line of the other person was dropped because there were too many. */
  onDropped(): void
  /** Runs when the other page has received this line of ours. */
  onDelivered(id: string): void
}

export interface Chat {
  /**
   * Continues the conversation over a new channel; lines that were not confirmed on the old one are
   * sent again.
   */
  attach(channel: RTCDataChannel): void
  /**
   * Holds the chat, so that nothing is sent and received lines wait unseen, or releases it. It is
   * held at first.
   */
  hold(held: boolean): void
  /**
   * Returns the line, which is sent as soon as the channel is open and the other page accepts it;
   * undefined when the text is empty or too long, or the chat is held.
   */
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
 * Creates a chat that outlives its channels: each page numbers its lines, the other confirms them,
 * and a line received again after a rebuild is confirmed but not shown twice.
 */
export function createChat(parts: ChatParts): Chat {
  const { newId, now, after, onLine, onDropped, onDelivered } = parts
  const me = newId()
  let channel: RTCDataChannel | undefined
  let written = 0
  let unconfirmed: Entry[] = (parts.unsent ?? []).flatMap(entryOf)
  /** The number of them, from the first, that are on their way over this channel. */
  let underWay = 0
  let isHeld = true
  let waiting: (() => void)[] = []
  let stopTimer = () => {}
  let taken = parts.taken ?? 0
  const heard = new Map<string, number>()
  const mayTake = createBucket({ burst: LINES_BURST, perSecond: LINES_A_SECOND, now })
  const maySend = createBucket({ burst: SEND_BURST, perSecond: SEND_A_SECOND, now })

  const post = (frame: Frame) => sendFrame(channel, frame)
  const sendLines = () => {
    stopTimer()
    while (!isHeld && channel?.readyState === 'open' && underWay < UNDER_WAY_MAX) {
      const next = unconfirmed[underWay]
      if (!next) return
      if (!maySend()) {
        stopTimer = after(SEND_AGAIN_MS, sendLines)
        return
      }
      underWay += 1
      post({ type: 'line', from: next.from, number: next.number, text: next.line.text })
    }
  }

  const hearLine = (from: string, number: number, text: string) => {
    // A reloaded page has another name, and may still have lines to send under its old one.
    const before = heard.get(from) ?? 0
    if (number > before && isSayable(text)) {
      if (taken >= LINES_MAX || !mayTake()) return onDropped()
      taken += 1
      remember(from, number)
      onLine({ id: `${from}:${number}`, mine: false, text: text.toWellFormed(), at: now() })
    }
    post({ type: 'ack', from, number: heard.get(from) ?? 0 })
  }
  const take = (hear: () => void) => {
    if (!isHeld) hear()
    else if (waiting.length < WAITING_MAX) waiting.push(hear)
    else onDropped()
  }
  const remember = (from: string, number: number) => {
    heard.delete(from)
    heard.set(from, number)
    const [oldest] = heard.keys()
    if (heard.size > NAMES_MAX && oldest !== undefined) heard.delete(oldest)
  }
  const hearAck = (from: string, number: number) => {
    const isConfirmed = (entry: Entry) => entry.from === from && entry.number <= number
    const confirmed = unconfirmed.filter(isConfirmed)
    underWay -= unconfirmed.slice(0, underWay).filter(isConfirmed).length
    unconfirmed = unconfirmed.filter((entry) => !isConfirmed(entry))
    for (const { line } of confirmed) onDelivered(line.id)
    sendLines()
  }

  return {
    attach: (next) => {
      channel = next
      underWay = 0
      waiting = []
      next.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        const frame = next === channel ? parseFrame(data) : undefined
        if (frame?.type === 'line') take(() => hearLine(frame.from, frame.number, frame.text))
        if (frame?.type === 'ack') hearAck(frame.from, frame.number)
      })
      next.addEventListener('open', sendLines)
    },
    hold: (held) => {
      isHeld = held
      if (held) return
      for (const hear of waiting.splice(0)) hear()
      sendLines()
    },
    send: (text) => {
      if (isHeld || !isSayable(text)) return undefined
      written += 1
      const line = { id: `${me}:${written}`, mine: true, text: text.toWellFormed(), at: now() }
      unconfirmed.push({ from: me, number: written, line })
      sendLines()
      return line
    },
  }
}

/** Returns the name and number under which a line was written, from its id. */
function entryOf(line: ChatLine): Entry[] {
  const [from = '', number] = line.id.split(':')
  return line.mine && Number.isSafeInteger(Number(number)) ? [{ from, number: Number(number), line }] : []
}

function isSayable(text: string): boolean {
  return text.trim() !== '' && [...text].length <= CHAT_MAX
}

/**
 * Returns the frame that the other page sent; undefined when it is nothing we know, because that
 * page is not trusted.
 */
function parseFrame(data: unknown): Frame | undefined {
  const { type, from, number, text } = fieldsOf(data)
  if (typeof from !== 'string' || from.length > 64) return undefined
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return undefined
  if (type === 'ack') return { type, from, number }
  if (type === 'line' && typeof text === 'string') return { type, from, number, text }
  return undefined
}
