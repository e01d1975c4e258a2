/** Opens the states of the catalogue, which need no people and no call. */
import { expect, type Page } from '@playwright/test'
import { STATES } from '../../../dev/states/page/catalogue.ts'
import type { State } from '../../../dev/states/page/state.ts'

/** Returns the state of that name. Throws where there is none. */
export function stateOf(name: string): State {
  const found = STATES.find((state) => state.name === name)
  if (!found) throw new Error(`There is no state "${name}".`)
  return found
}

/** Opens a state, and waits until the page shows it. */
export async function openState(
  page: Page,
  origin: string,
  { page: file, name }: State,
  { theme = 'dark', isOffline = false }: { theme?: 'dark' | 'light'; isOffline?: boolean } = {},
): Promise<void> {
  const query = new URLSearchParams({ theme, ...(isOffline ? { offline: 'yes' } : {}) })
  await page.goto(`${origin}/dev/states/${file}/${name}?${query}`)
  const reached = await page.waitForFunction(() => document.documentElement.dataset.state)
  expect(await reached.jsonValue(), name).toBe('there')
}

const CONTROL =
  /^\s*- ((?:alertdialog|button|checkbox|combobox|dialog|heading|link|option|radio|searchbox|switch|tab|textbox)\b.*)$/

/**
 * Returns the controls of the page as a screen reader names them, a line each, with the headings and
 * windows that they are under. What a clock shows counts as the same at every time.
 */
export async function controlsOf(page: Page): Promise<string[]> {
  const tree = await page.locator('body').ariaSnapshot()
  return tree.split('\n').flatMap((line) => {
    const [, control] = CONTROL.exec(line) ?? []
    return control ? [control.replace(/(["\]]|^\w+):.*$/, '$1').replace(/\d+:\d\d/, '0:00')] : []
  })
}
