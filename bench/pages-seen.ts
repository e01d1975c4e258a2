/** Measures a page: what came when, what moved, and how soon a press shows. */
import type { Page } from '@playwright/test'

export interface Seen {
  readonly firstMs: number
  readonly mainMs: number
  readonly shift: number
  readonly kilobytes: number
  /** Elements on the page. */
  readonly nodes: number
  /** Milliseconds from each press to what it changes on the screen. */
  readonly pressesMs: number[]
}

export interface Press {
  readonly role: 'button' | 'switch' | 'tab'
  readonly name: string
  /** Matches as soon as the press shows, and not before. */
  readonly shows: string
}

/** Returns what the browser noted of the page's loading. */
export function seenOn(page: Page): Promise<Seen> {
  return page.evaluate(async () => {
    const entries = <T>(type: string) =>
      new Promise<T[]>((resolve) => {
        const found: T[] = []
        const observer = new PerformanceObserver((list) => found.push(...(list.getEntries() as T[])))
        observer.observe({ type, buffered: true })
        setTimeout(() => {
          observer.disconnect()
          resolve(found)
        }, 200)
      })
    const paints = await entries<PerformanceEntry>('largest-contentful-paint')
    const shifts = await entries<PerformanceEntry & { value: number }>('layout-shift')
    const loads = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
    return {
      firstMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
      mainMs: paints.at(-1)?.startTime ?? 0,
      shift: shifts.reduce((sum, { value }) => sum + value, 0),
      kilobytes: loads.reduce((sum, { transferSize }) => sum + transferSize, 0) / 1024,
      nodes: document.querySelectorAll('*').length,
      pressesMs: [],
    }
  })
}

const PATIENCE_MS = 5_000

/** Presses, and returns the milliseconds until the frame in which it shows. */
export async function press(page: Page, { role, name, shows }: Press): Promise<number> {
  const waiting = page.evaluateHandle(
    ({ shows, patienceMs }) => {
      const pressed = new Promise<number>((resolve) => {
        addEventListener('pointerup', ({ timeStamp }) => resolve(timeStamp), { capture: true, once: true })
      })
      const drawn = async (from: number): Promise<number> => {
        const now = await new Promise<number>((resolve) => {
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
        })
        return document.querySelector(shows) || now - from > patienceMs ? now - from : drawn(from)
      }
      return { ms: pressed.then(drawn) }
    },
    { shows, patienceMs: PATIENCE_MS },
  )
  const found = await waiting
  await page.getByRole(role, { name, exact: true }).first().click()
  return found.evaluate(({ ms }) => ms)
}
