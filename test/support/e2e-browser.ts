import { type Browser, chromium, type LaunchOptions } from '@playwright/test'
import { test as base } from './e2e-test.ts'

type Launch = (change: { without?: readonly string[]; with?: readonly string[] }) => Promise<Browser>

/** A test that may start browsers other than the usual one; they are closed after it. */
export const test = base.extend<{ launch: Launch }>({
  launch: async ({ launchOptions }, use) => {
    const started: Browser[] = []
    await use(async (change) => {
      const browser = await chromium.launch(changed(launchOptions, change))
      started.push(browser)
      return browser
    })
    await Promise.all(started.map((browser) => browser.close()))
  },
})

function changed(usual: LaunchOptions, { without = [], with: more = [] }: Parameters<Launch>[0]) {
  const kept = usual.args?.filter((arg) => !without.includes(arg)) ?? []
  return { ...usual, args: [...kept, ...more] }
}
