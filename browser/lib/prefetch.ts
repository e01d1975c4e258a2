/**
 * Requests what a page needs first while its script still loads: on a slow network that is half of
 * the wait. The page's own markup names it (`data-early` at the script in its head); each response
 * is handed over once.
 */

import { ANSWER_MS, endingIn } from './http.ts'

interface Held {
  readonly response: Response
  /** On the page's steady clock. */
  readonly at: number
}

declare global {
  interface Window {
    /**
     * By address. The scripts in the head and in the body are two bundles, and share nothing else.
     */
    early?: Map<string, Promise<Held>>
  }
}

const KEPT_MS = 20_000 // a later request wants the current state

/**
 * Requests the addresses that `script` names: `data-early` for everyone, `data-early-client` and
 * `data-early-reader` for the role in `data-role`. `*` is replaced by this browser's time zone, `.`
 * by the page's own address.
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

/**
 * Returns the real address. An unknown zone ("Etc/Unknown") throws here, and the page then asks in
 * UTC.
 */
function addressOf(path: string): string {
  return path === '.'
    ? location.pathname
    : path.replace('*', encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone))
}

function ask(address: string): Promise<Held> {
  const headers = { Accept: 'application/json' }
  const { signal } = endingIn(ANSWER_MS)
  const held = fetch(address, { credentials: 'same-origin', headers, signal }).then((response) => ({
    response,
    at: performance.now(),
  }))
  // Marks the rejection as handled; prefetchedFetch() still rejects for its caller.
  held.catch(() => {})
  return held
}

/** Works as `fetch`, but returns a prefetched response, once. */
export const prefetchedFetch: typeof fetch = (input, init) => {
  const held = typeof input === 'string' && isGet(init) ? window.early?.get(input) : undefined
  if (!held) return fetch(input, init)
  window.early?.delete(String(input))
  return held.then(asOfNow)
}

const isGet = (init: RequestInit | undefined): boolean => (init?.method ?? 'GET') === 'GET'

/** Moves the server time in a response forward by how long the response has waited here. */
function asOfNow({ response, at }: Held): Response {
  const { status, statusText, body } = response
  const headers = new Headers(response.headers)
  const sentAt = Date.parse(headers.get('Date') ?? '')
  const waitedMs = Math.round((performance.now() - at) / 1000) * 1000
  if (!Number.isNaN(sentAt)) headers.set('Date', new Date(sentAt + waitedMs).toUTCString())
  return new Response(body, { status, statusText, headers })
}
