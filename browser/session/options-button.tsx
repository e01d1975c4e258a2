/** Draws the button that opens the session's options. */
import { Icon } from '../ui/icon.tsx'
import type { SessionStore } from './store.ts'

export function OptionsButton({ store }: { store: SessionStore }) {
  return (
    <button
      type="button"
      class="button"
      aria-haspopup="dialog"
      onClick={() => (store.optionsOpen.value = true)}
    >
      <Icon name="options" />
      <span class="label">Options</span>
    </button>
  )
}
