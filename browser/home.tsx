import { signal } from '@preact/signals'
import { render } from 'preact'
import type { UserView } from '../shared/protocol.ts'
import type { Api } from './api.ts'
import type { EntryMode } from './home-check.ts'
import { EntryForm } from './home-entry.tsx'
import { known, remember } from './known.ts'

export interface HomeParts {
  api: Api
  root: HTMLElement
  /** Leaves for another page of the site. */
  go: (path: string) => void
}

/** Puts the two forms into the home page; whoever is already logged in is shown the way to the dashboard. */
export function startHome({ api, root, go }: HomeParts): void {
  const user = signal<UserView | undefined>(undefined)
  const mode = signal<EntryMode>(known() === 'never' ? 'create' : 'log-in')
  const enter = (path: string) => {
    remember('logged-in')
    go(path)
  }
  const Entry = () => (
    <>
      {user.value && <Welcome name={user.value.name} />}
      <EntryForm api={api} mode={mode} onEntered={enter} />
    </>
  )
  render(<Entry />, root)
  // Strangers are not asked who they are: the answer would only be an error in their console.
  if (known() === 'logged-in') void api.me().then((me) => (user.value = me.ok ? me.value.user : undefined))
}

function Welcome({ name }: { name: string }) {
  return (
    <p class="notice">
      You are logged in as {name}. <a href="/dashboard">Go to your dashboard</a>
    </p>
  )
}
