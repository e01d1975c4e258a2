/**
 * Turns the document of another page into the session's. The socket stays, and so does the tap
 * after which a browser lets a page play sound, and nothing has to be loaded while the other person
 * waits.
 */
export function turnIntoSession(sessionId: string): void {
  history.pushState(null, '', `/session/${encodeURIComponent(sessionId)}`)
  // The page that Back leads to is no longer in this document.
  addEventListener('popstate', () => location.reload())
  document.title = 'Session · SoulSeer'
  document.body.dataset.page = 'session'
  document.querySelector('header.top')?.remove()
  const main = document.querySelector('main')
  if (main) main.className = 'reading'
}
