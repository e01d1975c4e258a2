/** Draws the navigation for a logged-in person; the same on every page. */
import type { Signal } from '@preact/signals'
import type { UserView } from '../../shared/protocol/views.ts'
import { Avatar } from './avatar.tsx'
import { Icon } from './icon.tsx'
import { ThemeSwitch } from './theme-switch.tsx'

const PLACES = [
  { path: '/dashboard', name: 'Dashboard' },
  { path: '/history', name: 'History' },
  { path: '/account', name: 'Account' },
] as const

interface HeaderProps {
  user: UserView
  logOut: () => Promise<void>
  /** True while the log-out is under way. */
  leaving: Signal<boolean>
}

export function Header({ user, logOut, leaving }: HeaderProps) {
  const here = location.pathname
  return (
    <>
      <nav class="places" aria-label="Your pages">
        {PLACES.map(({ path, name }) => (
          <a key={path} href={path} aria-current={here === path ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <div class="tools">
        <span class="account-name">
          <Avatar name={user.name} />
          <bdi>{user.name}</bdi>
        </span>
        <ThemeSwitch />
        <button
          type="button"
          class="button quiet log-out"
          aria-disabled={leaving.value}
          onClick={() => void logOut()}
        >
          <Icon name="log-out" />
          <span>Log out</span>
        </button>
      </div>
    </>
  )
}
