import { Icon } from '../ui/icon.tsx'
import type { SessionStore } from './store.ts'

/** The way to what is not needed every minute. */
export function OptionsButton({ store }: { store: SessionStore }) {
  return (
    <button
      type="button"
      class="button"
      aria-haspopup="dialog"
      onClick={() => (store.optionsOpen.value = true)}
    >
      <Icon name="options" />
      Options
    </button>
  )
}
