/**
 * Where a keyboard covers the page instead of making it smaller, the call keeps to what is left, so that the meter and
 * the way out stay in view. Answers the way to stop.
 */
export function keepAboveKeyboard(): () => void {
  const view = window.visualViewport
  if (!view) return () => {}
  const root = document.documentElement
  const makeRoom = () => {
    // Somebody who has zoomed in wants to look at a part.
    const covered = view.scale === 1 && view.height < root.clientHeight - 1
    if (covered) root.style.setProperty('--view-height', `${view.height}px`)
    else root.style.removeProperty('--view-height')
    if (covered) window.scrollTo(0, 0)
  }
  view.addEventListener('resize', makeRoom)
  makeRoom()
  return () => {
    view.removeEventListener('resize', makeRoom)
    root.style.removeProperty('--view-height')
  }
}
