/** The page that stands in while the server cannot be reached: looks for it, and goes back where the person was. */

const EVERY_MS = 3_000

setInterval(async () => {
  const answer = await fetch('/healthz', { cache: 'no-store' }).catch(() => undefined)
  if (answer?.ok) location.reload()
}, EVERY_MS)
