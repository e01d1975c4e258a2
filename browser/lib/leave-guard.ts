/**
 * Asks once before a page with a running session is left, in the browser's own words; returns a
 * function that stops it.
 */
export function warnBeforeLeaving(): () => void {
  const ask = (event: BeforeUnloadEvent) => event.preventDefault()
  addEventListener('beforeunload', ask)
  return () => removeEventListener('beforeunload', ask)
}

/**
 * Loads the page that Back or Forward leads to from a session: the address of the dashboard may
 * belong to this same document.
 */
export function loadWhereBackLeads(): void {
  const here = location.pathname
  addEventListener('popstate', () => {
    if (location.pathname !== here) location.reload()
  })
}
