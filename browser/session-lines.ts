import { computed, signal } from '@preact/signals'
import type { ChatLine } from './call.ts'

interface SessionLinesParts {
  sessionId: string
  /** The memory of this tab alone; it may refuse to keep anything. */
  storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
}

export type SessionLines = ReturnType<typeof createSessionLines>

/** The chat of a session as this page shows it. A reload finds it again; with the session it is gone. */
export function createSessionLines({ sessionId, storage }: SessionLinesParts) {
  const key = `soulseer.chat.${sessionId}`
  const kept = read(key, storage)
  const lines = signal<readonly ChatLine[]>(kept.lines)
  const unsent = signal<ReadonlySet<string>>(new Set(kept.unsent))
  const seen = signal(heardIn(lines.value))
  let over = false

  const keep = () => {
    if (over) return
    attempt(() => storage().setItem(key, JSON.stringify({ lines: lines.value, unsent: [...unsent.value] })))
  }
  const add = (line: ChatLine) => {
    // What was not confirmed before a reload of this page comes once more.
    if (lines.value.some(({ id }) => id === line.id)) return
    lines.value = [...lines.value, line]
  }

  return {
    lines,
    unsent,
    /** How many lines of the other person have come while nobody looked. */
    unread: computed(() => heardIn(lines.value) - seen.value),

    see() {
      seen.value = heardIn(lines.value)
    },

    hear(line: ChatLine) {
      add(line)
      keep()
    },

    say(line: ChatLine) {
      add(line)
      unsent.value = new Set([...unsent.value, line.id])
      keep()
    },

    delivered(id: string) {
      unsent.value = new Set([...unsent.value].filter((other) => other !== id))
      keep()
    },

    /** The session has ended: nothing of the chat stays behind. */
    forget() {
      over = true
      attempt(() => storage().removeItem(key))
    },
  }
}

const heardIn = (lines: readonly ChatLine[]): number => lines.filter(({ mine }) => !mine).length

interface Kept {
  readonly lines: readonly ChatLine[]
  readonly unsent: readonly string[]
}

function read(key: string, storage: SessionLinesParts['storage']): Kept {
  const value: unknown = attempt(() => JSON.parse(storage().getItem(key) ?? 'null'))
  const { lines, unsent } = (value ?? {}) as Partial<Record<string, unknown>>
  return {
    lines: Array.isArray(lines) ? lines.filter(isLine) : [],
    unsent: Array.isArray(unsent) ? unsent.filter((id) => typeof id === 'string') : [],
  }
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
