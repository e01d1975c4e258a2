/**
 * Collects what every page is given from outside: the server, navigation, and its places in the
 * document.
 */
import { type Api, createApi } from './api.ts'
import { createHttp } from './http.ts'
import { prefetchedFetch } from './prefetch.ts'

export interface Page {
  readonly api: Api
  /** Leaves for another page of the site. */
  go(path: string): void
  /** Returns the element of that id, emptied. Throws when the page has none. */
  place(id: string): HTMLElement
}

export const http = createHttp({ fetch: prefetchedFetch, now: () => Date.now() })

export const page: Page = {
  api: createApi(http),
  go: (path) => location.assign(path),
  place(id) {
    const found = document.getElementById(id)
    if (!found) throw new Error(`the page has no #${id}`)
    found.replaceChildren()
    return found
  },
}
