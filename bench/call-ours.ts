/** Measures a call through our own pages and server. */
import type { Browser, BrowserContext } from '@playwright/test'
import { type RunningServer, startServer } from '../test/support/e2e/server.ts'
import { type Person, peopleAt } from '../test/support/people.ts'
import { marksWithFrame } from './call-bare.ts'
import { type Marks, noteInstants } from './call-marks.ts'

const RATE_CENTS = 100
const ENOUGH_CENTS = 50_000

export interface OurCalls {
  /**
   * Makes one call through the real pages, from "Accept" to the first picture. Returns what each
   * page noted, the one that accepted first.
   */
  call(): Promise<Marks[]>
  stop(): Promise<void>
}

/**
 * Starts a server, and two people on their dashboards, whose browsers have visited the site before.
 */
export async function ourCalls(browser: Browser, settings: Record<string, string>): Promise<OurCalls> {
  const server: RunningServer = await startServer(settings)
  const people = peopleAt(server.origin)
  const reader = await people.reader('Mara', RATE_CENTS)
  const client = await people.client('Ana', ENOUGH_CENTS)
  const desks = {
    reader: await deskOf(browser, server, reader),
    client: await deskOf(browser, server, client),
  }

  return {
    call: async () => {
      const pages = { reader: await desks.reader.newPage(), client: await desks.client.newPage() }
      for (const page of Object.values(pages)) await page.goto(`${server.origin}/dashboard`)
      await reader.send('POST', '/availability', { available: true })
      const line = pages.client.getByRole('listitem').filter({ hasText: 'Mara' })
      await line.getByRole('button', { name: 'Video' }).click()
      await pages.client.waitForURL('**/session/*')
      const sessionId = pages.client.url().split('/').at(-1)
      const asked = pages.reader.getByRole('dialog', { name: 'Incoming request' })
      await asked.getByRole('button', { name: 'Accept' }).click()
      const marks = await Promise.all([pages.reader, pages.client].map(marksWithFrame))
      await client.send('POST', `/session/${sessionId}/end`)
      for (const page of Object.values(pages)) await page.close()
      return marks
    },
    stop: async () => {
      people.leave()
      for (const desk of Object.values(desks)) await desk.close()
      await server.stop()
    },
  }
}

/** Opens a browser in which one person is logged in. */
async function deskOf(browser: Browser, server: RunningServer, person: Person): Promise<BrowserContext> {
  const context = await browser.newContext()
  const sign = person.cookie.indexOf('=')
  const [name, value] = [person.cookie.slice(0, sign), person.cookie.slice(sign + 1)]
  await context.addCookies([{ name, value, url: server.origin }])
  await context.addInitScript(noteInstants)
  return context
}
