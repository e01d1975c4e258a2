import { computed, signal } from '@preact/signals'
import { browserWorld } from '../../call/environment.ts'
import { createBucket } from '../../call/frame-limits.ts'
import type { CallWorld, ChatLine } from '../../call/types.ts'
import { createChatMemory, type TabStorage } from '../chat/chat-memory.ts'

interface SessionLinesParts {
  sessionId: string
  storage: TabStorage
  world?: Pick<CallWorld, 'after' | 'now'>
}

export type SessionLines = ReturnType<typeof createSessionLines>

/** How many lines are drawn: at least so many of the latest, and fewer than a step more. */
const DRAWN = 200
const DRAWN_STEP = 50

// Below what the other page takes: a line sent again after that page was reloaded is counted there twice.
export const OWN_LINES_MAX = 1_950

// Each store writes all that is kept, so a line a second or more is stored now and then.
const STORES_BURST = 10
const STORES_A_SECOND = 0.5
const STORE_LATER_MS = 2_000

/** The chat of a session as this page shows it. A reload finds it again; with the session it is gone. */
export function createSessionLines({ sessionId, storage, world = browserWorld }: SessionLinesParts) {
  const memory = createChatMemory({ sessionId, storage })
  const kept = memory.read()
  const all = [...kept.lines]
  const ids = new Set(all.map(({ id }) => id))
  const heard = signal(Math.max(kept.heard, countOf(all, false)))
  const said = signal(Math.max(kept.said, countOf(all, true)))
  const unsent = signal<ReadonlySet<string>>(new Set(kept.unsent))
  const seen = signal(heard.value)
  const count = signal(all.length)
  const uncovered = signal(0)
  const dropped = signal(false)
  const mayStore = createBucket({ burst: STORES_BURST, perSecond: STORES_A_SECOND, now: world.now })
  let over = false
  let stopTimer: (() => void) | undefined

  /** How many lines are not drawn. */
  const earlier = computed(() => {
    const beyond = Math.max(0, count.value - DRAWN)
    return Math.max(0, beyond - (beyond % DRAWN_STEP) - uncovered.value)
  })
  const store = () => {
    stopTimer?.()
    stopTimer = undefined
    memory.store({ lines: all, unsent: [...unsent.value], heard: heard.value, said: said.value })
  }
  const keep = () => {
    if (over || stopTimer) return
    if (mayStore()) store()
    else stopTimer = world.after(STORE_LATER_MS, store)
  }
  /** Whether the line is new: what was not confirmed before a reload of this page comes once more. */
  const add = (line: ChatLine): boolean => {
    if (ids.has(line.id)) return false
    ids.add(line.id)
    all.push(line)
    count.value = all.length
    return true
  }

  return {
    /** The lines that are drawn: the latest, and earlier ones once they were asked for. */
    lines: computed(() => (count.value === 0 ? [] : all.slice(earlier.value))),
    unsent,
    earlier,
    /** How many lines there are, and how many of them are one's own. */
    count,
    said,
    /** How many lines of the other person have come while nobody looked. */
    unread: computed(() => heard.value - seen.value),
    /** The other person sent more than is shown. */
    dropped,
    /** No more can be written in this session. */
    full: computed(() => said.value >= OWN_LINES_MAX),

    showEarlier() {
      uncovered.value += Math.min(DRAWN, earlier.value)
    },

    see() {
      seen.value = heard.value
    },

    hear(line: ChatLine) {
      if (add(line)) heard.value += 1
      keep()
    },

    say(line: ChatLine) {
      if (add(line)) said.value += 1
      unsent.value = new Set([...unsent.value, line.id])
      keep()
    },

    delivered(id: string) {
      unsent.value = new Set([...unsent.value].filter((other) => other !== id))
      keep()
    },

    noteDropped() {
      dropped.value = true
    },

    /** For a call that goes on after a reload: what to send again, and how much was taken. */
    before: () => ({ unsent: all.filter(({ id }) => unsent.value.has(id)), taken: heard.value }),

    /** Stores at once what waits to be stored: the page may be gone in a moment. */
    keepNow() {
      if (stopTimer) store()
    },

    /** The session has ended: nothing of the chat stays behind. */
    forget() {
      over = true
      stopTimer?.()
      stopTimer = undefined
      memory.forget()
    },
  }
}

const countOf = (lines: readonly ChatLine[], mine: boolean): number =>
  lines.filter((line) => line.mine === mine).length
