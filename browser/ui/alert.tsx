import type { ComponentChildren } from 'preact'
import { Icon } from './icon.tsx'

/** What went wrong and what to do, spoken at once. */
export function Alert({ children }: { children: ComponentChildren }) {
  return (
    <div class="alert" role="alert">
      <Icon name="alert" />
      <div>{children}</div>
    </div>
  )
}
