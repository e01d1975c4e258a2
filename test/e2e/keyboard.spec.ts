/** Tests a session with the keyboard alone. */
import { type Browser, expect, type Locator, type Page } from '@playwright/test'
import { giveAuthenticator, named } from '../support/e2e/authenticator.ts'
import { sidewaysScroll } from '../support/e2e/layout.ts'
import { linkTo } from '../support/e2e/mailbox.ts'
import { ACCEPT, answer, arrive, becomeAvailable, readerLine, ring } from '../support/e2e/people.ts'
import type { RunningServer } from '../support/e2e/server.ts'
import { test } from '../support/e2e/test.ts'
import { sample } from '../support/sample.ts'

const MOST_STOPS = 60

interface Given {
  browser: Browser
  server: RunningServer
  shared: RunningServer
}

/** Presses Tab until `wanted` has the focus, as a person without a mouse does. */
async function reach(page: Page, wanted: Locator): Promise<void> {
  await expect(wanted).toBeVisible()
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${wanted} cannot be reached by Tab`)
}

async function press(page: Page, wanted: Locator, key = 'Enter'): Promise<void> {
  await reach(page, wanted)
  await page.keyboard.press(key)
}

async function type(page: Page, label: string, text: string): Promise<void> {
  await reach(page, page.getByLabel(label, { exact: true }))
  await page.keyboard.type(text)
}

/** Returns everything that the two live regions of a page say from now on. */
async function listenTo(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const said: string[] = []
    Object.assign(window, { said })
    const hear = () => {
      for (const id of ['say-politely', 'say-at-once']) {
        const words = document.getElementById(id)?.textContent ?? ''
        if (words && said.at(-1) !== words) said.push(words)
      }
    }
    for (const id of ['say-politely', 'say-at-once']) {
      const place = document.getElementById(id)
      if (place)
        new MutationObserver(hear).observe(place, { childList: true, characterData: true, subtree: true })
    }
  })
  return () => page.evaluate(() => (window as unknown as { said: string[] }).said)
}

const JOURNEYS: Record<string, (given: Given) => Promise<void>> = {
  'a first session from registering to the summary with the keyboard alone': async ({ browser, server }) => {
    const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '2.50' })
    await press(reader, reader.getByRole('switch', { name: 'Available for sessions' }))
    await expect(reader.getByRole('switch')).toBeChecked()

    const client = await (await browser.newContext()).newPage()
    await client.goto(server.origin)
    await type(client, 'Display name', 'Ana Reyes')
    await type(client, 'Email', 'ana@example.com')
    await type(client, 'Password', 'a long enough one')
    await press(client, client.getByRole('checkbox', { name: ACCEPT }), 'Space')
    await press(client, client.getByRole('button', { name: 'Create account' }))
    await client.waitForURL('**/dashboard')

    await press(client, client.getByRole('button', { name: 'Add funds', exact: true }))
    await press(client, client.getByRole('button', { name: 'Pay $20.00' }))
    await expect(client.getByTestId('balance')).toHaveText('$20.00')
    await expect(client.getByRole('button', { name: 'Add funds', exact: true })).toBeFocused()

    await press(client, readerLine(client, 'Mara Lind').getByRole('button', { name: 'Chat' }))
    await client.waitForURL('**/session/*')
    const heard = await listenTo(client)
    await press(reader, reader.getByRole('button', { name: 'Accept' }))
    await expect(client.getByTestId('connection-state')).toHaveText('Connected')

    await press(client, client.getByRole('button', { name: 'Options' }))
    await expect(client.getByRole('heading', { name: 'Session options' })).toBeFocused()
    await client.keyboard.press('Escape')
    await expect(client.getByRole('button', { name: 'Options' })).toBeFocused()
    await type(client, 'Message', 'Hello Mara')
    await client.keyboard.press('Enter')
    await expect(reader.getByRole('log')).toContainText('Hello Mara')

    await press(client, client.getByRole('button', { name: 'End session' }))
    await expect(client.getByRole('heading', { name: 'Session summary' })).toBeFocused()
    await expect.poll(async () => (await heard()).at(-1)).toMatch(/^Session ended\. .+, \$\d+\.\d\d\.$/)
    const said = await heard()
    expect(said[0]).toBe('Connected. Charging $2.50/min.')
    // A busy machine may hold up the heartbeats: a pause and its end are said, too.
    const pauses = said.filter((words) => words.startsWith('Paused.')).length
    expect(said.length - 2 * pauses, said.join(' ')).toBeLessThanOrEqual(3)
    await press(client, client.getByRole('link', { name: 'Return to dashboard' }))
    await client.waitForURL('**/dashboard')
  },
  'a forgotten password, a new address and its undoing with the keyboard alone': async ({
    browser,
    server,
  }) => {
    const email = 'ana@example.com'
    const context = await browser.newContext()
    const data = { role: 'client', name: 'Ana', email, password: 'a long enough one', acceptTerms: true }
    await context.request.post(`${server.origin}/register`, { data })
    await context.clearCookies() // a person who is logged in is greeted instead
    const page = await context.newPage()
    await page.goto(`${server.origin}/#log-in`)
    await press(page, page.getByRole('link', { name: 'Forgot your password?' }))
    await type(page, 'Email', email)
    await press(page, page.getByRole('button', { name: 'Send me a link' }))
    await expect(page.getByRole('heading', { name: 'Check your email' })).toBeFocused()
    await page.goto(await linkTo(server, email, '/reset'))
    await type(page, 'New password', 'another long one')
    await press(page, page.getByRole('button', { name: 'Save new password' }))
    await press(page, page.getByRole('link', { name: 'Log in' }))
    await type(page, 'Email', email)
    await type(page, 'Password', 'another long one')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/dashboard')

    await page.goto(`${server.origin}/account`)
    await type(page, 'New email', 'bo@example.com')
    const card = page.getByRole('region', { name: 'Email' })
    await reach(page, card.getByLabel('Account password'))
    await page.keyboard.type('another long one')
    await press(page, card.getByRole('button', { name: 'Change email' }))
    await expect(card.getByText('Waiting for bo@example.com')).toBeVisible()
    await press(page, card.getByRole('button', { name: `Keep ${email}` }))
    await expect(card.getByText('Waiting for')).toHaveCount(0)
    await page.goto(await linkTo(server, email, '/undo-email'))
    await type(page, 'New password', 'a third long one')
    await press(page, page.getByRole('button', { name: 'Undo the change' }))
    await expect(page.getByRole('heading', { name: 'The change is undone' })).toBeFocused()
  },
  'the texts are read, and what a person wants to know is found, with the keyboard alone': async ({
    browser,
    shared,
  }) => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(shared.origin)
    for (const name of ['Terms', 'Privacy', 'Refunds', 'Help']) {
      await press(page, page.getByRole('navigation', { name: 'About SoulSeer' }).getByRole('link', { name }))
      await expect(page).toHaveURL(`${shared.origin}/${name.toLowerCase()}`)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await page.keyboard.press('Tab')
      await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused()
      await page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
      await expect(page.locator('main :focus')).toHaveCount(1) // past the header
      const unmarked = await focusLess(page)
      expect(unmarked, 'what has the focus is seen').toEqual([])
    }
    await press(page, page.getByRole('link', { name: 'refunds', exact: true }))
    await expect(page.getByRole('heading', { name: 'Refunds', level: 1 })).toBeVisible()
  },
  'a passkey is added, gives proof and is removed with the keyboard alone': async ({ browser, shared }) => {
    const origin = named(shared.origin)
    const page = await arrive(browser, origin, { role: 'reader', name: 'Mara Lind', rate: '2.50' })
    await giveAuthenticator(page)
    await press(page, page.getByRole('button', { name: 'Add a passkey' })) // the dashboard's suggestion
    await page.waitForURL('**/account#passkeys')
    await press(page, page.getByRole('button', { name: 'Add a passkey' }))
    await expect(page.getByLabel('Name of the passkey')).toBeFocused()
    await page.keyboard.type('My key')
    await page.keyboard.press('Enter')
    const proof = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await press(page, proof.getByRole('button', { name: 'Confirm' }))
    await expect(proof.getByLabel('Your password')).toBeFocused()
    await page.keyboard.type('a long enough one')
    await page.keyboard.press('Enter')
    await expect(proof).toBeHidden()
    await expect(page.getByRole('heading', { name: 'Passkeys' })).toBeFocused()
    await press(page, page.getByRole('button', { name: 'Remove My key' }))
    await expect(page.getByRole('button', { name: 'Remove My key' })).toHaveCount(0)
    await expect(page.getByRole('heading', { name: 'Passkeys' })).toBeFocused()
  },
}

for (const [what, go] of sample(Object.entries(JOURNEYS), 2, 'journeys')) test(what, go)

/** Returns the links and buttons of a page that look the same with the focus as without. */
function focusLess(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('a[href], button')]
      .filter((element) => {
        element.focus({ focusVisible: true } as FocusOptions)
        const { outlineStyle, outlineWidth } = getComputedStyle(element)
        return outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 2
      })
      .map((element) => element.outerHTML.slice(0, 80)),
  )
}

test('keys that were on their way neither accept a request nor decline it', async ({ browser, server }) => {
  const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '2.00' })
  await becomeAvailable(reader)
  await reader.getByRole('button', { name: 'Edit profile' }).click()
  await reader.getByLabel('About your readings').focus()
  const client = await arrive(browser, server.origin, {
    role: 'client',
    name: 'Ana Reyes',
    fundsCents: 1_000,
  })
  await ring(client, 'Mara Lind', 'Voice')
  const request = reader.getByRole('dialog', { name: 'Incoming request' })
  await expect(request).toBeVisible()
  await expect(request).toHaveAccessibleDescription(/^Ana Reyes would like a voice session at \$2\.00\/min/)
  for (const key of ['a', ' ', 'Enter', 'Escape', 'Escape', ' ', 'Enter', 'y', 'n'])
    await reader.keyboard.press(key)
  await expect(request).toBeVisible()
  await expect(client.getByRole('heading', { name: /^Calling/ })).toBeVisible()
  await answer(reader, 'Decline')
  await expect(client.getByRole('heading', { name: 'Mara Lind could not take the session' })).toBeVisible()
})

const NAMES = {
  'forty letters without a space': 'W'.repeat(40),
  emoji: '👩🏽‍🚀🌙✨ 👨‍👩‍👧‍👦',
  'right to left': 'ليلى بنت عبد الرحمن حداد',
}

for (const [what, name] of sample(Object.entries(NAMES), 1, 'names')) {
  test(`a name of ${what} breaks no page`, async ({ browser, server }) => {
    const reader = await arrive(browser, server.origin, { role: 'reader', name, rate: '2.00' })
    await becomeAvailable(reader)
    const client = await arrive(browser, server.origin, {
      role: 'client',
      name: `${name}?`,
      fundsCents: 1_000,
    })
    for (const page of [reader, client]) await page.setViewportSize({ width: 320, height: 640 })
    for (const page of [reader, client]) expect(await sidewaysScroll(page)).toBe(0)
    await client.getByRole('button', { name: 'Chat' }).click()
    await expect(reader.getByRole('dialog')).toBeVisible()
    expect(await sidewaysScroll(reader)).toBe(0)
    await answer(reader, 'Accept')
    for (const page of [reader, client]) {
      await expect(page.getByTestId('timer')).toBeInViewport({ ratio: 1 })
      await expect(page.getByRole('button', { name: 'End session' })).toBeInViewport({ ratio: 1 })
      expect(await sidewaysScroll(page)).toBe(0)
    }
    await client.getByRole('button', { name: 'End session' }).click()
    for (const page of [reader, client]) {
      await expect(page.getByRole('heading', { name: 'Receipt' })).toBeVisible()
      expect(await sidewaysScroll(page)).toBe(0)
    }
  })
}
