import { initials, shadeOf } from '../lib/format.ts'

const SHADES = 5

/** A person's initials on a tint of their own; the name itself is always written beside it. */
export function Avatar({ name, size = 'small' }: { name: string; size?: 'small' | 'large' }) {
  return (
    <span class={`avatar ${size} shade-${shadeOf(name, SHADES)}`} aria-hidden="true">
      {initials(name)}
    </span>
  )
}
