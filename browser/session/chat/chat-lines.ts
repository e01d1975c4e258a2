/** Keeps the chat lines that a session page shows, and stores them for a reload. */
import { computed, signal } from '@preact/signals'
import { browserEnvironment } from '../../call/environment.ts'
import { createBucket } from '../../call/talk/frame-limits.ts'
import type { CallEnvironment, ChatLine } from '../../call/types.ts'
import { createChatMemory, type TabStorage } from './chat-memory.ts'

interface SessionLinesParts {
  sessionId: string
  storage: TabStorage
  environment?: Pick<CallEnvironment, 'after' | 'now'>
}

export type SessionLines = ReturnType<typeof createSessionLines>

/** At least this many of the latest lines are drawn, and fewer than `DRAWN_STEP` more. */
const DRAWN = 200
const DRAWN_STEP = 50

// Less than the other page accepts: a line sent again after that page was reloaded is counted there
// twice.
export const OWN_LINES_MAX = 1_950

// Each store writes all that is kept, so a fast chat is stored only now and then.
const STORES_BURST = 10
const STORES_A_SECOND = 0.5
const STORE_LATER_MS = 2_000

/**
 * Creates the chat of a session as this page shows it. A reload finds it again; it is deleted with
 * the session's end.
 */
export function createSessionLines({
  sessionId,
  storage,
  environment = browserEnvironment,
}: SessionLinesParts) {
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
  const keeping = createKeeping(environment, () =>
    memory.store({ lines: all, unsent: [...unsent.value], heard: heard.value, said: said.value }),
  )

  /** The number of lines that are not drawn. */
  const earlier = computed(() => {
    const beyond = Math.max(0, count.value - DRAWN)
    return Math.max(0, beyond - (beyond % DRAWN_STEP) - uncovered.value)
  })
  /**
   * Says whether the line is new: a line that was not confirmed before a reload of this page comes
   * again.
   */
  const add = (line: ChatLine): boolean => {
    if (ids.has(line.id)) return false
    ids.add(line.id)
    all.push(line)
    count.value = all.length
    return true
  }

  return {
    /** The lines that are drawn: the latest, and earlier ones once they were requested. */
    lines: computed(() => (count.value === 0 ? [] : all.slice(earlier.value))),
    unsent,
    earlier,
    /** The number of all lines, and of one's own. */
    count,
    said,
    /** The number of unread lines of the other person. */
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
      keeping.keep()
    },

    say(line: ChatLine) {
      if (add(line)) said.value += 1
      unsent.value = new Set([...unsent.value, line.id])
      keeping.keep()
    },

    delivered(id: string) {
      unsent.value = new Set([...unsent.value].filter((other) => other !== id))
      keeping.keep()
    },

    noteDropped() {
      dropped.value = true
    },

    /**
     * Returns, for a call that continues after a reload, what to send again and how much was
     * received.
     */
    before: () => ({ unsent: all.filter(({ id }) => unsent.value.has(id)), taken: heard.value }),

    keepNow: keeping.keepNow,

    /** Deletes the stored chat when the session has ended. */
    forget() {
      keeping.stop()
      memory.forget()
    },
  }
}

/** Stores each change at once, or a little later where that has happened too often. */
function createKeeping({ now, after }: Pick<CallEnvironment, 'now' | 'after'>, save: () => void) {
  const maySave = createBucket({ burst: STORES_BURST, perSecond: STORES_A_SECOND, now })
  let over = false
  let stopTimer: (() => void) | undefined
  const clear = () => {
    stopTimer?.()
    stopTimer = undefined
  }
  const saveNow = () => {
    clear()
    save()
  }
  return {
    keep() {
      if (over || stopTimer) return
      if (maySave()) saveNow()
      else stopTimer = after(STORE_LATER_MS, saveNow)
    },

    /** Stores at once what is waiting, because the page may be closed in a moment. */
    keepNow() {
      if (stopTimer) saveNow()
    },

    stop() {
      over = true
      clear()
    },
  }
}

const countOf = (lines: readonly ChatLine[], mine: boolean): number =>
  lines.filter((line) => line.mine === mine).length
