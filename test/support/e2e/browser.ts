/** Finds the browser for tests that need the whole of it. */
import { type Browser, chromium, type LaunchOptions } from '@playwright/test'
import { findProgram } from '../../../scripts/setup.js'
import { test as base } from './test.ts'

/**
 * The whole browser: the shell that most tests drive has no permission prompts, and knows no
 * insecure origin as secure.
 */
export const WHOLE_BROWSER = findProgram('chromium') ?? '/usr/bin/chromium'

type Launch = (change: { without?: readonly string[]; with?: readonly string[] }) => Promise<Browser>

/**
 * A test that may start the whole browser with other switches; what it starts is closed after it.
 */
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
  return { ...usual, executablePath: WHOLE_BROWSER, args: [...kept, ...more] }
}
