/** Tests the contrast of the colours in both themes. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const STYLES = new URL('../../../browser/styles/', import.meta.url)
const MAIN = readFileSync(new URL('main.css', STYLES), 'utf8')
const files = [...MAIN.matchAll(/^@import "\.\/(.+)";$/gm)].map(([, file = '']) => file)
const css = files.map((file) => readFileSync(new URL(file, STYLES), 'utf8')).join('\n')
const themes = readThemes()

/**
 * The pairs of text and background: at least 4.5 to 1 for text, 3 to 1 for the edges of controls
 * (WCAG 2.2, 1.4.3 and 1.4.11).
 */
const SURFACES = ['page', 'card', 'raised']
const PAIRS = [
  ...['text', 'muted', 'accent', 'ok', 'warn', 'bad'].flatMap((ink) =>
    SURFACES.map((on) => ({ ink, on, least: 4.5 })),
  ),
  ...['text', 'muted'].map((ink) => ({ ink, on: 'mine', least: 4.5 })),
  ...['page', 'card'].map((on) => ({ ink: 'edge', on, least: 3 })),
  { ink: 'on-dusk', on: 'dusk-from', least: 4.5 },
  { ink: 'on-dusk', on: 'dusk-to', least: 4.5 },
  ...['dusk-from-near', 'dusk-to-near'].map((on) => ({ ink: 'on-dusk', on, least: 4.5 })),
  ...['end', 'end-near'].map((on) => ({ ink: 'on-end', on, least: 4.5 })),
  ...['go', 'go-near'].map((on) => ({ ink: 'on-go', on, least: 4.5 })),
]

it('every file of the style is part of it', () => {
  expect([...files, 'main.css'].sort()).toEqual(readdirSync(STYLES).sort())
})

describe.each(Object.entries(themes))('in the %s theme', (_, tokens) => {
  it.each(PAIRS)('$ink on $on has a contrast of $least at the least', ({ ink, on, least }) => {
    expect(contrast(token(tokens, ink), token(tokens, on))).toBeGreaterThanOrEqual(least)
  })
})

it('nothing looks pointed at where nothing points: what was tapped would stay so', () => {
  const elsewhere = css.replaceAll(/@media \(hover: hover\) \{.*?\n\}/gs, '')
  expect(elsewhere.match(/[^\n]*:hover/g)).toBeNull()
})

/**
 * Reads the colours: each is written once for both themes, or as `light-dark(by day, by night)`.
 */
function readThemes() {
  const tokens = [
    ...css.matchAll(/--([\w-]+): (?:light-dark\((#[\da-f]{6}), (#[\da-f]{6})\)|(#[\da-f]{6}));/g),
  ]
  const themed = (theme: 'light' | 'dark') =>
    new Map(
      tokens.map(([, name = '', light = '', dark = '', both]) => [
        name,
        both ?? (theme === 'light' ? light : dark),
      ]),
    )
  return { dark: themed('dark'), light: themed('light') }
}

function token(tokens: Map<string, string>, name: string): string {
  const hex = tokens.get(name)
  if (!hex) throw new Error(`there is no colour --${name}`)
  return hex
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
