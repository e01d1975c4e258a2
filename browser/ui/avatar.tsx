/** Draws a person's initials on a tint of their own; the name is always written beside it. */
import { initials, shadeOf } from '../lib/format.ts'

const SHADES = 5

export function Avatar({ name, size = 'small' }: { name: string; size?: 'small' | 'large' }) {
  return (
    <span class={`avatar ${size} shade-${shadeOf(name, SHADES)}`} aria-hidden="true">
      {initials(name)}
    </span>
  )
}
