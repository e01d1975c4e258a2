/** Draws the choice of theme, which this browser keeps. */
import { useSignal } from '@preact/signals'
import { chooseTheme, chosenTheme, THEMES, type Theme } from '../lib/theme.ts'
import { Icon, type IconName } from './icon.tsx'

const NAMES: Record<Theme, string> = { dark: 'Dark', light: 'Light', system: 'System' }
const ICONS: Record<Theme, IconName> = { dark: 'moon', light: 'sun', system: 'monitor' }

export function ThemeSwitch() {
  const theme = useSignal(chosenTheme())
  const choose = (event: { currentTarget: HTMLSelectElement }) => {
    theme.value = THEMES.find((each) => each === event.currentTarget.value) ?? 'dark'
    chooseTheme(theme.value)
  }
  return (
    <div class="theme">
      <Icon name={ICONS[theme.value]} />
      <select aria-label="Theme" value={theme.value} onChange={choose}>
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {NAMES[each]}
          </option>
        ))}
      </select>
    </div>
  )
}
