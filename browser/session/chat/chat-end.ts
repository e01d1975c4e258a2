/** Scrolls the chat with its newest line, and counts unread lines in the tab's title. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { markTitle } from '../../ui/tab-title.ts'
import type { SessionStore } from '../store.ts'

const NEAR_PX = 48 // about one line: someone this close to the end is reading along

/**
 * Keeps the newest line in view for a person who reads along; for others, counts in the tab's
 * title.
 */
export function useChatEnd({ chat, chatFolded }: SessionStore) {
  const log = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  const { count, said, earlier, unread, see, keepNow } = chat
  /** Distance of the view from the end before earlier lines were added above it. */
  const fromEnd = useRef<number | undefined>(undefined)

  const toEnd = () => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight
    follows.current = true
    lookAgain()
  }
  const lookAgain = () => {
    const inSight = document.visibilityState === 'visible' && (log.current?.clientHeight ?? 0) > 0
    if (inSight && follows.current) see()
  }
  const onScroll = () => {
    if (!log.current || log.current.clientHeight === 0) return
    const { scrollHeight, scrollTop, clientHeight } = log.current
    follows.current = scrollHeight - scrollTop - clientHeight < NEAR_PX
    lookAgain()
  }

  const showEarlier = () => {
    if (!log.current) return
    fromEnd.current = log.current.scrollHeight - log.current.scrollTop
    chat.showEarlier()
    // The button disappears with the last of them.
    if (earlier.value === 0) log.current.focus()
  }
  useLayoutEffect(() => {
    if (log.current && fromEnd.current !== undefined)
      log.current.scrollTop = log.current.scrollHeight - fromEnd.current
    fromEnd.current = undefined
  }, [earlier.value])

  // Scrolls in the same step as the lines are drawn: a scroll event in between would look like the
  // reader's own, and end the following. One's own lines are always followed.
  useLayoutEffect(toEnd, [said.value])
  useLayoutEffect(() => {
    if (follows.current) toEnd()
  }, [count.value, chatFolded.value])
  useEffect(() => {
    // A keyboard that opens takes room away from the end.
    const resized = new ResizeObserver(() => follows.current && toEnd())
    if (log.current) {
      resized.observe(log.current)
      log.current.tabIndex = 0 // so that the arrow keys scroll it
    }
    document.addEventListener('visibilitychange', lookAgain)
    addEventListener('pagehide', keepNow)
    return () => {
      resized.disconnect()
      document.removeEventListener('visibilitychange', lookAgain)
      removeEventListener('pagehide', keepNow)
    }
  }, [])
  useCountInTitle(unread.value)
  return { log, onScroll, toEnd, showEarlier }
}

function useCountInTitle(count: number): void {
  useEffect(() => {
    markTitle('unread', count > 0 ? `(${count})` : undefined)
    return () => markTitle('unread', undefined)
  }, [count])
}
