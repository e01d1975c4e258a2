/**
 * Runs beside the pages as a service worker. Its one task is to show a page that says so when a
 * page cannot be loaded. It caches no other page and touches no other request, so that a stale
 * balance is never shown.
 */

const KEPT = 'soulseer-back-1'
const PAGE = '/back.html'
const FILES = [
  PAGE,
  '/back.js',
  '/theme.js',
  '/style.css',
  '/icon.svg',
  '/fonts/figtree.woff2',
  '/fonts/newsreader.woff2',
]
/** Lists the statuses that a proxy returns when there is no server behind it. */
const NOBODY_THERE = [502, 503, 504]

/** Declares what is used of the worker's scope, which the pages' types do not include. */
interface WorkerScope {
  skipWaiting(): Promise<void>
  clients: { claim(): Promise<void> }
  addEventListener(type: 'install' | 'activate', listener: (event: LifeEvent) => void): void
  addEventListener(type: 'fetch', listener: (event: AskEvent) => void): void
}
interface LifeEvent {
  waitUntil(work: Promise<unknown>): void
}
interface AskEvent {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}

const environment = self as unknown as WorkerScope

environment.addEventListener('install', (event) => event.waitUntil(keep()))
environment.addEventListener('activate', (event) => event.waitUntil(environment.clients.claim()))
environment.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.mode === 'navigate') event.respondWith(pageOr(request))
  else if (FILES.includes(new URL(request.url).pathname)) event.respondWith(fileOr(request))
})

async function keep(): Promise<void> {
  const kept = await caches.open(KEPT)
  await kept.addAll(FILES.map((path) => new Request(path, { cache: 'reload' })))
  await environment.skipWaiting()
}

async function pageOr(request: Request): Promise<Response> {
  const answer = await fetch(request).catch(() => undefined)
  if (answer && !NOBODY_THERE.includes(answer.status)) return answer
  return (await caches.match(PAGE)) ?? answer ?? Response.error()
}

async function fileOr(request: Request): Promise<Response> {
  const answer = await fetch(request).catch(() => undefined)
  if (answer?.ok || answer?.status === 304) return answer
  return (await caches.match(request)) ?? answer ?? Response.error()
}
