/** Draws a long list a screenful at a time. */
import type { ComponentChild } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

const SCREENFUL = 12
const AHEAD_PX = 600 // the next screenful is there before the last one is read

/**
 * Returns how many of `total` rows to draw, and what goes under them: a button for more, which
 * presses itself when it is scrolled near. A change of `of` begins again.
 */
export function useScreenfuls(total: number, of: string): { shown: number; more: ComponentChild } {
  const [asked, setAsked] = useState({ of, rows: SCREENFUL })
  const rows = asked.of === of ? asked.rows : SCREENFUL
  const more = () => setAsked({ of, rows: rows + SCREENFUL })
  return { shown: rows, more: rows < total ? <More key={rows} onMore={more} /> : null }
}

function More({ onMore }: { onMore: () => void }) {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (!button.current) return
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) onMore()
      },
      { rootMargin: `${AHEAD_PX}px` },
    )
    watcher.observe(button.current)
    return () => watcher.disconnect()
  }, [])
  return (
    <button ref={button} type="button" class="button" onClick={onMore}>
      Show more
    </button>
  )
}
