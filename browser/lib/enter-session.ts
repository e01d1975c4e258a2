/** Opens a session in the document of another page. */
import { loadWhereBackLeads } from './leave-guard.ts'

/**
 * Turns the document of another page into the session's. The socket stays, and so does the tap
 * after which a browser lets a page play sound, and nothing has to be loaded while the other person
 * waits.
 */
export function turnIntoSession(sessionId: string): void {
  history.pushState(null, '', `/session/${encodeURIComponent(sessionId)}`)
  loadWhereBackLeads()
  document.title = 'Session · SoulSeer'
  document.body.dataset.page = 'session'
  document.querySelector('header.top')?.remove()
  const main = document.querySelector('main')
  if (main) main.className = 'reading'
}
