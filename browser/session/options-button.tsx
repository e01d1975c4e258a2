import { Icon } from '../ui/icon.tsx'
import type { SessionBoard } from './store.ts'

/** The way to what is not needed every minute. */
export function OptionsButton({ board }: { board: SessionBoard }) {
  return (
    <button
      type="button"
      class="button"
      aria-haspopup="dialog"
      onClick={() => (board.optionsOpen.value = true)}
    >
      <Icon name="options" />
      Options
    </button>
  )
}
