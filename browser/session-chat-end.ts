import { useEffect, useRef } from 'preact/hooks'
import type { SessionBoard } from './session-board.ts'

const NEAR_PX = 48 // about a line: who is that close to the end reads along

/** Keeps the newest line in view for whoever reads along, and counts in the tab's title for whoever does not. */
export function useChatEnd({ chat, chatFolded }: SessionBoard) {
  const log = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  const { lines, unread, see } = chat
  const mineCount = lines.value.filter(({ mine }) => mine).length

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

  // What one writes oneself is always followed.
  useEffect(toEnd, [mineCount])
  useEffect(() => {
    if (follows.current) toEnd()
  }, [lines.value.length, chatFolded.value])
  useEffect(() => {
    // A keyboard that opens takes room away from the end.
    const resized = new ResizeObserver(() => follows.current && toEnd())
    if (log.current) resized.observe(log.current)
    document.addEventListener('visibilitychange', lookAgain)
    return () => {
      resized.disconnect()
      document.removeEventListener('visibilitychange', lookAgain)
    }
  }, [])
  useCountInTitle(unread.value)
  return { log, onScroll, toEnd }
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
