/** Draws what went wrong and what to do, spoken at once. */
import type { ComponentChildren } from 'preact'
import { Icon } from './icon.tsx'
import { Said } from './said.tsx'

export function Alert({ children }: { children: ComponentChildren }) {
  return (
    <div class="alert" role="alert">
      <Icon name="alert" />
      <div>{typeof children === 'string' ? <Said words={children} /> : children}</div>
    </div>
  )
}
