/** Makes a page's network late. */
import type { Page } from '@playwright/test'

/** Holds the page's requests to an address on their way, until the returned function is called. */
export function holdRequests(page: Page, address: string): Promise<() => void> {
  return hold(page, address, 'before')
}

/** Lets the requests through, and holds the responses until the returned function is called. */
export function holdResponses(page: Page, address: string): Promise<() => void> {
  return hold(page, address, 'after')
}

async function hold(page: Page, address: string, when: 'before' | 'after'): Promise<() => void> {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route(address, async (route) => {
    if (when === 'before') {
      await released
      return route.continue()
    }
    const response = await route.fetch()
    await released
    return route.fulfill({ response })
  })
  return release
}
