/** What every page is given from outside: the server, the way to another page, and its places in the document. */
import { type Api, createApi } from './api.ts'
import { createHttp } from './http.ts'
import { earlyFetch } from './prefetch.ts'

export interface Page {
  readonly api: Api
  /** Leaves for another page of the site. */
  go(path: string): void
  /** The element of that id, emptied. Throws when the page has none. */
  place(id: string): HTMLElement
}

export const http = createHttp({ fetch: earlyFetch, now: () => Date.now() })

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
