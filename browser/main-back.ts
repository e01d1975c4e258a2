/**
 * Runs on the page shown while the server is out of reach: polls for it, and returns the user to
 * the page they wanted.
 */

const EVERY_MS = 3_000

setInterval(async () => {
  const answer = await fetch('/healthz', { cache: 'no-store' }).catch(() => undefined)
  if (answer?.ok) location.reload()
}, EVERY_MS)
