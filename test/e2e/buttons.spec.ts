/** Tests the look of buttons and links in every state and theme. */
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Browser, type BrowserContextOptions, expect, type Page } from '@playwright/test'
import { STATES } from '../../dev/states/page/catalogue.ts'
import { findings, force, inspector, looks, PRESSED, THEMES } from '../support/e2e/looks.ts'
import { logIn, test } from '../support/e2e/pages.ts'
import { openState } from '../support/e2e/states.ts'
import { sample } from '../support/sample.ts'

/** Returns every class of a button in the pages' sources. */
function kinds(): string[] {
  const folder = resolve('browser')
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.tsx'),
  )
  const text = sources.map((file) => readFileSync(resolve(folder, file), 'utf8')).join('\n')
  const written = [...text.matchAll(/(?:class|className)="(button(?: [^"]*)?)"/g)].map(
    ([, kind = '']) => kind,
  )
  // A form's button takes its tone from the form.
  return [...new Set([...written, 'button primary', 'button danger'])]
}

/** The places of buttons and links beside the bare page. */
const PLACES = [
  'card',
  'notice',
  'alert',
  'banner paused',
  'banner low',
  'banner added',
  'toast',
  'balance card',
  'available ways',
  'top-up-actions',
]

const LINKS = `
  <nav class="places"><a href="/">Place</a><a href="/" aria-current="page">Here</a></nav>
  <a class="brand" href="/">SoulSeer</a>
  <a class="skip" href="/" style="top: 0">Skip</a>
  <div class="tabs"><button aria-selected="true">Chosen</button><button aria-selected="false">Other</button></div>
  <div class="field-box"><button class="peek">Show</button><button class="peek" aria-pressed="true">Hide</button></div>
  <button class="switch" role="switch" aria-checked="true"><span class="track"></span>On</button>
  <button class="switch" role="switch" aria-checked="false"><span class="track"></span>Off</button>
  <div class="numbers"><details><summary>Numbers</summary></details></div>
  <div class="past-what"><a href="/">Past</a></div>
  <a class="save" href="/">Save</a>
  <p class="line"><a href="/">Theirs</a></p>
  <p class="line mine"><a href="/">Mine</a></p>
  <div class="chat-log"><button class="link">Show earlier messages</button></div>
  <div class="stage"><div class="controls">
    <button class="button">Mute</button><button class="button" aria-pressed="true">Muted</button>
    <button class="button" disabled>Off</button>
  </div><button class="button primary tap-to-hear">Tap to hear</button></div>`

function everyButton(): string {
  const all = kinds().flatMap((kind) => [
    `<button class="${kind}">Press</button>`,
    `<button class="${kind}" disabled>Off</button>`,
    `<a class="${kind}" href="/">Go</a>`,
  ])
  const tones = ['', 'primary', 'go', 'end', 'danger', 'quiet']
  const toned = tones.map((tone) => `<button class="button ${tone}">Press</button>`).join('')
  const few = `${toned}<button class="link">Link</button><a href="/">Plain</a>`
  return `<!doctype html><title>Every button</title><link rel="stylesheet" href="/style.css"><body style="display: block">
    ${all.join('')}${PLACES.map((place) => `<div class="${place}">${few}</div>`).join('')}${LINKS}`
}

async function openEveryButton(
  browser: Browser,
  origin: string,
  more: BrowserContextOptions = {},
): Promise<Page> {
  const page = await (await browser.newContext(more)).newPage()
  await page.route('**/every-button', (route) =>
    route.fulfill({ contentType: 'text/html', body: everyButton() }),
  )
  await page.goto(`${origin}/every-button`)
  return page
}

test('every kind of button and link can be read and found in every state and both themes', async ({
  browser,
  shared,
}) => {
  const page = await openEveryButton(browser, shared.origin)
  expect(await findings(page, THEMES)).toEqual([])
})

test('whatever can be pressed answers the pointer over it, and a finger', async ({ browser, shared }) => {
  const page = await openEveryButton(browser, shared.origin)
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const session = await inspector(page)
  const lookAll = () => page.evaluate(looks, PRESSED)
  const before = await lookAll()
  for (const state of ['hover', 'touched'] as const) {
    await force(page, session, state)
    const now = await lookAll()
    const dull = before.filter((one, at) => JSON.stringify(one) === JSON.stringify(now[at]))
    // Disabled ones, the current place or tab, and the logo.
    const expected = /\(disabled\)|“Here”|“Chosen”|^a\.brand|^a\.skip/
    const found = dull.map(({ what }) => what).filter((what) => !expected.test(what))
    expect.soft([...new Set(found)], state).toEqual([])
  }
})

test('what was tapped does not stay lit where nothing hovers', async ({ browser, shared }) => {
  const page = await openEveryButton(browser, shared.origin, { hasTouch: true, isMobile: true })
  expect(await page.evaluate(() => matchMedia('(hover: hover)').matches)).toBe(false)
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const session = await inspector(page)
  // An element that still fades in as the page opens does not show the button's own look.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished)))
  const before = await page.evaluate(looks, PRESSED)
  await force(page, session, 'hover')
  expect(await page.evaluate(looks, PRESSED)).toEqual(before)
  await force(page, session, 'touched')
  expect(await page.evaluate(looks, PRESSED), 'a press itself is seen').not.toEqual(before)
})

test('on the pages themselves too, each in a theme of the day', async ({ browser, seeded }) => {
  const stranger = await (await browser.newContext()).newPage()
  await stranger.goto(seeded.origin)
  expect.soft(await findings(stranger, sample(THEMES, 1, 'home')), 'home').toEqual([])
  const client = await logIn(browser, seeded, 'anareyes@example.com')
  await client.getByRole('button', { name: 'Add funds', exact: true }).click()
  await expect(client.getByRole('button', { name: /^Pay/ })).toBeVisible()
  expect.soft(await findings(client, sample(THEMES, 1, 'adding funds')), 'client, adding funds').toEqual([])
  const reader = await logIn(browser, seeded, 'maralind@example.com')
  for (const [path, heading] of [
    ['/dashboard', 'Your dashboard'],
    ['/history', 'History'],
    ['/account', 'Account'],
  ] as const) {
    await reader.goto(seeded.origin + path)
    await expect(reader.getByRole('heading', { name: heading, exact: true })).toBeVisible()
    expect.soft(await findings(reader, sample(THEMES, 1, path)), path).toEqual([])
  }
})

test('and in the states of the catalogue', async ({ browser, shared }) => {
  test.slow()
  const page = await (await browser.newContext()).newPage()
  for (const state of sample(STATES, 3, 'buttons')) {
    await openState(page, shared.origin, state)
    expect.soft(await findings(page, sample(THEMES, 1, state.name)), state.name).toEqual([])
  }
})
