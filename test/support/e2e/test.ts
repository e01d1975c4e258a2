/** Extends Playwright's test with a server for each worker. */
import { test as base, expect } from '@playwright/test'
import { type RunningServer, startServer } from './server.ts'

interface Given {
  settings: Record<string, string>
  server: RunningServer
  closesPages: undefined
}

interface GivenToWorkers {
  sharedSettings: Record<string, string>
  shared: RunningServer
}

/**
 * A test with a server process of its own; `test.use({ settings })` adds to the environment it
 * starts with. A test that neither stops its server nor looks at other people than its own takes
 * `shared` instead, the server of all such tests of a worker: a start costs a second of processor.
 */
export const test = base.extend<Given, GivenToWorkers>({
  settings: [{}, { option: true }],
  server: async ({ settings }, use) => {
    const server = await startServer(settings)
    await use(server)
    expect(await server.stop(), 'the server stops cleanly').toBe(0)
  },
  sharedSettings: [{}, { option: true, scope: 'worker' }],
  shared: [
    async ({ sharedSettings }, use) => {
      const server = await startServer(sharedSettings)
      await use(server)
      expect(await server.stop(), 'the server stops cleanly').toBe(0)
    },
    { scope: 'worker' },
  ],
  // Playwright leaves contexts that a test made open until the worker ends, with their calls and
  // their timers.
  closesPages: [
    async ({ browser }, use) => {
      await use(undefined)
      await Promise.all(browser.contexts().map((context) => context.close()))
    },
    { auto: true },
  ],
})
