/**
 * What a page needs first is asked for while its script is still on the way: on a slow line that is half of the wait. The
 * page's own markup says what (`data-early` at the script in its head); each answer is handed over once.
 */

interface Held {
  readonly response: Response
  /** On the page's steady clock. */
  readonly at: number
}

declare global {
  interface Window {
    /** By address. The scripts in the head and in the body are two bundles, and share nothing else. */
    early?: Map<string, Promise<Held>>
  }
}

const KEPT_MS = 20_000 // whoever asks later wants to know how it is then

/**
 * Asks for the addresses that `script` names: `data-early` for everybody, `data-early-client` and `data-early-reader` for
 * the role in `data-role`. `*` stands for this browser's time zone, `.` for the page's own address.
 */
export function prefetch(script: HTMLElement | SVGElement | null): void {
  const { early = '', earlyClient = '', earlyReader = '', role = '' } = script?.dataset ?? {}
  const ofRole = { client: earlyClient, reader: earlyReader }[role] ?? ''
  const paths = `${early} ${ofRole}`.split(' ').filter(Boolean)
  if (paths.length === 0) return
  const asked = new Map(paths.map((path) => [addressOf(path), ask(addressOf(path))]))
  window.early = asked
  setTimeout(() => asked.clear(), KEPT_MS)
}

/** An unknown zone ("Etc/Unknown") is refused here, and the page asks anew in UTC. */
function addressOf(path: string): string {
  return path === '.'
    ? location.pathname
    : path.replace('*', encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone))
}

function ask(address: string): Promise<Held> {
  const headers = { Accept: 'application/json' }
  const held = fetch(address, { credentials: 'same-origin', headers }).then((response) => ({
    response,
    at: performance.now(),
  }))
  // Whoever takes it hears of a failure; where nobody does, it is nobody's business.
  held.catch(() => {})
  return held
}

/** As `fetch`; answers what was asked for early, once. */
export const prefetchedFetch: typeof fetch = (input, init) => {
  const held = typeof input === 'string' && isGet(init) ? window.early?.get(input) : undefined
  if (!held) return fetch(input, init)
  window.early?.delete(String(input))
  return held.then(asOfNow)
}

const isGet = (init: RequestInit | undefined): boolean => (init?.method ?? 'GET') === 'GET'

/** The server's time in an answer is that of its sending: it is put forward by what the answer has waited here. */
function asOfNow({ response, at }: Held): Response {
  const { status, statusText, body } = response
  const headers = new Headers(response.headers)
  const sentAt = Date.parse(headers.get('Date') ?? '')
  const waitedMs = Math.round((performance.now() - at) / 1000) * 1000
  if (!Number.isNaN(sentAt)) headers.set('Date', new Date(sentAt + waitedMs).toUTCString())
  return new Response(body, { status, statusText, headers })
}
