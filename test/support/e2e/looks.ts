/** Measures how buttons and links look in every state of a pointer, and in both themes. */
import type { CDPSession, Page } from '@playwright/test'

/** The selector of everything that can be pressed. */
export const PRESSED = 'a[href], button, summary'

const STATES = {
  rest: [],
  hover: ['hover'],
  focus: ['focus', 'focus-visible'],
  active: ['hover', 'active'],
  touched: ['active'],
} as const
type PressState = keyof typeof STATES

interface Look {
  readonly what: string
  readonly ink: string
  readonly face: string
  readonly rim: string
  /** The thickness of the line below its words; empty without one. */
  readonly line: string
  /** The edge of the picture in it, as of a switch. */
  readonly inner: string
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
export function looks(pressed: string): Look[] {
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
        line: style.textDecorationLine === 'none' ? '' : style.textDecorationThickness,
        inner: getComputedStyle(element.firstElementChild ?? element).borderTopColor,
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
export async function force(page: Page, session: CDPSession, state: PressState): Promise<void> {
  const { root } = await session.send('DOM.getDocument', { depth: 0 })
  const { nodeIds } = await session.send('DOM.querySelectorAll', { nodeId: root.nodeId, selector: PRESSED })
  const forcedPseudoClasses = [...STATES[state]]
  await Promise.all(
    nodeIds.map((nodeId) => session.send('CSS.forcePseudoState', { nodeId, forcedPseudoClasses })),
  )
  await page.evaluate(() => new Promise(requestAnimationFrame))
}

export async function inspector(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page)
  await session.send('DOM.enable')
  await session.send('CSS.enable')
  return session
}

export const THEMES: readonly string[] = ['light', 'dark']

/**
 * Returns the faults of everything that can be pressed on this page, in these themes and every
 * state; none is the goal.
 */
export async function findings(page: Page, themes: readonly string[]): Promise<string[]> {
  // Else a colour would still be on its way to the next.
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const session = await inspector(page)
  const found = new Set<string>()
  for (const theme of themes) {
    await page.evaluate((theme) => {
      document.documentElement.dataset.theme = theme
    }, theme)
    for (const state of Object.keys(STATES) as PressState[]) {
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
