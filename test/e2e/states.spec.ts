/**
 * Tests every state of the catalogue: what its controls are called, and that each of them can be
 * reached on every screen. `npx playwright test states -u` records the names again.
 */
import { expect, type Page } from '@playwright/test'
import { GROUPS } from '../../dev/states/page/catalogue.ts'
import { brokenWords, sidewaysScroll, unreachableControls } from '../support/e2e/layout.ts'
import { axeFindings } from '../support/e2e/pages.ts'
import { controlsOf, openState, stateOf } from '../support/e2e/states.ts'
import { test } from '../support/e2e/test.ts'
import { IS_LONG, sample } from '../support/sample.ts'

interface View {
  readonly width: number
  readonly height: number
  readonly text?: '200%'
  readonly forcedColors?: 'active'
}

const softly = expect.configure({ soft: true })

const VIEWS: readonly View[] = [
  { width: 320, height: 568 },
  { width: 390, height: 844, text: '200%' },
  { width: 844, height: 390 },
  { width: 844, height: 390, text: '200%' },
  { width: 768, height: 1024, forcedColors: 'active' },
  { width: 1280, height: 800 },
  { width: 1280, height: 800, text: '200%' },
]

for (const [group, states] of Object.entries(GROUPS)) {
  test(`${group}: the controls have the names that are recorded, and are on the screen`, async ({
    browser,
    shared,
  }) => {
    test.slow()
    const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-US', timezoneId: 'UTC' })
    const page = await context.newPage()
    const names: string[] = []
    for (const state of states) {
      await page.setViewportSize({ width: 390, height: 844 })
      await openState(page, shared.origin, state)
      const controls = await controlsOf(page)
      names.push(`# ${state.name}`, ...controls, '')
      const nameless = controls.filter((control) => !control.includes('"'))
      expect.soft(nameless, `${state.name}: controls without a name`).toEqual([])
      expect.soft(await movements(page), `${state.name}: what moves, where less motion is wanted`).toEqual([])
      for (const view of sample(VIEWS, 1, state.name)) await expectAllReachable(page, state.name, view)
    }
    expect(names.join('\n')).toMatchSnapshot(`${group.toLowerCase().replace(/\W+/g, '-')}.txt`)
  })
}

for (const [group, states] of Object.entries(GROUPS)) {
  test(`@long ${group}: axe finds nothing in either theme`, async ({ browser, shared }) => {
    test.skip(!IS_LONG)
    const viewport = { width: 390, height: 844 }
    const page = await (await browser.newContext({ reducedMotion: 'reduce', viewport })).newPage()
    for (const state of states) {
      for (const theme of ['dark', 'light'] as const) {
        await openState(page, shared.origin, state, { theme })
        expect.soft(await axeFindings(page), `${state.name}, ${theme}`).toEqual([])
      }
    }
  })
}

test('a form takes the focus of the button that it replaces, and gives it back', async ({
  browser,
  shared,
}) => {
  const page = await browser.newPage()
  for (const [name, opener, box] of [
    ['client', 'Change the daily limit', 'Daily limit ($)'],
    ['client', 'Set a limit for each session', 'Stop each session at ($)'],
    ['reader', 'Change rate', 'Rate per minute ($)'],
    ['reader', 'Edit profile', 'Display name'],
  ] as const) {
    await openState(page, shared.origin, stateOf(name))
    const button = page.getByRole('button', { name: opener })
    await button.focus()
    await page.keyboard.press('Enter')
    await expect(page.getByLabel(box)).toBeFocused()
    await page.getByRole('button', { name: 'Cancel' }).press('Enter')
    await expect(button).toBeFocused()
  }
})

test('a call that did not begin is explained where it is seen', async ({ browser, shared }) => {
  const page = await browser.newPage({ viewport: { width: 390, height: 568 } })
  await openState(page, shared.origin, stateOf('client-reader-gone'))
  const lastOne = page.getByRole('button', { name: 'Video' }).and(page.locator(':enabled')).last()
  await lastOne.scrollIntoViewIfNeeded()
  await expect(page.getByRole('alert')).not.toBeInViewport()
  await lastOne.click()
  await expect(page.getByRole('alert')).toBeInViewport({ ratio: 1 })
})

test('two parts of a page never contradict each other', async ({ browser, shared }) => {
  const page = await browser.newPage()
  await openState(page, shared.origin, stateOf('video-unstable'))
  await expect(page.getByTestId('connection-state')).toHaveText('Connection is unstable')
  await expect(page.getByTestId('quality')).toHaveText('Weak connection')
  await openState(page, shared.origin, stateOf('history'))
  const declined = page.getByRole('row', { name: 'declined, nothing taken' })
  await expect(declined.locator('.past-icon'), 'green is for money that came').not.toHaveClass(/came/)
  await openState(page, shared.origin, stateOf('reader'))
  const figure = (name: string) => page.locator('.figures div').filter({ hasText: name }).locator('dd')
  const today = await figure('Today').innerText()
  await expect(page.locator('.chart-told')).toContainText(`: ${today} in `)
  await openState(page, shared.origin, stateOf('client-nothing-found'))
  await expect(page.locator('.empty')).toHaveText(/^No readers match/)
  await expect(page.locator('.reader-list'), 'no line of a list without rows').toBeHidden()
})

test('a day and its figures stand on one line', async ({ browser, shared }) => {
  const page = await browser.newPage()
  await openState(page, shared.origin, stateOf('reader-table'))
  const tops = await page
    .locator('.numbers tbody tr')
    .first()
    .evaluate((row) => {
      return [...row.children].map((cell) => {
        const range = document.createRange()
        range.selectNodeContents(cell)
        return Math.round(range.getBoundingClientRect().top)
      })
    })
  expect(tops).toHaveLength(4)
  expect(new Set(tops).size, `${tops}`).toBe(1)
})

test('a button that is off does not vanish in the box that it is in', async ({ browser, shared }) => {
  const page = await browser.newPage()
  await openState(page, shared.origin, stateOf('check-asking'))
  const off = page.getByRole('button', { name: 'Turn on camera and microphone' })
  await expect(off).toBeDisabled()
  const face = await page.locator('.device-ask').evaluate((box) => getComputedStyle(box).backgroundColor)
  await expect(off).not.toHaveCSS('background-color', face)
})

test('a session that cost nothing is not drawn as paid', async ({ browser, shared }) => {
  const page = await browser.newPage()
  await openState(page, shared.origin, stateOf('summary-free'))
  await expect(page.getByText('together, not charged: 4 s')).toBeVisible()
  const paid = page.locator('.strand-figure').locator('.paid, .together')
  await expect(paid).toHaveCount(0)
  await openState(page, shared.origin, stateOf('summary'))
  await expect(paid, 'its mark and three stretches').toHaveCount(4)
})

test('what an alert says has the colour of a text', async ({ browser, shared }) => {
  const page = await browser.newPage()
  for (const name of ['client-trouble', 'session-unknown', 'session-trouble']) {
    await openState(page, shared.origin, stateOf(name))
    const colour = await page.locator('h1').evaluate((heading) => getComputedStyle(heading).color)
    await expect(page.getByRole('alert').locator('p'), name).toHaveCSS('color', colour)
  }
})

test('beside messages the mark of the connection has the colours of the theme', async ({
  browser,
  shared,
}) => {
  const page = await browser.newPage()
  for (const [theme, face] of [
    ['light', 'rgb(255, 255, 255)'],
    ['dark', 'rgb(26, 22, 36)'],
  ] as const) {
    await openState(page, shared.origin, stateOf('chat'), { theme })
    await expect(page.getByTestId('quality'), theme).toHaveCSS('background-color', face)
    await openState(page, shared.origin, stateOf('video'), { theme })
    await expect(page.getByTestId('quality'), theme).toHaveCSS('background-color', 'rgb(39, 33, 50)')
  }
})

async function expectAllReachable(page: Page, state: string, view: View): Promise<void> {
  const { width, height, text = '', forcedColors = 'none' } = view
  const what = `${state} at ${width} × ${height} ${text} ${forcedColors === 'active' ? 'forced colours' : ''}`
  await page.setViewportSize({ width, height })
  await page.emulateMedia({ forcedColors })
  await page.evaluate((size) => {
    document.documentElement.style.fontSize = size
  }, text)
  await softly.poll(() => unreachableControls(page), { message: what }).toEqual([])
  expect.soft(await sidewaysScroll(page), what).toBe(0)
  expect.soft(await brokenWords(page), what).toEqual([])
  await page.emulateMedia({ forcedColors: 'none' })
  await page.evaluate(() => {
    document.documentElement.style.fontSize = ''
  })
}

/** Returns the animations that are running and do more than fade. */
function movements(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const STILL = ['offset', 'computedOffset', 'easing', 'composite', 'opacity']
    const isFade = (effect: AnimationEffect | null) =>
      effect instanceof KeyframeEffect &&
      effect.getKeyframes().every((frame) => Object.keys(frame).every((key) => STILL.includes(key)))
    return document
      .getAnimations()
      .filter(({ playState, effect }) => {
        const { duration } = effect?.getComputedTiming() ?? {}
        return playState === 'running' && Number(duration) > 1 && !isFade(effect)
      })
      .map(({ effect }) => (effect instanceof KeyframeEffect ? (effect.target?.className ?? '') : ''))
  })
}
