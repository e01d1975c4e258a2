import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { SessionStore } from '../store.ts'

const NEAR_PX = 48 // about a line: who is that close to the end reads along

/** Keeps the newest line in view for whoever reads along, and counts in the tab's title for whoever does not. */
export function useChatEnd({ chat, chatFolded }: SessionStore) {
  const log = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  const { count, said, earlier, unread, see, keepNow } = chat
  /** How far the view was from the end before earlier lines came above it. */
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
    // The button goes with the last of them.
    if (earlier.value === 0) log.current.focus()
  }
  useLayoutEffect(() => {
    if (log.current && fromEnd.current !== undefined)
      log.current.scrollTop = log.current.scrollHeight - fromEnd.current
    fromEnd.current = undefined
  }, [earlier.value])

  // With the lines and not after them: a scroll told in between would look like the reader's own, and end the following.
  // What one writes oneself is always followed.
  useLayoutEffect(toEnd, [said.value])
  useLayoutEffect(() => {
    if (follows.current) toEnd()
  }, [count.value, chatFolded.value])
  useEffect(() => {
    // A keyboard that opens takes room away from the end.
    const resized = new ResizeObserver(() => follows.current && toEnd())
    if (log.current) resized.observe(log.current)
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
    const title = document.title.replace(/^\(\d+\) /, '')
    document.title = count > 0 ? `(${count}) ${title}` : title
    return () => {
      document.title = title
    }
  }, [count])
}
