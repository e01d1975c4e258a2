/** Keeps the chat of a session in this tab, so that a reload finds it again. */
import type { ChatLine } from '../../call/types.ts'

/** Returns the storage of this tab only; it may refuse to keep anything. */
export type TabStorage = () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

export interface KeptChat {
  readonly lines: readonly ChatLine[]
  /** The ids of one's own lines that were not confirmed. */
  readonly unsent: readonly string[]
  /**
   * The number of lines by the other person and by oneself, also where not all of them are kept.
   */
  readonly heard: number
  readonly said: number
}

// Several hours of writing, stored in a few milliseconds.
export const KEPT_CHARS_MAX = 250_000

/** Creates the memory for the chat of one session. */
export function createChatMemory({ sessionId, storage }: { sessionId: string; storage: TabStorage }) {
  const key = `soulseer.chat.${sessionId}`
  return {
    /** Returns what was kept; an empty chat where there is nothing, or something else. */
    read(): KeptChat {
      const value: unknown = attempt(() => JSON.parse(storage().getItem(key) ?? 'null'))
      const { lines, unsent, heard, said } = (value ?? {}) as Partial<Record<string, unknown>>
      return {
        lines: Array.isArray(lines) ? lines.filter(isLine) : [],
        unsent: Array.isArray(unsent) ? unsent.filter((id) => typeof id === 'string') : [],
        heard: typeof heard === 'number' ? heard : 0,
        said: typeof said === 'number' ? said : 0,
      }
    },

    /** Stores the latest lines, as many as fit into `KEPT_CHARS_MAX`. */
    store(chat: KeptChat) {
      attempt(() => storage().setItem(key, JSON.stringify({ ...chat, lines: latest(chat.lines) })))
    },

    forget() {
      attempt(() => storage().removeItem(key))
    },
  }
}

function latest(lines: readonly ChatLine[]): readonly ChatLine[] {
  let from = lines.length
  let chars = 0
  for (const { text } of lines.toReversed()) {
    chars += text.length
    if (chars > KEPT_CHARS_MAX) break
    from -= 1
  }
  return lines.slice(from)
}

function isLine(value: unknown): value is ChatLine {
  if (typeof value !== 'object' || value === null) return false
  const { id, mine, text, at } = value as Partial<Record<string, unknown>>
  const named = typeof id === 'string' && typeof text === 'string'
  return named && typeof mine === 'boolean' && typeof at === 'number'
}

function attempt<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
