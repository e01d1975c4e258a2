/** Loads a page's further scripts, and says so where one cannot be loaded. */

const MISSING = 'This page could not be loaded. Check your connection and try again.'
const SESSION_MISSING =
  'This session could not be loaded here. Nothing is charged until you are connected. Check your connection and try again.'
const IDLE_MS = 2_000

/** Gives the functions below what they need of the browser. */
export interface ScriptEnvironment {
  /** Says whether the user, or {@link missingScript}, has already reloaded this page. */
  isReloaded(): boolean
  isServerThere(): Promise<boolean>
  reload(): void
  /** Shows that the page could not be loaded, with a button to try again. */
  show(): void
}

const browser: ScriptEnvironment = {
  isReloaded: () => wayHere() === 'reload',
  isServerThere: () => fetch('/healthz', { cache: 'no-store' }).then(({ ok }) => ok, never),
  reload: () => location.reload(),
  show: showMissing,
}

/** Hands a script to `use`. Where it cannot be loaded, does as {@link missingScript}. */
export async function withScript<T>(
  load: () => Promise<T>,
  use: (script: T) => unknown,
  environment = browser,
): Promise<void> {
  const script = await load().catch(() => undefined)
  if (script) await use(script)
  else await missingScript(environment)
}

/**
 * Reloads a page once whose script the server no longer has, because a new build took its place.
 * Says so where that did not help, or the server is out of reach.
 */
async function missingScript(environment = browser): Promise<void> {
  const { isReloaded, isServerThere, reload, show } = environment
  if (!isReloaded() && (await isServerThere())) reload()
  else show()
}

/** Does the same for every script that the page's markup names, with what that imports. */
export function watchForMissingScripts(): void {
  const onError = ({ target }: Event) => {
    const isScript = target instanceof HTMLScriptElement && target.type === 'module'
    // A script that is added later has its own handler.
    if (isScript && document.readyState !== 'complete') void missingScript()
  }
  addEventListener('error', onError, { capture: true }) // such an event does not bubble
}

/** Runs `run` once the page has nothing else to do. */
export function whenIdle(run: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(run, { timeout: IDLE_MS })
  else setTimeout(run, IDLE_MS)
}

/** Draws the alert with the document alone, because what draws the pages may be what is missing. */
function showMissing(): void {
  const alert = document.createElement('div')
  alert.className = 'alert'
  alert.setAttribute('role', 'alert')
  const words = document.createElement('p')
  words.textContent = location.pathname.startsWith('/session/') ? SESSION_MISSING : MISSING
  const again = document.createElement('button')
  again.type = 'button'
  again.className = 'button'
  again.textContent = 'Try again'
  again.addEventListener('click', () => location.reload())
  const content = document.createElement('div')
  content.append(words, again)
  alert.append(content)
  document.querySelector('main > .loading')?.remove()
  document.querySelector('main')?.prepend(alert)
}

/** Returns how the browser came to this page. One that does not say is not asked to reload. */
function wayHere(): NavigationTimingType {
  const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  return entry?.type ?? 'reload'
}

const never = () => false
