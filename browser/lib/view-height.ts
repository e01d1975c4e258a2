/**
 * Keeps the call above a keyboard that covers the page instead of resizing it, so that the meter
 * and the exit stay in view. Returns a function that stops it.
 */
export function keepAboveKeyboard(): () => void {
  const view = window.visualViewport
  if (!view) return () => {}
  const root = document.documentElement
  const makeRoom = () => {
    // A user who has zoomed in wants to look at a part.
    const covered = view.scale === 1 && view.height < root.clientHeight - 1
    if (covered) root.style.setProperty('--view-height', `${view.height}px`)
    else root.style.removeProperty('--view-height')
    if (covered) window.scrollTo(0, 0)
  }
  // Safari scrolls to the field after it has made room for the keyboard.
  for (const change of ['resize', 'scroll']) view.addEventListener(change, makeRoom)
  makeRoom()
  return () => {
    for (const change of ['resize', 'scroll']) view.removeEventListener(change, makeRoom)
    root.style.removeProperty('--view-height')
  }
}
