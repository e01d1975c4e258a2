/** Tests the look of buttons and links in every state and theme. */
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type Browser,
  type BrowserContextOptions,
  type CDPSession,
  expect,
  type Page,
} from '@playwright/test'
import { logIn, test } from '../support/e2e/pages.ts'
import { sample } from '../support/sample.ts'

/** The selector of everything that can be pressed. */
const PRESSED = 'a[href], button, summary'

const STATES = {
  rest: [],
  hover: ['hover'],
  focus: ['focus', 'focus-visible'],
  active: ['hover', 'active'],
  touched: ['active'],
} as const
type State = keyof typeof STATES

interface Look {
  readonly what: string
  readonly ink: string
  readonly face: string
  readonly rim: string
  /** The lowest contrast of a text or picture on it with what is behind that. */
  readonly contrast: number
  /** The contrast of the ring around it with what is behind; 0 where there is none. */
  readonly ring: number
  readonly filter: string
}

/**
 * Returns the look of everything that can be pressed at this moment, from the computed colours.
 * Runs in the page.
 */
function looks(pressed: string): Look[] {
  type Colour = readonly [red: number, green: number, blue: number, alpha: number]
  const pixel = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const known = new Map<string, Colour>()
  const read = (css: string): Colour => {
    const colour = known.get(css) ?? paint(css)
    known.set(css, colour)
    return colour
  }
  const paint = (css: string): Colour => {
    if (!pixel) throw new Error('no canvas')
    pixel.clearRect(0, 0, 1, 1)
    pixel.fillStyle = css
    pixel.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0, alpha = 0] = pixel.getImageData(0, 0, 1, 1).data
    return [red, green, blue, alpha / 255]
  }
  const over = (top: Colour, under: Colour, opacity: number): Colour => {
    const share = top[3] * opacity
    const mix = (at: 0 | 1 | 2) => top[at] * share + under[at] * (1 - share)
    return [mix(0), mix(1), mix(2), 1]
  }
  const luminance = ([red, green, blue]: Colour) => {
    const [r = 0, g = 0, b = 0] = [red, green, blue].map((part) =>
      part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (one: Colour, other: Colour) => {
    const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
    return (light + 0.05) / (dark + 0.05)
  }
  const coloursIn = (css: string): Colour[] =>
    (css.match(/(?:rgba?|color|oklab)\([^()]*\)/g) ?? []).map((found) => read(found))
  const opacityOf = (element: Element | null): number =>
    element ? Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement) : 1
  const layers = new Map<Element, Colour[]>()
  /**
   * Returns every colour that may lie behind what is in this element: a gradient may show any of
   * its stops.
   */
  const behind = (element: Element | null): Colour[] => {
    if (!element) return [read('white')]
    const seen = layers.get(element)
    if (seen) return seen
    const { backgroundColor, backgroundImage } = getComputedStyle(element)
    const opacity = opacityOf(element)
    const plain = behind(element.parentElement).map((under) => over(read(backgroundColor), under, opacity))
    const stops = coloursIn(backgroundImage)
    const all = stops.flatMap((stop) => plain.map((under) => over(stop, under, opacity)))
    const colours = all.length > 0 ? all : plain
    layers.set(element, colours)
    return colours
  }
  const lowest = (ink: Colour, opacity: number, faces: readonly Colour[]) =>
    Math.min(...faces.map((face) => contrast(over(ink, face, opacity), face)))
  const hasInk = (element: Element) =>
    element instanceof SVGElement ||
    [...element.childNodes].some((node) => node instanceof Text && node.data.trim() !== '')

  return [...document.querySelectorAll(pressed)]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .map((element) => {
      const style = getComputedStyle(element)
      const written = [element, ...element.querySelectorAll('*:not(svg *)')].filter(
        (one) => hasInk(one) && one.checkVisibility() && !one.matches('.unseen, .avatar'),
      )
      const around = behind(element.parentElement)
      const rings =
        style.outlineStyle === 'none' ? [] : [read(style.outlineColor), ...coloursIn(style.boxShadow)]
      const about = element.textContent?.trim().replace(/\s+/g, ' ').slice(0, 30)
      const place = element.parentElement?.className
      const off = element instanceof HTMLButtonElement && element.disabled ? ' (disabled)' : ''
      return {
        what: `${element.localName}.${element.className}${off} “${about}” in .${place}`,
        ink: style.color,
        face: `${style.backgroundColor} ${style.backgroundImage}`,
        rim: style.borderTopColor,
        contrast: Math.min(
          21,
          ...written.map((one) => lowest(read(getComputedStyle(one).color), opacityOf(one), behind(one))),
        ),
        ring: Math.max(0, ...rings.map((ring) => lowest(ring, 1, around))),
        filter: style.filter,
      }
    })
}

/**
 * Puts everything that can be pressed into the state, as a mouse, a finger or the Tab key would.
 */
async function force(page: Page, session: CDPSession, state: State): Promise<void> {
  const { root } = await session.send('DOM.getDocument', { depth: 0 })
  const { nodeIds } = await session.send('DOM.querySelectorAll', { nodeId: root.nodeId, selector: PRESSED })
  const forcedPseudoClasses = [...STATES[state]]
  await Promise.all(
    nodeIds.map((nodeId) => session.send('CSS.forcePseudoState', { nodeId, forcedPseudoClasses })),
  )
  await page.evaluate(() => new Promise(requestAnimationFrame))
}

async function inspector(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page)
  await session.send('DOM.enable')
  await session.send('CSS.enable')
  return session
}

const THEMES = ['light', 'dark']

/**
 * Returns the faults of everything that can be pressed on this page, in these themes and every
 * state; none is the goal.
 */
async function findings(page: Page, themes: readonly string[]): Promise<string[]> {
  // Else a colour would still be on its way to the next.
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const session = await inspector(page)
  const found = new Set<string>()
  for (const theme of themes) {
    await page.evaluate((theme) => {
      document.documentElement.dataset.theme = theme
    }, theme)
    for (const state of Object.keys(STATES) as State[]) {
      await force(page, session, state)
      for (const { what, contrast, ring, filter } of await page.evaluate(looks, PRESSED)) {
        const where = `${theme}, ${state}: ${what}`
        if (contrast < 4.5) found.add(`${where}: text ${contrast.toFixed(2)}:1`)
        if (state === 'focus' && ring < 3) found.add(`${where}: ring ${ring.toFixed(2)}:1`)
        // The effect of a filter on the contrast is not measured here.
        if (filter !== 'none') found.add(`${where}: ${filter}`)
      }
    }
    await force(page, session, 'rest')
  }
  await session.detach()
  return [...found]
}

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
  <button class="switch" role="switch" aria-checked="true">On</button>
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
