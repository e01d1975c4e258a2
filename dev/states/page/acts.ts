/** Does what leads to a state, by the names that are read aloud. */
import { loseConnection, tell } from './socket.ts'
import type { Act } from './state.ts'

const PATIENCE_MS = 10_000
const CONTROLS = 'button, a[href], [role="tab"], [role="switch"], label, summary'

/** Waits until the page is there, and takes the steps of a state. */
export async function act(acts: readonly Act[]): Promise<void> {
  await until('the page is drawn', isDrawn)
  await settled() // the page begins to listen once it has been drawn
  for (const step of acts) await take(step)
  await document.fonts.ready
  await settled()
}

/** Says whether there is more on the page than its markup, and than the word that it loads. */
function isDrawn(): boolean {
  const parts = [...(document.querySelector('main')?.children ?? [])]
  return parts.length > 0 && !parts.some((part) => part.matches('noscript, .loading'))
}

async function take(step: Act): Promise<void> {
  if (step === 'lose the connection') return loseConnection()
  if (step === 'go offline') {
    Object.defineProperty(navigator, 'onLine', { value: false })
    dispatchEvent(new Event('offline'))
    return loseConnection()
  }
  if ('tell' in step) return tell(step.tell)
  if ('see' in step) return void (await until(step.see, () => document.body.innerText.includes(step.see)))
  if ('press' in step) return (await until(step.press, () => controlOf(step.press, step.nth))).click()
  const [label, text] = step.type
  const box = await until(label, () => boxOf(label))
  box.value = text
  box.dispatchEvent(new Event('input', { bubbles: true }))
}

/** Returns a control of that name that can be pressed; in the topmost window where one is open. */
function controlOf(name: string, nth = 0): HTMLElement | undefined {
  const within = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document
  return [...within.querySelectorAll<HTMLElement>(CONTROLS)].filter(
    (one) => nameOf(one) === name && !one.matches(':disabled') && one.checkVisibility(),
  )[nth]
}

const nameOf = (element: HTMLElement) =>
  element.getAttribute('aria-label') ?? (element.textContent ?? '').trim().replace(/\s+/g, ' ')

function boxOf(label: string): HTMLInputElement | HTMLTextAreaElement | undefined {
  const found = [...document.querySelectorAll('label')].filter((one) => nameOf(one) === label).at(-1)
  const box = found?.control
  return box instanceof HTMLInputElement || box instanceof HTMLTextAreaElement ? box : undefined
}

/** Resolves with what `find` returns once it is there. */
async function until<T>(what: string, find: () => T | undefined | false): Promise<T> {
  const since = performance.now()
  for (;;) {
    const found = find()
    if (found) return found
    if (performance.now() - since > PATIENCE_MS) throw new Error(`${what} does not come`)
    await settled()
  }
}

/** Resolves after everything that was under way has been drawn. */
const settled = () => new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
