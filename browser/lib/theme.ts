/**
 * Keeps the theme of the pages: dark unless the user has chosen otherwise. The choice stays in this
 * browser.
 */

export const THEMES = ['dark', 'light', 'system'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'soulseer.theme'
/** The colour that the browser paints around the page, as `--page` in styles/tokens.css. */
const AROUND = { dark: '#110e18', light: '#faf7fb' }

export function chosenTheme(): Theme {
  return THEMES.find((theme) => theme === keptTheme()) ?? 'dark'
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // The theme lasts as long as the page, even if the browser keeps nothing.
  }
  showTheme(theme)
}

/** Applies a theme. Must be called before the first paint, so that nothing flashes. */
export function showTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  const light =
    theme === 'light' || (theme === 'system' && matchMedia('(prefers-color-scheme: light)').matches)
  setMeta('color-scheme', theme === 'system' ? 'dark light' : theme)
  setMeta('theme-color', light ? AROUND.light : AROUND.dark)
}

function setMeta(name: string, content: string): void {
  document.querySelector(`meta[name="${name}"]`)?.setAttribute('content', content)
}

function keptTheme(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}
